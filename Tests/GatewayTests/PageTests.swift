import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// What lists answer: full pages, whatever the filter; pages that a line holds; and what apps look things up by.
@Suite(.worlds) struct PageTests {
  /// 1,100 messages that wait, newer than three that were sent.
  @Test func aPageIsFullThoughFewItemsPassTheFilter() throws {
    let world = try World()
    let anna = try world.addAnna()
    for index in 0..<3 { try world.deliverToCarrier("out \(index)", to: "+1202555019\(index)") }
    for first in stride(from: 0, to: 1_100, by: 500) {
      let inputs = (first..<min(1_100, first + 500)).map {
        ContactInput(phones: ["+1202555\(String(2_000 + $0))"], firstName: "C\($0)", repID: anna)
      }
      let added: ContactUpsertResult = try world.call(.contactUpsert(ContactUpsert(contacts: inputs)))
      try #require(added.created == inputs.count)
    }
    try world.campaign("Hi")
    let page: Page<MessageView> = try world.ask(.messageList(MessageList(state: .sent, limit: 2)))
    #expect(page.items.map(\.text) == ["out 2", "out 1"])
    let last: Page<MessageView> = try world.ask(
      .messageList(MessageList(state: .sent, cursor: page.next, limit: 2)))
    #expect(last.items.map(\.text) == ["out 0"] && last.next == nil)
  }

  /// The octets of a payload that are no text of a phone's: each is six octets in JSON.
  private func receivePayload(_ world: World, _ octets: Int, from phone: String) throws {
    var pdu = DeliverSM(
      source: world.address(phone), destination: world.address(Cast.annasNumber), dataCoding: 3)
    pdu.tlvs.messagePayload = [UInt8](repeating: 1, count: octets)
    try world.take(.inbound(try world.inbound(pdu)))
  }

  @Test func aPageEndsWhereALineEndsAndOneItemAlwaysFits() throws {
    let world = try World()
    try world.addAnna()
    let longest = LineScanner.maximumLine - 1_024
    for index in 0..<6 { try receivePayload(world, 65_000, from: "+1202555010\(index)") }
    for index in 6..<10 { try world.receive("short \(index)", from: "+120255501\(index)0") }
    func read(_ query: (PageCursor?) -> Query) throws -> Int {
      var seen = 0
      var cursor: PageCursor?
      repeat {
        let page: Page<JSONValue> = try world.ask(query(cursor))
        #expect(try ContractJSON.encode(page).count <= longest)
        #expect(!page.items.isEmpty)
        seen += page.items.count
        cursor = page.next
      } while cursor != nil
      return seen
    }
    #expect(try read { .messageList(MessageList(cursor: $0)) } == 10)
    #expect(try read { .conversationList(ConversationList(cursor: $0)) } == 10)
    #expect(try read { .conversationList(ConversationList(order: .opened, cursor: $0)) } == 10)
    // And the line of the feed.
    let reader = try FeedReader(path: world.path)
    var rows: [PackedRow] = []
    try reader.read(after: 0, maximumEvents: .max, maximumOctets: .max, into: &rows)
    var writer = EventWriter(store: "store")
    for row in rows {
      row.bytes.withUnsafeBytes { octets in
        var walk = PackedEventWalk(octets)
        while let event = walk.next(in: octets) {
          var buffer = JSONBuffer()
          let written = writer.append(
            line: event, of: octets, place: .init(sequence: 1, timeMilliseconds: 1), redelivered: 0,
            consumer: Array("\"\(String(repeating: "c", count: 64))\"".utf8), to: &buffer)
          #expect(written && buffer.count <= longest)
        }
      }
    }
  }

  @Test func allOfAContactFitsIntoALine() throws {
    let world = try World()
    try world.addAnna()
    func upsert(_ names: Range<Int>, _ value: String) throws -> UpsertItem? {
      let attributes = names.reduce(into: [:]) { $0["a\($1)"] = value }
      let result: ContactUpsertResult = try world.call(
        .contactUpsert(
          ContactUpsert(contacts: [ContactInput(ref: "one", phones: [Cast.customer], attributes: attributes)])
        ))
      return result.results.first
    }
    #expect(try upsert(0..<60, "x")?.status == .created)
    // With what is there already, these are too many, or too long: what does not fit is left out.
    #expect(try upsert(60..<65, "x")?.leftOut?.count == 1)
    let long = try upsert(0..<60, String(repeating: "\u{1}", count: 1_000))
    #expect(long?.status == .updated && long?.leftOut?.isEmpty == false)
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: ContactID(1))))
    #expect(contact.attributes.count == 64)
    #expect(try ContractJSON.encode(contact).count < 100_000)
  }

  @Test func whatACRMLooksUpIsFound() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    let first = try world.addContact(Cast.customer, first: "Carla", owner: anna, ref: "crm-1")
    let second = try world.addContact(Cast.stranger, first: "Sue", owner: anna, ref: "crm-2")
    let began = world.now
    world.now += 60_000
    try world.receive("Is the HOUSE still for sale?")
    world.now += 60_000
    try world.receive("Hello", to: Cast.bensNumber)
    try world.receive("Straße", from: Cast.stranger)
    let _: Changed = try world.call(.contactTag(ContactTag(contactIDs: [second], tag: "vip")))
    func contacts(_ params: ContactList) throws -> [ContactID] {
      let page: Page<ContactView> = try world.ask(.contactList(params))
      return page.items.map(\.contactID)
    }
    #expect(try contacts(ContactList(ref: "crm-1")) == [first])
    #expect(try contacts(ContactList(ref: "nobody")) == [])
    #expect(try contacts(ContactList(repID: anna, ref: "crm-2")) == [second])
    #expect(try contacts(ContactList(since: Timestamp(milliseconds: began + 1))) == [second])
    func texts(_ params: MessageList) throws -> [String] {
      let page: Page<MessageView> = try world.ask(.messageList(params))
      return page.items.map(\.text)
    }
    #expect(try texts(MessageList(text: "house")) == ["Is the HOUSE still for sale?"])
    #expect(try texts(MessageList(text: "STRASSE")) == [] && texts(MessageList(text: "STRAßE")) == ["Straße"])
    let later = Timestamp(milliseconds: began + 120_000)
    #expect(try texts(MessageList(createdSince: later)) == ["Straße", "Hello"])
    #expect(try texts(MessageList(createdBefore: later)) == ["Is the HOUSE still for sale?"])
    func threads(_ params: ConversationList) throws -> [String] {
      let page: Page<ConversationView> = try world.ask(.conversationList(params))
      return page.items.map { "\($0.number) \($0.phone)" }
    }
    let customer = try world.typed("(202) 555-0143")
    let ofCarla = ["\(Cast.annasNumber) \(Cast.customer)", "\(Cast.bensNumber) \(Cast.customer)"]
    #expect(try threads(ConversationList(phone: customer)) == ofCarla)
    #expect(try threads(ConversationList(repID: anna, phone: customer)) == [ofCarla[0]])
    let all = ofCarla + ["\(Cast.annasNumber) \(Cast.stranger)"]
    #expect(try threads(ConversationList(order: .opened)) == all)
    // A thread that becomes active while one reads keeps its place.
    let page: Page<ConversationView> = try world.ask(
      .conversationList(ConversationList(order: .opened, limit: 1)))
    world.now += 1_000
    try world.receive("Again", from: Cast.stranger)
    #expect(try threads(ConversationList(order: .opened, cursor: page.next)) == Array(all.dropFirst()))
    let app = Requester(role: "app", uid: 7, numbers: [try world.number(Cast.bensNumber)])
    let seen: Page<ConversationView> = try world.ask(
      .conversationList(ConversationList(phone: customer)), as: app)
    #expect(seen.items.map(\.number.description) == [Cast.bensNumber])
  }

  @Test func theAnswerToACommandOfManyRefusalsFitsIntoALine() throws {
    let world = try World()
    let typed = String(repeating: "\u{1}", count: 60)
    let inputs = (0..<500).map { ContactInput(ref: "r\($0)", phones: [typed]) }
    let json = try world.reply(to: .contactUpsert(ContactUpsert(contacts: inputs))).get()
    #expect(json.count <= LineScanner.maximumLine - 1_024)
    let result = try ContractJSON.decode(ContactUpsertResult.self, from: json)
    #expect(result.refused == 500 && result.results.allSatisfy { $0.reason != nil })
  }

  @Test func recordsOfConsentFitIntoALineAndAreAllListed() throws {
    let world = try World()
    try world.addAnna()
    for _ in 0..<60 {
      let _: ConsentRecordResult = try world.call(
        .consentRecord(
          ConsentRecord(
            phone: world.typed(Cast.customer), kind: .optOut,
            evidence: String(repeating: "\u{1}", count: 1_000))))
    }
    world.now += 1_000
    let _: ConsentRecordResult = try world.call(
      .consentRecord(ConsentRecord(phone: world.typed(Cast.stranger), kind: .optOut, evidence: "said so")))
    let get: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(!get.records.isEmpty && get.records.count < 60)
    #expect(try ContractJSON.encode(get).count <= LineScanner.maximumLine - 1_024)
    var seen = 0
    var cursor: PageCursor?
    repeat {
      let page: Page<ConsentView> = try world.ask(
        .consentList(ConsentList(phone: world.typed(Cast.customer), cursor: cursor)))
      seen += page.items.count
      cursor = page.next
    } while cursor != nil
    #expect(seen == 60)
    let late: Page<ConsentView> = try world.ask(
      .consentList(ConsentList(since: Timestamp(milliseconds: world.now))))
    #expect(late.items.map(\.evidence) == ["said so"])
  }

  @Test func listsTellWhatIsNewSinceATime() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addContact(Cast.customer, first: "Carla", owner: anna)
    try world.receive("old", from: Cast.stranger)
    let first: CampaignPlanResult = try world.call(world.plan("One", Audience(all: true)))
    world.now += 60_000
    let since = Timestamp(milliseconds: world.now)
    try world.receive("new")
    let second: CampaignPlanResult = try world.call(world.plan("Two", Audience(all: true)))
    for order in [ConversationOrder.activity, .opened] {
      let threads: Page<ConversationView> = try world.ask(
        .conversationList(ConversationList(since: since, order: order)))
      #expect(threads.items.map(\.lastText) == ["new"])
    }
    let campaigns: Page<CampaignView> = try world.ask(.campaignList(CampaignList(since: since)))
    #expect(campaigns.items.map(\.campaignID) == [second.campaignID] && first.campaignID != second.campaignID)
  }
}
