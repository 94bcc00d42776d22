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
  func `every order with every duplicate gives the message once`(longMessages: LongMessages) throws {
    let parts = try Self.parts(Self.text, longMessages)
    #expect(parts.count == 4)
    for order in Self.orders(parts) {
      for repeated in 0..<4 {
        var reassembler = Reassembler<String>()
        var incomplete: [Reassembler<String>.Incomplete] = []
        var complete: [[MessagePart]] = []
        var duplicates = 0
        for part in order + [order[repeated]] {
          switch reassembler.add(part, from: "a", at: .zero, into: &incomplete) {
          case .complete(let parts): complete.append(parts)
          case .pending(let missing): #expect(missing > 0)
          case .duplicate: duplicates += 1
          }
        }
        #expect(complete.count == 1)
        #expect(duplicates == 1)
        #expect(incomplete.isEmpty)
        #expect(AssembledText(complete[0])?.text == Self.text)
        #expect(reassembler.octets == 0)
      }
    }
  }

  @Test func `parts of different senders, references and kinds are kept apart`() throws {
    var reassembler = Reassembler<String>()
    var incomplete: [Reassembler<String>.Incomplete] = []
    let texts = ["A", "B", "C", "D"].map { String(repeating: $0, count: 200) }
    let sources: [(String, [MessagePart])] = [
      ("one", try Self.parts(texts[0], .udh8, reference: 1)),
      ("two", try Self.parts(texts[1], .udh8, reference: 1)),
      ("one", try Self.parts(texts[2], .udh16, reference: 1)),
      ("one", try Self.parts(texts[3], .sar, reference: 1)),
    ]
    var received: [String] = []
    for index in 0..<2 {
      for (origin, parts) in sources {
        if case .complete(let all) = reassembler.add(parts[index], from: origin, at: .zero, into: &incomplete)
        {
          received.append(try #require(AssembledText(all)?.text))
        }
      }
    }
    #expect(received == texts)
  }

  @Test func `a message that stays incomplete is given back after its lifetime, not dropped`() throws {
    var reassembler = Reassembler<Int>(limits: .init(lifetime: .seconds(60)))
    var incomplete: [Reassembler<Int>.Incomplete] = []
    let parts = try Self.parts(Self.text, .udh8)
    _ = reassembler.add(parts[2], from: 1, at: .seconds(5), into: &incomplete)
    _ = reassembler.add(parts[0], from: 1, at: .seconds(50), into: &incomplete)
    #expect(reassembler.nextDeadline == .seconds(65))
    reassembler.expire(at: .seconds(64), into: &incomplete)
    #expect(incomplete.isEmpty)
    reassembler.expire(at: .seconds(65), into: &incomplete)
    #expect(incomplete == [.init(origin: 1, parts: [parts[0], parts[2]])])
    #expect(reassembler.count == 0)
    #expect(reassembler.octets == 0)
    #expect(reassembler.nextDeadline == nil)
  }

  @Test func `a reference in its next round begins a new message`() throws {
    var reassembler = Reassembler<Int>()
    var incomplete: [Reassembler<Int>.Incomplete] = []
    let old = try Self.parts(String(repeating: "o", count: 200), .udh8)
    let new = try Self.parts(String(repeating: "n", count: 200), .udh8)
    _ = reassembler.add(old[0], from: 1, at: .zero, into: &incomplete)
    #expect(reassembler.add(new[0], from: 1, at: .zero, into: &incomplete) == .pending(missing: 1))
    #expect(incomplete == [.init(origin: 1, parts: [old[0]])])
    #expect(reassembler.add(new[1], from: 1, at: .zero, into: &incomplete) == .complete(new))
    #expect(reassembler.add(new[1], from: 1, at: .zero, into: &incomplete) == .duplicate)
    #expect(reassembler.add(old[1], from: 1, at: .zero, into: &incomplete) == .pending(missing: 1))
  }

  @Test func `a flood of first parts keeps what is kept under its limits, and gives back the rest`() throws {
    let limits = Reassembler<Int>.Limits(messages: 10, octets: 2000)
    var reassembler = Reassembler<Int>(limits: limits)
    var incomplete: [Reassembler<Int>.Incomplete] = []
    let part = try Self.parts(Self.text, .udh8)[0]
    for origin in 0..<5000 {
      _ = reassembler.add(part, from: origin, at: .zero, into: &incomplete)
      #expect(reassembler.count <= 10)
      #expect(reassembler.octets <= 2000)
    }
    #expect(incomplete.count + reassembler.count == 5000)
    #expect(incomplete.first?.origin == 0)
  }

  @Test func `conflicting parts without end leave no trace`() throws {
    var reassembler = Reassembler<Int>(limits: .init(messages: 4))
    var incomplete: [Reassembler<Int>.Incomplete] = []
    let one = try Self.parts(String(repeating: "1", count: 200), .udh8)[0]
    let two = try Self.parts(String(repeating: "2", count: 200), .udh8)[0]
    for round in 0..<10_000 {
      _ = reassembler.add(round % 2 == 0 ? one : two, from: 1, at: .zero, into: &incomplete)
    }
    #expect(reassembler.count == 1)
    #expect(reassembler.orderCount < 200)
    #expect(incomplete.count == 9_999)
  }

  // MARK: Stored parts

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
