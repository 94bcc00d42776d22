import CarrierSimulator
import Contract

/// What the company's operators order beside the texts: every method of the contract that changes state, now and then one that has
/// to be refused.
struct Order: Equatable {
  var method: Method
  /// It has to be refused: an unknown id, a wrong state, a bad value, a restricted role, a key with another body.
  var isRefused: Bool
  /// What else follows from chance when it is given.
  var seed: UInt64
}

extension Story {
  /// Orders of a story, about: each of the methods comes once in two stories, and is refused once in three.
  static let orders: ClosedRange<Int64> = 27...43

  mutating func tellOrders() {
    var random = SeededRandom(seed: seed ^ 0x4F52_4445_5253)
    for _ in 0..<random.within(Story.orders.lowerBound, Story.orders.upperBound) {
      let method = Coverage.methods[Int(random.within(0, Int64(Coverage.methods.count) - 1))]
      let order = Order(method: method, isRefused: random.happens(0.35), seed: random.next())
      add(moment(&random), .order(order))
    }
    // What is unknown is there to be settled later on.
    for _ in 0..<2 {
      let at = Story.length - .milliseconds(random.within(0, 30_000))
      add(at, .order(Order(method: .unknownResolve, isRefused: false, seed: random.next())))
    }
  }
}
