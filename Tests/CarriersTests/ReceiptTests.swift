import Carriers
import SMPP
import TestSupport
import Testing

@Suite("Receipts") struct ReceiptTests {
  static let text = "id:4711 sub:001 dlvrd:001 stat:DELIVRD err:000 text:"

  func message(_ esmClass: UInt8, _ text: String, _ change: (inout TLVs) -> Void = { _ in }) -> DeliverSM {
    var message = DeliverSM(esmClass: esmClass, shortMessage: Array(text.utf8))
    change(&message.tlvs)
    return message
  }

  // MARK: Is it one?

  private enum Kind: String { case message, receipt, perhaps, unreadable, acknowledgement, data }

  private func kind(_ message: DeliverSM, _ profile: CarrierProfile) -> Kind {
    switch Receipt.classify(message, profile) {
    case .message: .message
    case .receipt: .receipt
    case .perhapsReceipt: .perhaps
    case .unreadableReceipt: .unreadable
    case .acknowledgement: .acknowledgement
    case .data: .data
    }
  }

  /// openmarket mo-examples (a ticket in `receipted_message_id` of a STOP); kannel and ksmppd (several type bits at once).
  @Test(arguments: [false, true])
  func `type bits, parameters and text decide together what a PDU is`(byText: Bool) {
    // Columns: nothing, receipted_message_id, message_state, both.
    let normal: [String: [Kind]] = [
      "": [.message, .perhaps, .message, .perhaps],
      "STOP": [.message, .message, .message, .perhaps],
      Self.text: byText
        ? [.perhaps, .perhaps, .perhaps, .perhaps] : [.message, .perhaps, .message, .perhaps],
    ]
    let receipt: [String: [Kind]] = [
      "": [.unreadable, .receipt, .unreadable, .receipt],
      "STOP": [.unreadable, .receipt, .unreadable, .receipt],
      Self.text: [.receipt, .receipt, .receipt, .receipt],
    ]
    let acknowledgement: [String: [Kind]] = [
      "": [.acknowledgement, .perhaps, .acknowledgement, .perhaps],
      "STOP": [.message, .message, .message, .perhaps],
      Self.text: [.perhaps, .perhaps, .perhaps, .perhaps],
    ]
    var profile = CarrierProfile()
    profile.receipts.recognisedByText = byText
    for esmClass in UInt8.min...UInt8.max where !ESMClass.hasUDH(esmClass) {
      let type = esmClass & 0x3C
      let rows = type == 0 ? normal : type & 0x24 != 0 ? receipt : acknowledgement
      for (text, kinds) in rows {
        for (column, expected) in kinds.enumerated() {
          let pdu = message(esmClass, text) {
            if column & 1 != 0 { $0.receiptedMessageID = "77" }
            if column & 2 != 0 { $0.messageState = MessageState.delivered.rawValue }
          }
          #expect(kind(pdu, profile) == expected, "esm_class \(esmClass), \(text), column \(column)")
        }
      }
    }
  }

  /// gosmpp#52 (a push shown as text).
  @Test func `data_coding, ports and octets decide together what is data`() {
    let push: [UInt8] = [0x25, 6, 4, 3, 0xAE, 0x81, 0xEA, 0x8D, 0x11, 0]
    let texts: [(what: String, narrow: [UInt8], wide: [UInt8], isWritten: Bool)] = [
      ("a text", Array("See you at five".utf8), UCS2.encode("See you at five"), true),
      ("letters beyond ASCII", Array("Sí, mañana".utf8), UCS2.encode("明天见"), true),
      ("a push", push, push, false), ("nothing", [], [], false),
    ]
    let header: [UInt8] = [6, 5, 4, 0x0B, 0x84, 0x23, 0xF0]
    for dataCoding in UInt8.min...UInt8.max {
      let charset = CharsetMap().charset(of: dataCoding)
      for (what, narrow, wide, isWritten) in texts {
        let octets = charset == .ucs2 ? wide : narrow
        for ports in ["none", "header", "header of 8 bits", "parameters"] {
          var pdu = DeliverSM(dataCoding: dataCoding, shortMessage: octets)
          switch ports {
          case "header":
            pdu.esmClass = ESMClass.udhIndicator
            pdu.shortMessage = header + octets
          case "header of 8 bits":
            pdu.esmClass = ESMClass.udhIndicator
            pdu.shortMessage = [4, 4, 2, 0xE2, 0xE1] + octets
          case "parameters": pdu.tlvs.destinationPort = 2948
          default: break
          }
          let expected: Kind =
            switch (charset == .data, ports != "none") {
            case (true, true): .data
            case (false, false): .message
            case (true, false), (false, true): isWritten ? .message : .data
            }
          #expect(
            kind(pdu, CarrierProfile()) == expected, "data_coding \(dataCoding), \(what), ports: \(ports)")
        }
      }
    }
    for flash in [0x10, 0x18, 0xF0] as [UInt8] {
      #expect(CharsetMap().charset(of: flash) != .data, "a flash message is a text")
    }
    for data in [2, 4, 0x14, 0xF4, 0xF5, 0xF6, 0xF7] as [UInt8] {
      #expect(CharsetMap().charset(of: data) == .data)
    }
  }

  @Test func `receipted_message_id makes a receipt without the bit`() throws {
    let receipt = try #require(
      Receipt.parse(message(0, "") { $0.receiptedMessageID = "77" }, CarrierProfile()))
    #expect(receipt.id == "77")
    #expect(receipt.state == nil)
    #expect(receipt.outcome == .unknown)
  }

  @Test func `text makes a receipt only where the carrier is set so`() {
    var profile = CarrierProfile()
    #expect(Receipt.classify(message(0, Self.text), profile) == .message)
    profile.receipts.recognisedByText = true
    #expect(Receipt.parse(message(0, Self.text), profile)?.id == "4711")
    #expect(Receipt.parse(message(0, "ID:4711 STAT:EXPIRED"), profile)?.id == "4711")
    #expect(Receipt.classify(message(0, "id: what is your id?"), profile) == .message)
    #expect(Receipt.classify(message(0, "My id:4711 stat:DELIVRD"), profile) == .message)
  }

  @Test func `data_coding does not matter, and UTF-16 is narrowed`() throws {
    for dataCoding in UInt8.min...UInt8.max {
      var receipt = message(ESMClass.deliveryReceipt, Self.text)
      receipt.dataCoding = dataCoding
      #expect(Receipt.parse(receipt, CarrierProfile())?.id == "4711")
    }
    var wide = message(ESMClass.deliveryReceipt, "")
    wide.dataCoding = 8
    for mark in [[], [0xFE, 0xFF]] as [[UInt8]] {
      wide.shortMessage = mark + UCS2.encode(Self.text)
      let receipt = try #require(Receipt.parse(wide, CarrierProfile()))
      #expect(receipt.id == "4711")
      #expect(receipt.state == .delivered)
    }
  }

  @Test func `receipts come by data_sm, in message_payload, and with or without the header that UDHI says`() {
    var data = DataSM(esmClass: ESMClass.deliveryReceipt)
    data.tlvs.messagePayload = Array(Self.text.utf8)
    #expect(Receipt.parse(data, CarrierProfile())?.id == "4711")
    let payload = message(ESMClass.deliveryReceipt, "") { $0.messagePayload = Array(Self.text.utf8) }
    #expect(Receipt.parse(payload, CarrierProfile())?.id == "4711")
    var behind = message(ESMClass.deliveryReceipt | ESMClass.udhIndicator, Self.text)
    #expect(Receipt.parse(behind, CarrierProfile())?.id == "4711")
    behind.shortMessage = [5, 0, 3, 1, 1, 1] + Array(Self.text.utf8)
    #expect(Receipt.parse(behind, CarrierProfile())?.id == "4711")
  }

  // MARK: What does it say?

  @Test func `parameters come before the text, unless the profile turns it round`() throws {
    let both = message(ESMClass.deliveryReceipt, Self.text) {
      $0.receiptedMessageID = "9999"
      $0.messageState = MessageState.expired.rawValue
      $0.networkErrorCode = NetworkErrorCode(networkType: 3, code: 27)
      $0.userMessageReference = 815
    }
    var profile = CarrierProfile()
    var receipt = try #require(Receipt.parse(both, profile))
    #expect(receipt.id == "9999")
    #expect(receipt.otherID == "4711")
    #expect(receipt.state == .expired)
    #expect(receipt.stateWord == "DELIVRD")
    #expect(receipt.networkError == NetworkErrorCode(networkType: 3, code: 27))
    #expect(receipt.userMessageReference == 815)
    profile.receipts.prefersText = true
    receipt = try #require(Receipt.parse(both, profile))
    #expect(receipt.id == "4711")
    #expect(receipt.otherID == "9999")
    #expect(receipt.state == .delivered)
  }

  @Test func `what the parameters lack the text fills, and the reverse`() throws {
    let onlyState = message(ESMClass.deliveryReceipt, "id:4711") { $0.messageState = 2 }
    #expect(try #require(Receipt.parse(onlyState, CarrierProfile())).outcome == .delivered)
    let onlyID = message(ESMClass.deliveryReceipt, "stat:UNDELIV err:012") { $0.receiptedMessageID = "4711" }
    let receipt = try #require(Receipt.parse(onlyID, CarrierProfile()))
    #expect(receipt.id == "4711")
    #expect(receipt.outcome == .failed)
    #expect(receipt.error == "012")
    let same = message(ESMClass.deliveryReceipt, Self.text) { $0.receiptedMessageID = "4711" }
    #expect(try #require(Receipt.parse(same, CarrierProfile())).otherID == nil)
  }

  @Test func `receipted_message_id is taken to 65 octets, with its NUL or without`() throws {
    let long = String(repeating: "a", count: 64)
    for value in [Array(long.utf8), Array(long.utf8) + [0]] {
      let receipt = message(ESMClass.deliveryReceipt, "") { $0[.receiptedMessageID] = value }
      #expect(try #require(Receipt.parse(receipt, CarrierProfile())).id == COctetString(long))
    }
    let empty = message(ESMClass.deliveryReceipt, Self.text) { $0[.receiptedMessageID] = [0] }
    #expect(try #require(Receipt.parse(empty, CarrierProfile())).id == "4711")
  }

  @Test func `states lead to their outcomes`() throws {
    let table: [(MessageState, Receipt.Outcome, final: Bool)] = [
      (.enroute, .underWay, false), (.delivered, .delivered, true), (.expired, .expired, true),
      (.deleted, .failed, true), (.undeliverable, .failed, true), (.accepted, .underWay, false),
      (.unknown, .unknown, false), (.rejected, .failed, true),
      (MessageState(rawValue: 99), .unknown, false),
    ]
    for (state, outcome, isFinal) in table {
      let one = message(ESMClass.deliveryReceipt, "id:1") { $0.messageState = state.rawValue }
      let receipt = try #require(Receipt.parse(one, CarrierProfile()))
      #expect(receipt.outcome == outcome)
      #expect(receipt.isFinal == isFinal)
      let step = message(ESMClass.intermediateNotification, "id:1") { $0.messageState = state.rawValue }
      #expect(try #require(Receipt.parse(step, CarrierProfile())).outcome == .underWay)
    }
    var profile = CarrierProfile()
    profile.receipts.acceptedIsFinal = true
    let accepted = try #require(Receipt.parse(message(4, "id:1 stat:ACCEPTD"), profile))
    #expect(accepted.isFinal)
  }

  @Test func `any octets are something`() {
    var random = SeededGenerator(seed: 6)
    let pieces = [
      "id:", "stat:", "DELIVRD", " ", "text:", "submit date:", "err:", "9", "\u{0}", ":", "done", "é",
    ]
    var profile = CarrierProfile()
    profile.receipts.recognisedByText = true
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...14, using: &random) {
        text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }
      let one = message(UInt8.random(in: 0...255, using: &random), text)
      if case .receipt(let receipt) = Receipt.classify(one, profile) {
        #expect(receipt.id.count <= ReceiptText.longestID && !receipt.id.isEmpty)
      }
    }
  }
}
