import Testing

@testable import SMPP

@Suite("Putting parts together") struct TextReassemblyTests {
  /// The parts of `text` as a receiver sees them.
  static func parts(_ text: String, _ longMessages: LongMessages, reference: UInt16 = 1) throws
    -> [MessagePart]
  {
    let plan = try #require(Segmenter(longMessages: longMessages).plan(text))
    return try (0..<plan.count).map { index in
      var message = SubmitSM()
      message.setText(plan.segment(index, reference: reference))
      return try #require(message.messagePart)
    }
  }

  /// All orders of `items`.
  static func orders<T>(_ items: [T]) -> [[T]] {
    if items.count <= 1 { return [items] }
    return items.indices.flatMap { index in
      var rest = items
      let first = rest.remove(at: index)
      return orders(rest).map { [first] + $0 }
    }
  }

  static let text = String(repeating: "Wir sehen uns. ", count: 40)  // four parts

  @Test(arguments: [LongMessages.udh8, .udh16, .sar])
  func `every order with every duplicate gives the message`(longMessages: LongMessages) throws {
    let parts = try Self.parts(Self.text, longMessages)
    #expect(parts.count == 4)
    for order in Self.orders(parts) {
      for repeated in 0..<4 {
        let whole = try #require(AssembledText(order + [order[repeated]]))
        #expect(whole.text == Self.text && whole.isComplete && whole.duplicates == 1)
      }
    }
  }

  @Test func `stored parts are read in any order, with what is missing told`() throws {
    let parts = try Self.parts(Self.text, .udh8)
    let whole = try #require(AssembledText(parts.reversed() + [parts[1]]))
    #expect(whole.text == Self.text)
    #expect(whole.isComplete)
    #expect(whole.duplicates == 1)
    let broken = try #require(AssembledText([parts[3], parts[0]]))
    #expect(broken.missing == [2, 3])
    #expect(!broken.isComplete)
    #expect(broken.text == String(Self.text.prefix(153)) + "[…]" + String(Self.text.dropFirst(459)))
    #expect(AssembledText([]) == nil)
  }

  /// A part as a peer may send it.
  static func part(_ sequence: UInt8, of total: UInt8, _ text: [UInt8], dataCoding: UInt8) throws
    -> MessagePart
  {
    let place = try #require(Concatenation(kind: .udh8, reference: 9, total: total, sequence: sequence))
    return MessagePart(
      place: place, dataCoding: dataCoding, octets: UserDataHeader(place).encoded + text, udhi: true)
  }

  @Test func `characters that a sender cut in two are whole again`() throws {
    // A surrogate pair, an odd octet, an escape: cut by the sender.
    let pair = try [
      Self.part(1, of: 2, hex("0041D83D"), dataCoding: 8),
      Self.part(2, of: 2, hex("DE000042"), dataCoding: 8),
    ]
    #expect(AssembledText(pair)?.text == "A😀B")
    #expect(AssembledText(pair)?.lossy == false)
    let odd = try [
      Self.part(1, of: 2, hex("004100"), dataCoding: 8), Self.part(2, of: 2, hex("42"), dataCoding: 8),
    ]
    #expect(AssembledText(odd)?.text == "AB")
    let escape = try [
      Self.part(1, of: 2, hex("411B"), dataCoding: 0), Self.part(2, of: 2, hex("6542"), dataCoding: 0),
    ]
    #expect(AssembledText(escape)?.text == "A€B")
  }

  @Test func `a lost octet does not shift the parts after it`() throws {
    let parts = try [
      Self.part(1, of: 2, hex("004100"), dataCoding: 8), Self.part(2, of: 2, hex("00420043"), dataCoding: 8),
    ]
    let assembled = try #require(AssembledText(parts))
    #expect(assembled.text == "ABC")
    #expect(assembled.lossy)
  }

  @Test func `parts in different encodings, and each with a mark, are one text`() throws {
    let mixed = try [
      Self.part(1, of: 3, Array("ab".utf8), dataCoding: 0), Self.part(2, of: 3, hex("00E9"), dataCoding: 8),
      Self.part(3, of: 3, hex("E9"), dataCoding: 3),
    ]
    #expect(AssembledText(mixed)?.text == "abéé")
    let marked = try [
      Self.part(1, of: 2, hex("FEFF0041"), dataCoding: 8),
      Self.part(2, of: 2, hex("FEFF0042"), dataCoding: 8),
    ]
    #expect(AssembledText(marked)?.text == "AB")
  }

  @Test(arguments: ["Wir sehen uns. ", "明天见 "])
  func `sar parts without parameters have a header, and are the same text`(words: String) throws {
    let text = String(repeating: words, count: 40)
    let plan = try #require(Segmenter(longMessages: .sar).plan(text))
    let parts = try (0..<plan.count).map { index in
      var message = SubmitSM(destination: Address(digits: "12025550143"))
      message.setText(plan.segment(index, reference: 0x1234))
      message.tlvs.userMessageReference = 7
      let bare = message.withoutParameters
      #expect(bare.tlvs.isEmpty && bare.smLength <= 160 && bare.destination == message.destination)
      return try #require(bare.messagePart)
    }
    #expect(try #require(AssembledText(parts)).text == text)
    #expect(parts.allSatisfy { $0.place.kind == .udh8 && $0.place.reference == 0x34 })
  }

  @Test func `sar parameters count only when all three make a place`() {
    var message = DeliverSM(shortMessage: Array("Hi".utf8))
    message.tlvs.sarMsgRefNum = 7
    #expect(message.messagePart == nil)
    message.tlvs.sarTotalSegments = 2
    message.tlvs.sarSegmentSeqnum = 3
    #expect(message.messagePart == nil)
    message.tlvs.sarSegmentSeqnum = 2
    #expect(message.messagePart?.place == Concatenation(kind: .sar, reference: 7, total: 2, sequence: 2))
  }
}
