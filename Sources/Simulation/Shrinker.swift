/// Makes a failing story short: deeds are left out for as long as the same promise is broken.
package struct Shrinker {
  let seed: UInt64
  let invariant: String
  /// Stories it may tell.
  private var tellsLeft: Int

  package init(seed: UInt64, violation: Violation, tells: Int = 200) {
    self.seed = seed
    invariant = violation.invariant
    tellsLeft = tells
  }

  /// The numbers of the deeds that are left. Removes ever smaller pieces (delta debugging).
  package mutating func shrink() throws -> [Int] {
    var left = Story(seed: seed).deedNumbers
    var size = max(1, left.count / 2)
    while tellsLeft > 0 {
      var shrunk = false
      var start = 0
      while start < left.count, tellsLeft > 0 {
        var fewer = left
        fewer.removeSubrange(start..<min(start + size, left.count))
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

  private mutating func fails(_ deeds: [Int]) throws -> Bool {
    tellsLeft -= 1
    let outcome = try Simulation(Story(seed: seed, only: Set(deeds))).run()
    return outcome.violation?.invariant == invariant
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
