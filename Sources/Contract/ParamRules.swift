/// What a schema says of the parameters besides their types: which fields an object may have, and the bounds of integers, texts, lists
/// and maps. What a caller sends is held against it before it is decoded. So a misspelt field is refused by name and never ignored,
/// and no rule ever sees an integer that its arithmetic was not made for.
indirect enum ParamRules: Sendable {
  /// Nothing to look at besides the type.
  case anything
  /// An integer.
  case integer(ClosedRange<Int64>)
  /// A text of so many Unicode characters, as JSON Schema counts them.
  case text(ClosedRange<Int>)
  /// An object with these fields.
  case object([String: ParamRules])
  /// An object whose names are the caller's: how many, and how long a name and a value may be.
  case map(count: ClosedRange<Int>, name: ClosedRange<Int>, value: ParamRules)
  /// An array.
  case items(count: ClosedRange<Int>, ParamRules)

  /// Reads them from a schema, through its references.
  init(_ schema: JSONValue) { self.init(schema, bounds: true) }

  /// `bounds`: false in a value that is refused alone, by the rules: there only the names of fields count.
  private init(_ schema: JSONValue, bounds: Bool) {
    let bounds = bounds && schema["x-refused-alone"] == nil
    if let reference = schema["$ref"]?.string {
      let target = Schemas.definitions[String(reference.dropFirst("#/$defs/".count))] ?? .null
      // A form of its own is the decoder's.
      if target["pattern"] != nil { self = .anything } else { self.init(target, bounds: bounds) }
    } else if case .object(let properties)? = schema["properties"] {
      self = .object(properties.mapValues { ParamRules($0, bounds: bounds) })
    } else if let options = schema["anyOf"]?.array {
      let objects = options.map { ParamRules($0, bounds: bounds) }.compactMap {
        option -> [String: ParamRules]? in
        guard case .object(let fields) = option else { return nil }
        return fields
      }
      self = objects.isEmpty ? .anything : .object(objects.reduce(into: [:]) { $0.merge($1) { a, _ in a } })
    } else if let items = schema["items"] {
      let each = ParamRules(items, bounds: bounds)
      let count = ParamRules.range(schema, "minItems", "maxItems", bounds)
      if case .anything = each, count == 0...Int.max {
        self = .anything
      } else {
        self = .items(count: count, each)
      }
    } else {
      self = ParamRules.scalar(schema, bounds)
    }
  }

  private static func scalar(_ schema: JSONValue, _ bounds: Bool) -> ParamRules {
    switch schema["type"]?.string {
    case "object":
      guard let value = schema["additionalProperties"], case .object = value else {
        return schema["additionalProperties"] == .bool(false) ? .object([:]) : .anything
      }
      guard bounds else { return .anything }
      return .map(
        count: range(schema, "minProperties", "maxProperties", true),
        name: range(schema["propertyNames"] ?? .null, "minLength", "maxLength", true),
        value: ParamRules(value))
    case "integer" where bounds:
      return .integer((schema["minimum"]?.integer ?? .min)...(schema["maximum"]?.integer ?? .max))
    // A list of words is the decoder's.
    case "string" where bounds && schema["enum"] == nil:
      let length = range(schema, "minLength", "maxLength", true)
      return length == 0...Int.max ? .anything : .text(length)
    default: return .anything
    }
  }

  private static func range(_ schema: JSONValue, _ least: String, _ most: String, _ bounds: Bool)
    -> ClosedRange<Int>
  {
    guard bounds else { return 0...Int.max }
    return Int(schema[least]?.integer ?? 0)...(schema[most]?.integer.map { Int($0) } ?? Int.max)
  }

  // MARK: Checking

  /// Throws for the first field of an object that is unknown or out of bounds. What has another type than the schema says is left to
  /// the decoder.
  func check(_ object: KeyedDecodingContainer<AnyKey>) throws {
    switch self {
    case .object(let fields):
      for key in object.allKeys {
        guard let rules = fields[key.stringValue] else {
          let unknown = object.allKeys.filter { fields[$0.stringValue] == nil }
          let first = unknown.min { $0.stringValue < $1.stringValue } ?? key
          throw APIError.invalid(APIError.path(object.codingPath, first), "unknown field")
        }
        try rules.check(object, key)
      }
    case .map(let count, let name, let value):
      guard count.contains(object.allKeys.count) else {
        throw APIError.invalid(APIError.path(object.codingPath), ParamRules.told(count, "fields"))
      }
      for key in object.allKeys {
        guard name.contains(key.stringValue.unicodeScalars.count) else {
          throw APIError.invalid(
            APIError.path(object.codingPath, key), "a name of " + ParamRules.told(name, "characters"))
        }
        try value.check(object, key)
      }
    case .anything, .integer, .text, .items: break
    }
  }

  private func check(_ object: KeyedDecodingContainer<AnyKey>, _ key: AnyKey) throws {
    switch self {
    case .anything: break
    case .integer(let range):
      // Null is as good as absent; the decoder knows whether the field may be.
      guard try !object.decodeNil(forKey: key) else { break }
      guard let value = try? object.decode(Int64.self, forKey: key) else {
        throw APIError.invalid(APIError.path(object.codingPath, key), "expected an integer")
      }
      try ParamRules.check(value, range) { APIError.path(object.codingPath, key) }
    case .text(let length):
      guard let text = try? object.decode(String.self, forKey: key) else { break }
      try ParamRules.check(text, length) { APIError.path(object.codingPath, key) }
    case .object, .map:
      guard let inner = try? object.nestedContainer(keyedBy: AnyKey.self, forKey: key) else { break }
      try check(inner)
    case .items(let count, let each):
      guard var items = try? object.nestedUnkeyedContainer(forKey: key) else { break }
      try ParamRules.check(&items, count, each)
    }
  }

  private static func check(
    _ items: inout any UnkeyedDecodingContainer, _ count: ClosedRange<Int>, _ each: ParamRules
  ) throws {
    guard items.count.map(count.contains) ?? true else {
      throw APIError.invalid(APIError.path(items.codingPath), told(count, "items"))
    }
    while !items.isAtEnd {
      let index = items.currentIndex
      func place() -> String { APIError.path(items.codingPath) + "[\(index)]" }
      switch each {
      case .anything: return
      case .integer(let range):
        guard let value = try? items.decode(Int64.self) else {
          throw APIError.invalid(place(), "expected an integer")
        }
        try check(value, range, place)
      case .text(let length):
        guard let text = try? items.decode(String.self) else { return }
        try check(text, length, place)
      case .object, .map:
        guard let inner = try? items.nestedContainer(keyedBy: AnyKey.self) else { return }
        try each.check(inner)
      case .items(let count, let each):
        guard var inner = try? items.nestedUnkeyedContainer() else { return }
        try check(&inner, count, each)
      }
    }
  }

  private static func check(_ value: Int64, _ range: ClosedRange<Int64>, _ path: () -> String) throws {
    guard range.contains(value) else {
      throw APIError.invalid(path(), "\(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func check(_ text: String, _ length: ClosedRange<Int>, _ path: () -> String) throws {
    // A character is at least an octet: most texts need no counting.
    if length.lowerBound <= 1, text.utf8.count >= length.lowerBound, text.utf8.count <= length.upperBound {
      return
    }
    guard length.contains(text.unicodeScalars.count) else {
      throw APIError.invalid(path(), told(length, "characters"))
    }
  }

  private static func told(_ range: ClosedRange<Int>, _ what: String) -> String {
    if range.upperBound == .max { return "at least \(range.lowerBound) \(what)" }
    return range.lowerBound == 0
      ? "at most \(range.upperBound) \(what)" : "\(range.lowerBound) to \(range.upperBound) \(what)"
  }
}
