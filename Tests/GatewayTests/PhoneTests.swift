import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Phones as people type them and as carriers write them.
@Suite(.worlds) struct PhoneTests {
  private func consent(_ phone: String, _ kind: ConsentKind = .optOut, in world: World) throws -> ConsentView
  {
    let result: ConsentRecordResult = try world.call(
      .consentRecord(ConsentRecord(phone: world.typed(phone), kind: kind, evidence: "by phone")))
    return result.record
  }

  @Test func everyCommandTakesAPhoneAsPeopleWriteIt() throws {
    let world = try World()
    let anna = try world.addRep("Anna", mobile: "212.555.0111")
    let number: NumberView = try world.call(
      .numberAdd(
        NumberAdd(number: world.typed("(888) 555-0101"), carrier: "alpha", rate: 10, repID: anna)))
    #expect(number.number.description == Cast.annasNumber)
    let rep: RepView = try world.ask(.repGet(RepGet(repID: anna)))
    #expect(rep.homeNumber == PhoneNumber(Cast.annasNumber))
    #expect(
      try world.gateway.parts.ground.directory.rep(withMobile: world.phone(Cast.annasMobile).digits) != nil)
    let alice = try world.addContact("(202) 555-0143", owner: anna)
    let found: Page<ContactView> = try world.ask(
      .contactList(ContactList(phone: try world.typed("202-555-0143"))))
    #expect(
      found.items.map(\.contactID) == [alice] && found.items[0].phones.map(\.description) == [Cast.customer])
    let sent: MessageSendResult = try world.call(
      .messageSend(
        MessageSend(to: .phone(try world.typed("1 (202) 555-0143")), text: "Hi", idempotencyKey: "1")))
    #expect(sent.to == PhoneNumber(Cast.customer))
    let test: Changed = try world.call(.testPhoneAdd(TestPhoneAdd(phones: [try world.typed("202/555-0143")])))
    #expect(test.changed == 1)
    let listed: TestPhones = try world.ask(.testPhoneList(TestPhoneList()))
    #expect(listed.phones == [try world.phone(Cast.customer)])
    #expect(try consent("202 555 0143", in: world).phone.description == Cast.customer)
    let known: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed("(202) 555-0143"))))
    #expect(known.optedOutOfBrand)
  }

  /// phony 185: the trunk zero made another number of it, and the opt-out was recorded for nobody.
  @Test func anOptOutIsRecordedForThePhoneThatIsMeant() throws {
    let world = try World()
    for (typed, phone) in [
      ("+44 (0)20 7946 0030", "+442079460030"), ("+44 (0)7700 900124", "+447700900124"),
      ("2025550151.0", "+12025550151"), ("202-555-0160/7", "+12025550160"), ("+2025557399", "+12025557399"),
      // It cannot exist; rather one record more than one less.
      ("(202) 155-0142", "+12021550142"),
    ] {
      #expect(try consent(typed, in: world).phone.description == phone)
      #expect(try consent(phone, .optIn, in: world).phone.description == phone)
    }
  }

  @Test(arguments: [
    ("(202) 155-0142", "no number has 155 after its area code"), ("+1 911 555 0142", "no area code 911"),
    ("9999999999", "no area code 999"), ("202-555-0160/7", "more behind a complete number"),
    ("202-555-0142 x5", "extension 5"), ("2.03E+09", "scientific notation"), ("55512", "short code"),
    ("+44 1234 5", "too short"),
  ])
  func whatCannotBeTextedIsRefusedAndTheReasonNamed(typed: String, reason: String) throws {
    let world = try World()
    let anna = try world.addAnna()
    let result: ContactUpsertResult = try world.call(
      .contactUpsert(ContactUpsert(contacts: [ContactInput(phones: [typed])])))
    #expect(result.refused == 1 && result.results[0].reason == .notTextable)
    #expect(result.results[0].detail?.contains(reason) == true, "\(result.results[0].detail ?? "")")
    let text = MessageSend(
      from: .rep(anna), to: .phone(try world.typed(typed)), text: "Hi", idempotencyKey: "1")
    #expect(try world.refusal(of: .messageSend(text)) == .notTextable)
    let rep = RepAdd(name: "Ben", mobile: try world.typed(typed))
    #expect(try world.refusal(of: .repAdd(rep)) == .notTextable)
    let test = TestPhoneAdd(phones: [try world.typed(typed)])
    #expect(try world.refusal(of: .testPhoneAdd(test)) == .notTextable)
  }

  /// A list of numbers is old the day it is printed: whoever writes to us exists.
  @Test func whoeverWroteToUsCanBeAnsweredWhateverALibraryKnows() throws {
    let world = try World { $0.brand.country = "NL" }
    let anna = try world.addAnna()
    let phone = "+31600000001"
    func text() throws -> Command {
      .messageSend(
        MessageSend(
          from: .rep(anna), to: .phone(try world.typed(phone)), text: "Hi", idempotencyKey: world.nextKey()))
    }
    #expect(try world.refusal(of: text()) == .notTextable)
    try world.receive("Are you open?", from: phone)
    let sent: MessageSendResult = try world.call(try text())
    #expect(sent.to.description == phone)
  }

  /// jasmin 562: its STOP was lost, and an opt-out was recorded for a phone in Egypt.
  @Test func tenDigitsMarkedInternationalAreOurNumberAndTheRightPhone() throws {
    let world = try World()
    try world.addNumber("+18885550104")
    let pdu = DeliverSM(
      source: Address(ton: 1, npi: 1, digits: "2025557399"),
      destination: Address(ton: 1, npi: 1, digits: "8885550104"), shortMessage: Array("STOP".utf8))
    try world.take(.inbound(try world.inbound(pdu)))
    let consent: ConsentGetResult = try world.ask(
      .consentGet(ConsentGet(phone: world.typed("+12025557399"))))
    #expect(consent.optedOutOfBrand)
  }

  /// Ten digits that are a number elsewhere stay that, unless our own number is meant.
  @Test func aNumberOfOursIsFoundInEitherReading() throws {
    let world = try World()
    try world.addNumber("+16562234567")
    let pdu = DeliverSM(
      source: Address(ton: 1, npi: 1, digits: "12025550143"),
      destination: Address(ton: 1, npi: 1, digits: "6562234567"), shortMessage: Array("Hello".utf8))
    try world.take(.inbound(try world.inbound(pdu)))
    let texts: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(texts.items.map(\.to.description) == ["+16562234567"])
  }

  @Test func aNumberWithItsCountryCodeAndNoPlusIsThatNumber() throws {
    let world = try World {
      $0.brand.country = "NL"
      $0.carriers["alpha"]?.addresses.country = Country(iso: "NL")
    }
    let _: NumberView = try world.call(
      .numberAdd(NumberAdd(number: world.typed("06 0000 0001"), carrier: "alpha", rate: 10)))
    for (destination, ton) in [("31600000001", UInt8(0)), ("0600000001", 2), ("600000001", 1)] {
      let pdu = DeliverSM(
        source: Address(ton: 2, npi: 1, digits: "0612345678"),
        destination: Address(ton: ton, npi: 1, digits: COctetString(destination)),
        shortMessage: Array("Hello \(destination)".utf8))
      try world.take(.inbound(try world.inbound(pdu)))
    }
    let texts: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(texts.items.count == 3)
    #expect(
      texts.items.allSatisfy { $0.from.description == "+31612345678" && $0.to.description == "+31600000001" })
  }
}
