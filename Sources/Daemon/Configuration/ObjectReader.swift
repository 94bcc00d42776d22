/// Takes the keys of one JSON object, each once and checked; what nobody took is an unknown key.
struct ObjectReader {
  let file: String
  /// Names from the top to this object.
  let path: [String]
  private let members: [String: JSONTree]
  private var taken: Set<String> = []
  /// Where each path is in the text, for messages.
  let places: SourcePlaces

  init(_ members: [String: JSONTree], file: String, path: [String], places: SourcePlaces) {
    self.members = members
    self.file = file
    self.path = path
    self.places = places
  }

  /// The keys in the order of their names: a dictionary's own order differs from run to run.
  var names: [String] { members.keys.sorted() }

  mutating func take(_ key: String) -> JSONTree? {
    taken.insert(key)
    return members[key]
  }

  /// Refuses what was not taken.
  func finish() throws(ConfigurationError) {
    for key in names where !taken.contains(key) {
      let near = taken.sorted().min { distance($0, key) < distance($1, key) }
      var problem = "unknown key"
      if let near, distance(near, key) <= 2 {
        problem += "; did you mean \(near)?"
      } else {
        problem += "; expected one of " + taken.sorted().joined(separator: ", ")
      }
      throw error(key, problem)
    }
  }

  // MARK: Errors

  func error(_ key: String, _ problem: String) -> ConfigurationError {
    let full = key.isEmpty ? path : path + [key]
    let place = places.place(of: full)
    return ConfigurationError(
      file: file, line: place?.line, column: place?.column, path: full.joined(separator: "."),
      problem: problem)
  }

  func missing(_ key: String, expected: String) -> ConfigurationError {
    error(key, "is missing; expected \(expected)")
  }

  // MARK: Values

  func object(_ tree: JSONTree, at key: String) throws(ConfigurationError) -> ObjectReader {
    guard case .object(let members) = tree else {
      throw error(key, "expected an object { … }, found \(tree.kind)")
    }
    return ObjectReader(members, file: file, path: path + [key], places: places)
  }

  mutating func optionalObject(_ key: String) throws(ConfigurationError) -> ObjectReader? {
    guard let tree = take(key) else { return nil }
    return try object(tree, at: key)
  }

  mutating func object(_ key: String) throws(ConfigurationError) -> ObjectReader {
    guard let reader = try optionalObject(key) else { throw missing(key, expected: "an object { … }") }
    return reader
  }

  mutating func optionalString(
    _ key: String, octets bounds: ClosedRange<Int>
  ) throws(ConfigurationError) -> String? {
    guard let tree = take(key) else { return nil }
    guard case .string(let text) = tree else { throw error(key, "expected a string, found \(tree.kind)") }
    let count = text.utf8.count
    guard bounds.contains(count) else {
      if count == 0 { throw error(key, "expected some text, found an empty string") }
      throw error(key, "expected \(bounds.lowerBound) to \(bounds.upperBound) octets, found \(count)")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F }) else {
      throw error(key, "expected text without control characters")
    }
    return text
  }

  mutating func string(_ key: String, octets: ClosedRange<Int>) throws(ConfigurationError) -> String {
    guard let text = try optionalString(key, octets: octets) else { throw missing(key, expected: "a string") }
    return text
  }

  mutating func integer(
    _ key: String, _ bounds: ClosedRange<Int>, default fallback: Int
  ) throws(ConfigurationError) -> Int {
    guard let tree = take(key) else { return fallback }
    guard case .integer(let value) = tree, let value = Int(exactly: value), bounds.contains(value) else {
      throw error(
        key, "expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound), found \(tree.kind)")
    }
    return value
  }

  mutating func number(
    _ key: String, _ bounds: ClosedRange<Double>, unit: String
  ) throws(ConfigurationError) -> Double? {
    guard let tree = take(key) else { return nil }
    let value: Double? =
      switch tree {
      case .integer(let value): Double(value)
      case .number(let value): value
      default: nil
      }
    guard let value, bounds.contains(value) else {
      throw error(
        key,
        "expected a number of \(unit) from \(bounds.lowerBound) to \(bounds.upperBound), found \(tree.kind)")
    }
    return value
  }

  mutating func bool(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
    guard let tree = take(key) else { return fallback }
    guard case .bool(let value) = tree else { throw error(key, "expected true or false, found \(tree.kind)") }
    return value
  }

  /// Seconds, whole or not, under a key that ends in `_s`.
  mutating func seconds(
    _ key: String, _ bounds: ClosedRange<Double>, default fallback: Duration
  ) throws(ConfigurationError) -> Duration {
    guard let value = try number(key, bounds, unit: "seconds") else { return fallback }
    return .milliseconds(Int64((value * 1000).rounded()))
  }

  /// Whole milliseconds, under a key that ends in `_ms`.
  mutating func milliseconds(
    _ key: String, _ bounds: ClosedRange<Int>, default fallback: Duration
  ) throws(ConfigurationError) -> Duration {
    let inMilliseconds = Int(
      fallback.components.seconds * 1000 + fallback.components.attoseconds / 1_000_000_000_000_000)
    return .milliseconds(try integer(key, bounds, default: inMilliseconds))
  }

  /// One word of a closed list.
  mutating func word<Word: CaseIterable & RawRepresentable>(
    _ key: String, default fallback: Word?
  ) throws(ConfigurationError) -> Word where Word.RawValue == String {
    let expected = "one of " + Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    guard let tree = take(key) else {
      guard let fallback else { throw missing(key, expected: expected) }
      return fallback
    }
    guard case .string(let text) = tree else { throw error(key, "expected \(expected), found \(tree.kind)") }
    guard let word = Word(rawValue: text) else {
      throw error(key, "expected \(expected), found \"\(text.prefix(40))\"")
    }
    return word
  }

  mutating func strings(
    _ key: String, maximum: Int, octets: ClosedRange<Int>
  ) throws(ConfigurationError) -> [String]? {
    guard let tree = take(key) else { return nil }
    guard case .array(let items) = tree else {
      throw error(key, "expected a list of strings, found \(tree.kind)")
    }
    guard items.count <= maximum else {
      throw error(key, "expected at most \(maximum) entries, found \(items.count)")
    }
    var result: [String] = []
    for (index, item) in items.enumerated() {
      guard case .string(let text) = item, octets.contains(text.utf8.count) else {
        throw error(
          key,
          "entry \(index + 1): expected a string of \(octets.lowerBound) to \(octets.upperBound) octets")
      }
      result.append(text)
    }
    return result
  }
}

/// The edit distance of two keys, cut to 32 octets: for "did you mean".
private func distance(_ left: String, _ right: String) -> Int {
  let left = Array(left.utf8.prefix(32))
  let right = Array(right.utf8.prefix(32))
  var row = Array(0...right.count)
  for (i, a) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in right.enumerated() {
      let substituted = diagonal + (a == b ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[right.count]
}
