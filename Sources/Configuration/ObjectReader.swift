/// Takes the keys of one JSON object, each once and checked; what nobody took is an unknown key.
///
/// An object may lie on others: what it does not say is looked up in its `layers`, the nearest first. So a carrier
/// lies on its profile. Every key that is asked for is noted with its value and where that came from.
struct ObjectReader {
  /// One object as it stands somewhere: in the configuration, or in a profile.
  struct Layer {
    var members: [String: JSONTree]
    /// The file it is in, for messages: a path, or `profile hex_ids`.
    var file: String
    /// Names from that file's top to this object.
    var path: [String]
    /// Where each path is in that file's text.
    var places: SourcePlaces
    var source = Source.configuration

    enum Source { case configuration, profile(String), builtIn(String) }

    /// The object under `key`, where there is one.
    func object(_ key: String) -> Layer? {
      guard case .object(let inner)? = members[key] else { return nil }
      return Layer(members: inner, file: file, path: path + [key], places: places, source: source)
    }

    fileprivate func origin(_ key: String) -> Configuration.EffectiveValue.Origin {
      let line = places.place(of: path + [key])?.line ?? 1
      return switch source {
      case .configuration: .file(line: line)
      case .profile(let name): .profile(name, line: line)
      case .builtIn(let name): .builtIn(profile: name)
      }
    }
  }

  /// Names from the configuration's top to this object.
  let path: [String]
  private var own: Layer
  private var below: [Layer]
  private var taken: Set<String> = []
  private let values: ReadValues?

  /// - Parameter values: where what is read is noted; nil: a reading that only checks.
  init(_ own: Layer, on below: [Layer] = [], values: ReadValues?) {
    path = own.path
    self.own = own
    self.below = below
    self.values = values
  }

  /// The part `key` of the object around it, which may be absent there.
  private init(_ outer: ObjectReader, _ key: String) {
    path = outer.path + [key]
    own =
      outer.own.object(key)
      ?? Layer(members: [:], file: outer.own.file, path: outer.own.path + [key], places: outer.own.places)
    below = outer.below.compactMap { $0.object(key) }
    values = outer.values
  }

  var file: String { own.file }

  /// Lays this object on others.
  mutating func lay(on layers: [Layer]) { below += layers }

  private var layers: [Layer] { [own] + below }

  /// The keys of the nearest layer, in the order of the text.
  var namesAsWritten: [String] {
    own.members.keys.sorted { a, b in
      let (first, second) = (own.places.place(of: own.path + [a]), own.places.place(of: own.path + [b]))
      guard let first, let second, first != second else { return a < b }
      return (first.line, first.column) < (second.line, second.column)
    }
  }

  /// The keys, those of the nearest layer first, each layer's in the order of their names: a dictionary's own order
  /// differs from run to run.
  var names: [String] {
    if below.isEmpty { return own.members.keys.sorted() }
    var seen: Set<String> = []
    return layers.flatMap { $0.members.keys.sorted() }.filter { seen.insert($0).inserted }
  }

  /// The value of a key that needs more than the readings below. It is noted as it stands.
  mutating func take(_ key: String) -> JSONTree? {
    taken.insert(key)
    guard let layer = layers.first(where: { $0.members[key] != nil }), let tree = layer.members[key] else {
      noteDefault(key, .null)
      return nil
    }
    note(key, tree, layer.origin(key))
    return tree
  }

  private func note(
    _ key: String, _ value: JSONTree, unset: String? = nil, _ origin: Configuration.EffectiveValue.Origin
  ) {
    values?.note((path + [key]).joined(separator: "."), value, unset: unset, origin)
  }

  /// Notes what holds for a key that nobody set; `.null` and `unset` where that is no value.
  func noteDefault(_ key: String, _ value: JSONTree, unset: String? = nil) {
    note(key, value, unset: unset, .byDefault)
  }

  /// Notes a value that was read in a better spelling.
  func renote(_ key: String, _ value: JSONTree) {
    note(key, value, layers.first { $0.members[key] != nil }?.origin(key) ?? .byDefault)
  }

  /// Whether any layer says something of a key.
  func has(_ key: String) -> Bool { layers.contains { $0.members[key] != nil } }

  /// Whether the nearest layer that says something of a key has an object there.
  func isObject(_ key: String) -> Bool {
    if case .object? = layers.first(where: { $0.members[key] != nil })?.members[key] { true } else { false }
  }

  /// The object under `key`, as a layer of its own.
  func layer(_ key: String, _ members: [String: JSONTree]) -> Layer {
    Layer(members: members, file: own.file, path: own.path + [key], places: own.places)
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

  /// An error about a key, with the key's place: in this object, or in the profile below it.
  func error(_ key: String, _ problem: String) -> ConfigurationError {
    let layer = layers.first { $0.members[key] != nil } ?? own
    let full = key.isEmpty ? layer.path : layer.path + [key]
    let place = layer.places.place(of: full)
    return ConfigurationError(
      file: layer.file, line: place?.line, column: place?.column, path: full.joined(separator: "."),
      problem: problem)
  }

  func missing(_ key: String, expected: String) -> ConfigurationError {
    error(key, "is missing; expected \(expected)")
  }

  // MARK: Objects

  /// An object that need not be there; nil where no layer has it.
  mutating func optionalObject(_ key: String) throws(ConfigurationError) -> ObjectReader? {
    guard let tree = take(key) else { return nil }
    guard case .object = tree else { throw error(key, "expected an object { … }, found \(tree.kind)") }
    return ObjectReader(self, key)
  }

  /// An object whose every key has a default: where it is absent, the defaults are read from nothing.
  mutating func section(_ key: String) throws(ConfigurationError) -> ObjectReader {
    try optionalObject(key) ?? ObjectReader(self, key)
  }

  mutating func object(_ key: String) throws(ConfigurationError) -> ObjectReader {
    guard let reader = try optionalObject(key) else { throw missing(key, expected: "an object { … }") }
    return reader
  }

  // MARK: Values

  /// - Parameter unset: what holds where it is absent, in words.
  mutating func optionalString(
    _ key: String, octets bounds: ClosedRange<Int>, default fallback: String? = nil, unset: String? = nil
  ) throws(ConfigurationError) -> String? {
    guard let tree = take(key) else {
      noteDefault(key, fallback.map { .string($0) } ?? .null, unset: unset)
      return fallback
    }
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
    guard let tree = take(key) else {
      noteDefault(key, .integer(Int64(fallback)))
      return fallback
    }
    guard case .integer(let value) = tree, let value = Int(exactly: value), bounds.contains(value) else {
      throw error(
        key, "expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound), found \(tree.kind)")
    }
    return value
  }

  mutating func number(
    _ key: String, _ bounds: ClosedRange<Double>, unit: String, unset: String? = nil
  ) throws(ConfigurationError) -> Double? {
    guard let tree = take(key) else {
      noteDefault(key, .null, unset: unset)
      return nil
    }
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
    guard let tree = take(key) else {
      noteDefault(key, .bool(fallback))
      return fallback
    }
    guard case .bool(let value) = tree else { throw error(key, "expected true or false, found \(tree.kind)") }
    return value
  }

  /// Seconds, whole or not, under a key that ends in `_s`.
  mutating func seconds(
    _ key: String, _ bounds: ClosedRange<Double>, default fallback: Duration
  ) throws(ConfigurationError) -> Duration {
    guard let value = try number(key, bounds, unit: "seconds") else {
      noteDefault(key, .number(fallback / .seconds(1)))
      return fallback
    }
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
      noteDefault(key, .string(fallback.rawValue))
      return fallback
    }
    guard case .string(let text) = tree else { throw error(key, "expected \(expected), found \(tree.kind)") }
    guard let word = Word(rawValue: text) else {
      throw error(key, "expected \(expected), found \"\(text.prefix(40))\"")
    }
    return word
  }

  mutating func strings(
    _ key: String, maximum: Int, octets: ClosedRange<Int>, unset: String? = nil
  ) throws(ConfigurationError) -> [String]? {
    guard let tree = take(key) else {
      noteDefault(key, .null, unset: unset)
      return nil
    }
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
