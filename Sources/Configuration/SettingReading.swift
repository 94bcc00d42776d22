/// One line a setting: its key, its bounds in the key's unit, and the property it goes into, which holds the default.
extension ObjectReader {
  mutating func read(
    _ key: String, _ bounds: ClosedRange<Int>, into value: inout Int
  ) throws(ConfigurationError) {
    value = try integer(key, bounds, default: value)
  }

  mutating func read(_ key: String, into value: inout Bool) throws(ConfigurationError) {
    value = try bool(key, default: value)
  }

  mutating func read<Word: CaseIterable & RawRepresentable>(
    _ key: String, into value: inout Word
  ) throws(ConfigurationError) where Word.RawValue == String {
    value = try word(key, default: value)
  }

  mutating func read(
    _ key: String, octets bounds: ClosedRange<Int>, into value: inout String
  ) throws(ConfigurationError) {
    value = try optionalString(key, octets: bounds, default: value) ?? value
  }

  /// Under a key that ends in `_s`.
  mutating func read(
    _ key: String, seconds bounds: ClosedRange<Double>, into value: inout Duration
  ) throws(ConfigurationError) {
    value = try seconds(key, bounds, default: value)
  }

  /// - Parameter unset: what holds where it is absent, in words.
  mutating func read(
    _ key: String, seconds bounds: ClosedRange<Double>, into value: inout Duration?, unset: String
  ) throws(ConfigurationError) {
    guard let number = try number(key, bounds, unit: "seconds", unset: unset) else { return }
    value = .milliseconds(Int64((number * 1000).rounded()))
  }

  /// Under a key that ends in `_hours`.
  mutating func read(
    _ key: String, hours bounds: ClosedRange<Int>, into value: inout Duration
  ) throws(ConfigurationError) {
    value = .seconds(3600 * (try integer(key, bounds, default: Int(value / .seconds(3600)))))
  }

  /// Octets, under a key that ends in `_mib`.
  mutating func read(
    _ key: String, mebibytes bounds: ClosedRange<Int>, into value: inout Int64
  ) throws(ConfigurationError) {
    value = Int64(try integer(key, bounds, default: Int(value >> 20))) << 20
  }
}
