/// Makes a failing story short: deeds are left out for as long as the same promise is broken.
package struct Shrinker {
  private let deeds: [Int]
  private let fails: ([Int]) throws -> Bool
  /// Stories it may tell.
  private var tellsLeft: Int

  /// - Parameters:
  ///   - deeds: the numbers of the deeds with which it fails.
  ///   - fails: whether it fails with these alone.
  init(_ deeds: [Int], tells: Int, fails: @escaping ([Int]) throws -> Bool) {
    self.deeds = deeds
    tellsLeft = tells
    self.fails = fails
  }

  /// For the story of a seed that broke a promise.
  package init(seed: UInt64, violation: Violation, tells: Int = 200) {
    self.init(Story(seed: seed).deedNumbers, tells: tells) { deeds in
      let outcome = try Simulation(Story(seed: seed, only: Set(deeds))).run()
      return outcome.violation?.invariant == violation.invariant
    }
  }

  /// The numbers of the deeds that are left. Removes ever smaller pieces (delta debugging).
  package mutating func shrink() throws -> [Int] {
    var left = deeds
    var size = max(1, left.count / 2)
    while tellsLeft > 0 {
      var shrunk = false
      var start = 0
      while start < left.count, tellsLeft > 0 {
        var fewer = left
        fewer.removeSubrange(start..<min(start + size, left.count))
        tellsLeft -= 1
        if try fails(fewer) {
          left = fewer
          shrunk = true
        } else {
          start += size
        }
      }
      if size == 1, !shrunk { break }
      if !shrunk || size > left.count { size = max(1, size / 2) }
    }
    return left
  }
}

extension Story {
  /// What happens in it, a line a deed.
  package var lines: [String] {
    deeds.map { deed in
      let milliseconds = deed.at.wholeMilliseconds
      let fraction = String(1000 + milliseconds % 1000).dropFirst()
      return "\(milliseconds / 1000).\(fraction) s  \(deed.number): \(deed.kind)"
    }
  }
}

extension Duration {
  var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
