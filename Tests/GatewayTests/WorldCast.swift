import Carriers
import Contract
import SMPP
import Testing

@testable import Gateway

/// Who appears in the tests.
enum Cast {
  static let annasNumber = "+18885550101"
  static let bensNumber = "+18885550102"
  static let localNumber = "+14155550103"
  static let customer = "+12025550143"
  static let stranger = "+12025550199"
  static let annasMobile = "+12125550111"
}

// Numbers, reps and contacts, and the carrier's side.
extension World {
  func number(_ text: String) throws -> PhoneNumber { try #require(PhoneNumber(text)) }
  func phone(_ text: String) throws -> E164 { try #require(E164(text)) }
  func typed(_ text: String) throws -> TypedPhone { try #require(TypedPhone(text)) }
  func id(of number: String) throws -> NumberID {
    try #require(try gateway.parts.ground.directory.number(at: self.number(number))).id
  }

  @discardableResult
  func addNumber(_ number: String, rep: RepID? = nil, carrier: String = "alpha") throws -> NumberID {
    let _: NumberView = try call(
      .numberAdd(NumberAdd(number: self.typed(number), carrier: carrier, rate: 10, repID: rep)))
    return try id(of: number)
  }

  @discardableResult
  func addRep(
    _ name: String, number: String? = nil, mobile: String? = nil, email: String? = nil,
    alertBy: AlertBy? = nil, carrier: String = "alpha"
  ) throws
    -> RepID
  {
    let added: RepView = try call(
      .repAdd(
        RepAdd(
          name: name, mobile: mobile.map { try typed($0) }, email: email.flatMap { EmailAddress($0) },
          alertBy: alertBy)))
    if let number { try addNumber(number, rep: added.repID, carrier: carrier) }
    return added.repID
  }

  @discardableResult
  func addContact(
    _ phone: String, first: String? = nil, last: String? = nil, owner: RepID? = nil, ref: String? = nil,
    attributes: [String: String]? = nil, tags: [String]? = nil
  ) throws -> ContactID {
    let result: ContactUpsertResult = try call(
      .contactUpsert(
        ContactUpsert(contacts: [
          ContactInput(
            ref: ref, phones: [phone], firstName: first, lastName: last, repID: owner, tags: tags,
            attributes: attributes)
        ])))
    return try #require(result.results.first?.contactID)
  }

  /// Anna with her toll-free number.
  @discardableResult
  func addAnna(mobile: String? = nil) throws -> RepID {
    try addRep("Anna", number: Cast.annasNumber, mobile: mobile)
  }

  // MARK: Sending

  func message(
    _ text: String, to phone: String = Cast.customer, from number: String? = Cast.annasNumber,
    key: String? = nil,
    notAfter: Int64? = nil
  ) throws -> Command {
    .messageSend(
      MessageSend(
        from: try number.map { .number(try self.number($0)) }, to: .phone(try self.number(phone)), text: text,
        idempotencyKey: key ?? nextKey(), notAfter: notAfter.map { Timestamp(milliseconds: $0) }))
  }

  @discardableResult
  func send(_ text: String, to phone: String = Cast.customer, from number: String? = Cast.annasNumber) throws
    -> MessageSendResult
  {
    try call(try message(text, to: phone, from: number))
  }

  /// What a permit claims.
  func claim(_ count: Int = 1_000, bulk: Bool = false, from number: String = Cast.annasNumber) throws
    -> [ClaimedSegment]
  {
    // As the loop grants them: the most urgent first.
    var found: [ClaimedSegment] = []
    for urgency in bulk ? [Urgency.bulk] : [.person, .answer, .alert] where found.count < count {
      let permit = ClaimPermit(number: try id(of: number), urgency, count: count - found.count)
      found += try take(.permits([permit])).segments
    }
    return found
  }

  /// The carrier's answer; its id for the message is returned.
  @discardableResult
  func answer(_ segment: ClaimedSegment, _ status: CommandStatus = .ESME_ROK, id: String? = nil) throws
    -> String
  {
    let id = id ?? String(5_000_000 + nextAnswer())
    try take(
      .answered(
        SegmentAnswer(
          ref: segment.ref, carrier: segment.carrier, status: status,
          messageID: status == .ESME_ROK ? COctetString(id) : COctetString(), at: now)))
    return id
  }

  /// Sends, claims and has one text accepted; the carrier's id of it.
  @discardableResult
  func deliverToCarrier(
    _ text: String, to phone: String = Cast.customer, from number: String = Cast.annasNumber
  ) throws
    -> (message: MessageID, id: String)
  {
    let sent = try send(text, to: phone, from: number)
    let segment = try #require(try claim(from: number).first)
    return (sent.messageID, try answer(segment))
  }

  func state(of message: MessageID) throws -> TextMessageState { try view(of: message).state }

  func view(of message: MessageID) throws -> MessageView {
    let result: MessageView = try ask(.messageGet(MessageGet(messageID: message)))
    return result
  }

  // MARK: What comes in

  func carrier(_ name: String) throws -> CarrierKey { try #require(try gateway.carrier(named: name)) }

  func inbound(_ pdu: DeliverSM, carrier: String = "alpha", session: Int = 1) throws -> InboundPDU {
    var octets: [UInt8] = []
    PDU(sequence: 1, body: .deliverSM(pdu)).encode(into: &octets)
    return InboundPDU(
      request: PeerRequest(session: session, sequence: nextSequence()), carrier: try self.carrier(carrier),
      pdu: pdu,
      body: Array(octets.dropFirst(16)), receivedAt: now)
  }

  func deliver(_ text: String, from phone: String, to number: String) -> DeliverSM {
    let septets = GSM7.encode(text)
    return DeliverSM(
      source: address(phone), destination: address(number), dataCoding: septets == nil ? 8 : 0,
      shortMessage: septets ?? UCS2.encode(text))
  }

  func address(_ text: String) -> Address {
    text.hasPrefix("+")
      ? Address(ton: 1, npi: 1, digits: COctetString(String(text.dropFirst())))
      : Address(ton: 3, npi: 0, digits: COctetString(text))
  }

  /// A text comes in.
  @discardableResult
  func receive(
    _ text: String, from phone: String = Cast.customer, to number: String = Cast.annasNumber,
    carrier: String = "alpha",
    session: Int = 1
  ) throws -> Released {
    try take(
      .inbound(try inbound(deliver(text, from: phone, to: number), carrier: carrier, session: session)))
  }

  /// The minute in which the world's clock stands, as a receipt writes it: 2026-11-22 17:03 UTC and later.
  func minute(later: Int64 = 0) throws -> CivilTime {
    let text = Timestamp(milliseconds: now + later * 60_000).description
    let parts = text.split { "-T:.Z".contains($0) }.compactMap { Int($0) }
    return try #require(
      CivilTime(year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: 0))
  }

  /// Anna's number sends by these carriers, the first one first.
  func route(_ carriers: String...) throws {
    let routes = carriers.enumerated().map { NumberRoute(carrier: $1, priority: $0) }
    let _: NumberView = try call(
      .numberSetRoutes(NumberSetRoutes(number: number(Cast.annasNumber), routes: routes)))
  }

  /// A receipt comes in for what was sent to `phone`.
  @discardableResult
  func receipt(
    _ id: String, _ state: MessageState = .delivered, from phone: String = Cast.customer,
    to number: String = Cast.annasNumber, error: COctetString = "000", submitted: CivilTime? = nil,
    reference: UInt16? = nil, carrier: String = "alpha"
  ) throws -> Released {
    let text = ReceiptText(id: COctetString(id), state: state, error: error, submitDate: submitted)
    var pdu = DeliverSM(
      source: address(phone), destination: address(number), esmClass: ESMClass.deliveryReceipt,
      shortMessage: text.encoded())
    if let reference { pdu.tlvs.userMessageReference = reference }
    return try take(.inbound(try inbound(pdu, carrier: carrier)))
  }

  // MARK: Campaigns

  func plan(_ text: String, _ audience: Audience, from: Sender? = nil, defaults: [String: String]? = nil)
    -> Command
  {
    .campaignPlan(
      CampaignPlan(from: from, audience: audience, text: text, defaults: defaults, idempotencyKey: nextKey()))
  }

  /// Plans, commits and fills a campaign to everybody.
  @discardableResult
  func campaign(_ text: String, _ audience: Audience = Audience(all: true), from: Sender? = nil) throws
    -> CampaignID
  {
    let planned: CampaignPlanResult = try call(plan(text, audience, from: from))
    let _: CampaignChange = try call(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: nextKey())))
    try finishJobs()
    return planned.campaignID
  }

  func campaignView(_ id: CampaignID) throws -> CampaignView {
    let result: CampaignView = try ask(.campaignGet(CampaignGet(campaignID: id)))
    return result
  }

  func recipients(of id: CampaignID) throws -> [RecipientView] {
    let result: Page<RecipientView> = try ask(
      .campaignRecipients(CampaignRecipients(campaignID: id, limit: 200)))
    return result.items
  }
}

extension Released {
  var segments: [ClaimedSegment] { network.segments }

  var responses: [CommandStatus] {
    network.compactMap { if case .respond(_, let status) = $0 { status } else { nil } }
  }
}

extension [NetworkOutput] {
  var segments: [ClaimedSegment] { compactMap { if case .send(let segment) = $0 { segment } else { nil } } }

  /// Lanes that have something to send: (all but campaigns, campaigns) by number.
  var demand: [NumberID: [Int]] {
    var found: [NumberID: [Int]] = [:]
    for case .demand(let number, let demand) in self {
      found[number] = [demand.person + demand.answers + demand.alerts, demand.bulk]
    }
    return found
  }
}

extension ClaimedSegment {
  /// The text as the phone shows it.
  var text: String { pdu.text(defaultAlphabet: .gsm7).text }
}

extension [EventData] {
  var received: [MessageReceived] {
    compactMap { if case .messageReceived(let event) = $0 { event } else { nil } }
  }
  var states: [MessageStateChanged] {
    compactMap { if case .messageStateChanged(let event) = $0 { event } else { nil } }
  }
  var consent: [ConsentChanged] {
    compactMap { if case .consentChanged(let event) = $0 { event } else { nil } }
  }
  var conversations: [ConversationChanged] {
    compactMap { if case .conversationChanged(let event) = $0 { event } else { nil } }
  }
  var progress: [CampaignProgress] {
    compactMap { if case .campaignProgress(let event) = $0 { event } else { nil } }
  }
  var alerts: [AlertCode] { compactMap { if case .alertRaised(let event) = $0 { event.alert } else { nil } } }
}
