/// SplitMix64: small, and the same everywhere for the same seed.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// From `least` to `most`, both possible.
  package mutating func within(_ least: Int64, _ most: Int64) -> Int64 {
    least >= most ? least : Int64.random(in: least...most, using: &self)
  }

  /// True in this part of all cases, 0...1. Nothing is drawn where chance has no say.
  package mutating func happens(_ probability: Double) -> Bool {
    if probability <= 0 { return false }
    if probability >= 1 { return true }
    return Double(next() >> 11) * 0x1p-53 < probability
  }
}
