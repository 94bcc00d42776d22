import TestSupport
import Testing

@testable import Pacing

@Suite struct TurnQueuesTests {
  /// The same, written so plainly that it cannot be wrong.
  struct Plain {
    var waiting: [(time: Int64, lane: Int)] = []
    var lists: [[Int]] = Array(repeating: [], count: 12)

    mutating func remove(_ lane: Int) {
      waiting.removeAll { $0.lane == lane }
      for index in lists.indices { lists[index].removeAll { $0 == lane } }
    }
  }

  @Test("Heap and lists agree with plain arrays over random operations", arguments: 0..<10)
  func agreesWithPlainArrays(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var queues = TurnQueues()
    queues.grow(lanes: 30)
    queues.grow(carriers: 3)
    var plain = Plain()
    for _ in 0..<3_000 {
      let lane = Int.random(in: 0..<30, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        queues.remove(lane)
        plain.remove(lane)
      case 1:
        // Times are unique, so that which of two equal ones comes first does not matter.
        let time = Int64.random(in: 0..<1_000, using: &random) * 100 + Int64(lane)
        queues.wait(lane, until: time)
        plain.remove(lane)
        plain.waiting.append((time, lane))
      case 2:
        let carrier = Int.random(in: 0..<3, using: &random)
        let messageClass = MessageClass.allCases.randomElement(using: &random) ?? .campaign
        let list = 4 * carrier + Int(messageClass.rawValue)
        queues.enqueue(lane, carrier, messageClass)
        if !plain.lists[list].contains(lane) {
          plain.remove(lane)
          plain.lists[list].append(lane)
        }
      default:
        let now = Int64.random(in: 0..<100_000, using: &random)
        let due = plain.waiting.min { $0.time < $1.time }.flatMap { $0.time <= now ? $0.lane : nil }
        #expect(queues.popDue(at: now) == due)
        if let due { plain.remove(due) }
      }
      #expect(queues.earliest == plain.waiting.map(\.time).min())
      for carrier in 0..<3 {
        for messageClass in MessageClass.allCases {
          let list = plain.lists[4 * carrier + Int(messageClass.rawValue)]
          #expect(queues.first(carrier, messageClass) == list.first)
          #expect(queues.count(carrier, messageClass) == list.count)
        }
        let lists = plain.lists[(4 * carrier)..<(4 * carrier + 4)]
        #expect(queues.mostUrgent(carrier)?.lane == lists.first { !$0.isEmpty }?.first)
      }
    }
  }
}
