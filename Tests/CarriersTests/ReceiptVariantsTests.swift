import Carriers
import SMPP
import TestSupport
import Testing

/// Receipts as carriers write them. Sources: SMPP 3.4 appendix B; the public issue threads named in the comments.
@Suite("Receipt variants") struct ReceiptVariantsTests {
  struct Variant: Sendable {
    var text: String
    var id: COctetString
    var state: MessageState? = .delivered
    var error: COctetString?
    /// Milliseconds since 1970 UTC of `done date`.
    var done: Int64?
  }

  /// 2026-11-22 02:44 UTC, and 33 seconds after.
  static let minute: Int64 = 1_795_315_440_000
  static let second: Int64 = 1_795_315_473_000

  static let variants: [Variant] = [
    // 1: appendix B
    Variant(
      text:
        "id:0123456789 sub:001 dlvrd:001 submit date:2611220243 done date:2611220244 stat:DELIVRD err:000 Text: hello",
      id: "0123456789", error: "000", done: minute),
    // 2 - 9: every state of appendix B
    Variant(text: "id:1 stat:ENROUTE err:000 text:", id: "1", state: .enroute, error: "000"),
    Variant(text: "id:1 stat:EXPIRED err:000 text:", id: "1", state: .expired, error: "000"),
    Variant(text: "id:1 stat:DELETED err:000 text:", id: "1", state: .deleted, error: "000"),
    Variant(text: "id:1 stat:UNDELIV err:000 text:", id: "1", state: .undeliverable, error: "000"),
    Variant(text: "id:1 stat:ACCEPTD err:000 text:", id: "1", state: .accepted, error: "000"),
    Variant(text: "id:1 stat:UNKNOWN err:000 text:", id: "1", state: .unknown, error: "000"),
    Variant(text: "id:1 stat:REJECTD err:000 text:", id: "1", state: .rejected, error: "000"),
    Variant(text: "id:1 stat:DELIVRD err:000 text:", id: "1", state: .delivered, error: "000"),
    // 10 - 14: fields missing (opentelecoms-org/jsmpp 62 and 74, uudashr/jsmpp 67)
    Variant(text: "id:abc stat:DELIVRD", id: "abc"),
    Variant(
      text: "id:abc submit date:2611220243 done date:2611220244 stat:DELIVRD err:001", id: "abc",
      error: "001", done: minute),
    Variant(text: "id:abc sub:001 dlvrd:001 stat:DELIVRD err:000 text:", id: "abc", error: "000"),
    Variant(text: "id:abc done date:2611220244 stat:EXPIRED", id: "abc", state: .expired, done: minute),
    Variant(text: "id:abc", id: "abc", state: nil),
    // 15 - 18: another order, another case
    Variant(text: "stat:DELIVRD id:abc err:000", id: "abc", error: "000"),
    Variant(
      text:
        "ID:ABC SUB:001 DLVRD:001 SUBMIT DATE:2611220243 DONE DATE:2611220244 STAT:DELIVRD ERR:000 TEXT:X",
      id: "ABC", error: "000", done: minute),
    Variant(
      text: "Id:Abc Sub:1 Dlvrd:1 Submit Date:2611220243 Done Date:2611220244 Stat:delivrd Err:0 Text:x",
      id: "Abc", error: "0", done: minute),
    Variant(
      text: "err:027 stat:UNDELIV done date:2611220244 submit date:2611220243 dlvrd:000 sub:001 id:9",
      id: "9", state: .undeliverable, error: "027", done: minute),
    // 19 - 22: blanks where none belong
    Variant(text: "  id:abc   sub:001  dlvrd:001   stat:DELIVRD   err:000  ", id: "abc", error: "000"),
    Variant(text: "id: abc sub: 001 dlvrd: 001 stat: DELIVRD err: 000", id: "abc", error: "000"),
    Variant(text: "id:abc\r\nstat:DELIVRD\r\nerr:000\r\n", id: "abc", error: "000"),
    Variant(text: "id :abc stat :DELIVRD", id: "abc"),
    // 23 - 25: values missing behind their keys
    Variant(text: "id:abc sub: dlvrd: submit date: done date: stat:DELIVRD err: text:", id: "abc"),
    Variant(text: "id:abc err: stat:DELIVRD", id: "abc"),
    Variant(text: "id:abc sub:xx dlvrd:yy done date:never stat:DELIVRD", id: "abc"),
    // 26 - 31: dates of 12, 14 and 16 places (jookies/jasmin 70, onlinecity/php-smpp 70)
    Variant(text: "id:a done date:261122024433 stat:DELIVRD", id: "a", done: second),
    Variant(text: "id:a done date:202611220244 stat:DELIVRD", id: "a", done: minute),
    Variant(text: "id:a done date:20261122024433 stat:DELIVRD", id: "a", done: second),
    Variant(text: "id:a done date:2026-11-22T02:44:33 stat:DELIVRD", id: "a", done: second),
    Variant(text: "id:a done date:261122024433000+ stat:DELIVRD", id: "a", done: second),
    Variant(text: "id:a done date:2613450244 stat:DELIVRD", id: "a"),
    // 32 - 34: err that is not three digits (onlinecity/php-smpp pull 4, twitter-archive/cloudhopper-smpp 40)
    Variant(
      text: "id:a stat:UNDELIV err:EC_UNKNOWN_SUBSCRIBER text:", id: "a", state: .undeliverable,
      error: "EC_UNKNOWN_SUBSCRIBER"),
    Variant(text: "id:a stat:UNDELIV err:1104", id: "a", state: .undeliverable, error: "1104"),
    Variant(text: "id:a stat:UNDELIV err:-1", id: "a", state: .undeliverable, error: "-1"),
    // 35 - 38: long and odd ids (jookies/jasmin 535, kneodev/ksmppd 49)
    Variant(
      text: "id:7f0c1a52-93f2-4b58-8d7c-1a2b3c4d5e6f sub:001 stat:DELIVRD",
      id: "7f0c1a52-93f2-4b58-8d7c-1a2b3c4d5e6f"),
    Variant(text: "id:0x1A2B3C sub:001 stat:DELIVRD", id: "0x1A2B3C"),
    Variant(
      text: "id:000000000000000000000000000000000000000000000000000000000000000ab stat:DELIVRD",
      id: "000000000000000000000000000000000000000000000000000000000000000ab"),
    Variant(text: "id:12:34|56 stat:DELIVRD", id: "12:34|56"),
    // 39 - 43: other words and marks
    Variant(text: "id:a stat:DELIVERED err:000", id: "a", error: "000"),
    Variant(text: "id:a stat:FAILED", id: "a", state: .undeliverable),
    Variant(text: "id:a stat:005", id: "a", state: .undeliverable),
    Variant(text: "id:a stat:WHATEVER", id: "a", state: nil),
    Variant(
      text: "id:a,sub:001,dlvrd:001,submit_date:2611220243,done_date:2611220244,stat:DELIVRD,err:000",
      id: "a", error: "000", done: minute),
    // 44: the person's words say other things
    Variant(text: "id:a stat:UNDELIV text:id:b stat:DELIVRD err:999", id: "a", state: .undeliverable),
    // 45: the text in the middle (the state behind it is all there is)
    Variant(text: "id:a text:stat. stat:DELIVRD err:009", id: "a"),
    // 46: keys inside words are no keys
    Variant(text: "id:a resub:002 mystat:EXPIRED stat:DELIVRD", id: "a"),
    // 47: equals signs, a final NUL
    Variant(text: "id=a stat=DELIVRD err=000\u{0}", id: "a", error: "000"),
  ]

  @Test func `there are at least 40 variants`() {
    #expect(Self.variants.count >= 40)
  }

  @Test(arguments: variants)
  func `carriers' texts are read`(variant: Variant) throws {
    let message = DeliverSM(esmClass: ESMClass.deliveryReceipt, shortMessage: Array(variant.text.utf8))
    let receipt = try #require(Receipt.parse(message, CarrierProfile()), "\(variant.text)")
    #expect(receipt.id == variant.id)
    #expect(receipt.state == variant.state, "\(variant.text)")
    #expect(receipt.error == variant.error, "\(variant.text)")
    #expect(receipt.doneMilliseconds == variant.done, "\(variant.text)")
    #expect(receipt.otherID == nil)
  }

  @Test(arguments: ["", "hello there", "sub:001 dlvrd:001", "id: stat:", "idea: stat us", "\u{0}\u{0}"])
  func `a receipt that names no message is unreadable, not a text`(text: String) {
    let message = DeliverSM(esmClass: ESMClass.deliveryReceipt, shortMessage: Array(text.utf8))
    #expect(Receipt.classify(message, CarrierProfile()) == .unreadableReceipt)
  }

  @Test func `an id beyond 65 octets is none`() {
    let message = DeliverSM(
      esmClass: ESMClass.deliveryReceipt,
      shortMessage: Array(("id:" + String(repeating: "9", count: 66) + " stat:DELIVRD").utf8))
    #expect(Receipt.classify(message, CarrierProfile()) == .unreadableReceipt)
  }

  @Test func `a text without keys is read by the places the profile gives`() throws {
    var profile = CarrierProfile()
    let text = "4711, 001,001,2611220243,20261122024433,\"DELIVRD\",027,Hello, id:9 stat:EXPIRED"
    let message = DeliverSM(esmClass: ESMClass.deliveryReceipt, shortMessage: Array(text.utf8))
    #expect(Receipt.parse(message, profile)?.id == "9")
    profile.receipts.fields = [.id, .sub, .dlvrd, .submitDate, .doneDate, .stat, .err, .text]
    let receipt = try #require(Receipt.parse(message, profile))
    #expect(receipt.id == "4711" && receipt.state == .delivered && receipt.error == "027")
    #expect(receipt.doneMilliseconds == Self.second)
    // As UTF-16, with fields missing at the end, and without the receipt bit where the text decides.
    let short = DeliverSM(
      esmClass: ESMClass.deliveryReceipt, dataCoding: 8, shortMessage: UCS2.encode("4712,1,0,,,UNDELIV"))
    #expect(Receipt.parse(short, profile)?.state == .undeliverable)
    profile.receipts.recognisedByText = true
    let bare = DeliverSM(shortMessage: Array("4713,1,1,,,DELIVRD,000".utf8))
    #expect(Receipt.parse(bare, profile)?.id == "4713")
    #expect(
      Receipt.classify(DeliverSM(shortMessage: Array("yes, I,do,not,know,HELLO".utf8)), profile) == .message)
    // A text with keys is read by them all the same.
    let keyed = DeliverSM(esmClass: ESMClass.deliveryReceipt, shortMessage: Array("id:5 stat:DELIVRD".utf8))
    #expect(Receipt.parse(keyed, profile)?.id == "5")
  }

  @Test func `the profile says which states are final`() {
    func outcome(_ state: MessageState, _ style: ReceiptStyle) -> Receipt.Outcome? {
      var profile = CarrierProfile()
      profile.receipts = style
      let text = ReceiptText(id: "1", state: state).encoded()
      return Receipt.parse(DeliverSM(esmClass: ESMClass.deliveryReceipt, shortMessage: text), profile)?
        .outcome
    }
    var style = ReceiptStyle()
    let all = (UInt8(1)...8).map { MessageState(rawValue: $0) }
    #expect(
      all.map { outcome($0, style) }
        == [.underWay, .delivered, .expired, .failed, .failed, .underWay, .unknown, .failed])
    style.acceptedIsFinal = true
    #expect(outcome(.accepted, style) == .delivered)
    style.finalStates = MessageStateSet([.delivered, .unknown])
    #expect(
      all.map { outcome($0, style) }
        == [.underWay, .delivered, .underWay, .underWay, .underWay, .underWay, .failed, .underWay])
  }

  @Test func `what is written is read, for every state`() throws {
    for value in UInt8(1)...8 {
      let state = MessageState(rawValue: value)
      let time = CivilTime(milliseconds: Self.minute)
      let text = ReceiptText(
        id: "4711", state: state, error: "017", submitDate: time, doneDate: time, submitted: 2)
      let message = DeliverSM(
        esmClass: ESMClass.deliveryReceipt, shortMessage: text.encoded(excerpt: Array("Hé stat:X".utf8)))
      let receipt = try #require(Receipt.parse(message, CarrierProfile()))
      #expect(receipt.id == "4711")
      #expect(receipt.state == state)
      #expect(receipt.error == "017")
      #expect(receipt.doneMilliseconds == Self.minute)
      #expect(message.shortMessage.allSatisfy { 0x20...0x7E ~= $0 })
    }
    #expect(
      String(
        decoding: ReceiptText(
          id: "0123456789", state: .delivered, submitDate: CivilTime(milliseconds: Self.minute),
          doneDate: CivilTime(milliseconds: Self.second)
        ).encoded(excerpt: Array("hello".utf8)), as: UTF8.self)
        == "id:0123456789 sub:001 dlvrd:001 submit date:2611220244 done date:2611220244 stat:DELIVRD err:000 text:hello"
    )
  }

  @Test func `dates count in the carrier's zone`() throws {
    var profile = CarrierProfile()
    profile.receipts.minutesEastOfUTC = 330
    let message = DeliverSM(
      esmClass: ESMClass.deliveryReceipt, shortMessage: Array("id:1 done date:2611220814 stat:DELIVRD".utf8))
    #expect(try #require(Receipt.parse(message, profile)).doneMilliseconds == Self.minute)
  }

  @Test func `calendar times and milliseconds are each other's inverse`() throws {
    var random = SeededGenerator(seed: 5)
    let known: [(Int64, String)] = [
      (0, "7001010000"), (951_782_400_000, "0002290000"), (Self.minute, "2611220244"),
      (4_102_444_799_000, "9912312359"),
    ]
    for (milliseconds, digits) in known {
      let time = try #require(CivilTime(milliseconds: milliseconds))
      #expect(time.receiptDigits == digits)
      #expect(time.milliseconds() == milliseconds)
    }
    for _ in 0..<10_000 {
      let milliseconds = Int64.random(in: 86_400...250_000_000_000, using: &random) * 1000
      let zone = Int.random(in: -720...840, using: &random)
      let time = try #require(CivilTime(milliseconds: milliseconds, minutesEastOfUTC: zone))
      #expect(time.milliseconds(minutesEastOfUTC: zone) == milliseconds)
    }
    #expect(CivilTime(milliseconds: -1) == nil)
    #expect(CivilTime(year: 2026, month: 2, day: 29, hour: 0, minute: 0, second: 0) == nil)
    #expect(CivilTime(year: 2028, month: 2, day: 29, hour: 0, minute: 0, second: 0) != nil)
  }
}
