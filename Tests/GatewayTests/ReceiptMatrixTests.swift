import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// How a carrier writes the id of a message in its answer, and in the receipt.
struct IDWriting: Sendable, CustomTestStringConvertible {
  var name: String
  var style: ReceiptIDStyle
  var response: @Sendable (Int) -> String
  var receipt: @Sendable (Int) -> String

  var testDescription: String { name }

  static func hex(_ number: Int, upper: Bool = false) -> String {
    String(number + 0xA00, radix: 16, uppercase: upper)
  }

  static func padded(_ text: String, to length: Int) -> String {
    String(repeating: "0", count: max(0, length - text.count)) + text
  }

  static func uuid(_ number: Int) -> String {
    let digits = padded(String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 16), to: 16)
    return "7f0c1a52-93f2-4b58-\(digits.prefix(4))-\(digits.suffix(12))"
  }

  static let all: [IDWriting] = [
    IDWriting(name: "decimal", style: .auto, response: { "\($0)" }, receipt: { "\($0)" }),
    IDWriting(
      name: "zero-padded decimal", style: .auto, response: { padded("\($0)", to: 10) }, receipt: { "\($0)" }),
    IDWriting(name: "hex lower", style: .auto, response: { hex($0) }, receipt: { hex($0) }),
    IDWriting(
      name: "hex upper", style: .hexadecimal, response: { hex($0, upper: true) }, receipt: { hex($0) }),
    IDWriting(
      name: "padded hex", style: .hexadecimal, response: { padded(hex($0), to: 12) },
      receipt: { hex($0, upper: true) }),
    IDWriting(
      name: "hex in response, decimal in receipt", style: .hexToDecimal, response: { hex($0) },
      receipt: { "\($0 + 0xA00)" }),
    IDWriting(
      name: "decimal in response, hex in receipt", style: .decimalToHex, response: { "\($0 + 0xA00)" },
      receipt: { padded(hex($0, upper: true), to: 8) }),
    IDWriting(
      name: "UUID", style: .auto, response: { uuid($0) },
      receipt: { uuid($0).uppercased().filter { $0 != "-" } }),
    IDWriting(name: "exact", style: .exact, response: { "Id_0\($0)" }, receipt: { "Id_0\($0)" }),
  ]
}

/// When the receipts come.
enum ReceiptTiming: String, CaseIterable, Sendable {
  /// Before the answer that gives their id.
  case early
  case onTime
  /// After they were given up.
  case late
  /// Before the answer, after it, and once more.
  case duplicate
}

/// A message on its way, part by part.
private final class Parcel {
  struct Part {
    var segment: ClaimedSegment
    var number: Int
    var state: MessageState
    var error: String
  }

  var phone: String
  var message: MessageID
  var parts: [Part]

  init(phone: String, message: MessageID, parts: [Part]) {
    self.phone = phone
    self.message = message
    self.parts = parts
  }

  var expected: TextMessageState {
    parts.contains { $0.state == .undeliverable } ? .failed : .delivered
  }
}

@Suite(.worlds) struct ReceiptMatrixTests {
  private enum Step {
    case answer(Parcel.Part)
    case receipt(Parcel.Part, String, MessageState)
  }

  /// Orders in which the parts of a message are answered and receipted: all of them up to three, some beyond.
  private func orders(of count: Int, _ random: inout SeededGenerator) -> [[Int]] {
    guard count <= 3 else { return (0..<4).map { _ in Array(0..<count).shuffled(using: &random) } }
    var all: [[Int]] = [[]]
    for value in 0..<count {
      all = all.flatMap { order in
        (0...order.count).map { Array(order[..<$0]) + [value] + Array(order[$0...]) }
      }
    }
    return all
  }

  private func steps(_ parcel: Parcel, _ order: [Int], _ timing: ReceiptTiming) -> [[Step]] {
    order.map { index in
      let part = parcel.parts[index]
      let receipt = Step.receipt(part, parcel.phone, part.state)
      switch timing {
      case .early: return [.receipt(part, parcel.phone, .enroute), receipt, .answer(part)]
      case .onTime: return [.answer(part), .receipt(part, parcel.phone, .enroute), receipt]
      case .late: return [.answer(part)]
      case .duplicate: return [receipt, .answer(part), receipt, receipt]
      }
    }
  }

  private func run(_ step: Step, _ world: World, _ writing: IDWriting) throws {
    switch step {
    case .answer(let part): try world.answer(part.segment, id: writing.response(part.number))
    case .receipt(let part, let phone, let state):
      let released = try world.receipt(
        writing.receipt(part.number), state, from: phone, error: COctetString(part.error))
      #expect(released.responses == [.ESME_ROK])
    }
  }

  @Test(arguments: IDWriting.all, ReceiptTiming.allCases)
  func everyReceiptFindsItsPartAndNoOtherOverARestart(writing: IDWriting, timing: ReceiptTiming) throws {
    let world = try World { $0.carriers["alpha"]?.receipts.id = writing.style }
    try world.addAnna()
    var random = SeededGenerator(seed: UInt64(writing.name.utf8.count * 7 + timing.rawValue.utf8.count))
    var parcels: [Parcel] = []
    var queues: [[Step]] = []
    var number = 100
    for count in 1...5 {
      for order in orders(of: count, &random) {
        let phone = "+120255501\(10 + parcels.count)"
        let text = String(repeating: "0123456789", count: count == 1 ? 10 : 15 * count - 1)
        let sent = try world.send(text, to: phone)
        let segments = try world.claim()
        #expect(segments.count == count)
        let failing = parcels.count % 3 == 0 ? Int.random(in: 0..<count, using: &random) : nil
        let parts = segments.enumerated().map { index, segment in
          number += 1 + Int.random(in: 0..<3, using: &random)
          return Parcel.Part(
            segment: segment, number: number, state: index == failing ? .undeliverable : .delivered,
            error: "e\(number)")
        }
        let parcel = Parcel(phone: phone, message: sent.messageID, parts: parts)
        parcels.append(parcel)
        queues += steps(parcel, order, timing)
      }
    }
    // The parts' steps, each part's in their order, mixed over all messages; and a restart in the middle.
    let total = queues.reduce(0) { $0 + $1.count }
    var done = 0
    while !queues.isEmpty {
      let index = Int.random(in: 0..<queues.count, using: &random)
      try run(queues[index].removeFirst(), world, writing)
      if queues[index].isEmpty { queues.remove(at: index) }
      done += 1
      if done == total / 2 { try world.restart() }
    }
    if timing == .late { try giveUpAndReceive(parcels, world, writing, &random) }
    try check(parcels, world)
    // What contradicts them comes too late, and is listed.
    for parcel in parcels {
      let part = try #require(parcel.parts.first)
      let other: MessageState = part.state == .delivered ? .undeliverable : .delivered
      try world.receipt(writing.receipt(part.number), other, from: parcel.phone, error: "late")
    }
    try check(parcels, world, late: parcels.count)
  }

  private func giveUpAndReceive(
    _ parcels: [Parcel], _ world: World, _ writing: IDWriting, _ random: inout SeededGenerator
  ) throws {
    world.now += 73 * 3_600_000
    try world.housekeep()
    for parcel in parcels { #expect(try world.state(of: parcel.message) == .receiptMissing) }
    try world.restart()
    for parcel in parcels.shuffled(using: &random) {
      for part in parcel.parts.shuffled(using: &random) {
        try run(.receipt(part, parcel.phone, part.state), world, writing)
      }
    }
  }

  private func check(_ parcels: [Parcel], _ world: World, late: Int = 0) throws {
    for parcel in parcels {
      #expect(try world.state(of: parcel.message) == parcel.expected)
      for part in parcel.parts {
        let recorded = try world.stored(
          "SELECT count(*) FROM segment WHERE ref = \(part.segment.ref.rawValue) AND error = '\(part.error)'")
        #expect(recorded == 1, "each part has what its own receipt said")
      }
    }
    #expect(try world.stored("SELECT count(*) FROM awaiting") == 0)
    #expect(try world.stored("SELECT count(*) FROM unresolved") == 0)
    let list: Page<ReceiptView> = try world.ask(
      .carrierReceipts(CarrierReceipts(carrier: "alpha", limit: 200)))
    #expect(list.items.count == late && list.items.allSatisfy { $0.reason == .alreadyFinal })
  }
}
