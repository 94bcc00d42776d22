/// The fields a value may have by its schema, at every depth. What a caller sends is held against them before it is
/// decoded, so that a misspelt field is refused by name and never ignored.
indirect enum KnownFields: Sendable {
  /// No object, or one whose names are the caller's: nothing to look at.
  case anything
  /// An object with these fields.
  case object([String: KnownFields])
  /// An array.
  case items(KnownFields)

  /// Reads them from a schema, through its references.
  init(_ schema: JSONValue) {
    if let reference = schema["$ref"]?.string {
      self = KnownFields(Schemas.definitions[String(reference.dropFirst("#/$defs/".count))] ?? .null)
    } else if case .object(let properties)? = schema["properties"] {
      self = .object(properties.mapValues(KnownFields.init))
    } else if let options = schema["anyOf"]?.array {
      let objects = options.map(KnownFields.init).compactMap { option -> [String: KnownFields]? in
        guard case .object(let fields) = option else { return nil }
        return fields
      }
      self = objects.isEmpty ? .anything : .object(objects.reduce(into: [:]) { $0.merge($1) { a, _ in a } })
    } else if let items = schema["items"] {
      let each = KnownFields(items)
      if case .anything = each { self = .anything } else { self = .items(each) }
    } else {
      self =
        schema["type"]?.string == "object" && schema["additionalProperties"] == .bool(false)
        ? .object([:]) : .anything
    }
  }

  /// Throws for the first unknown field of an object. What has another type than the schema says is left to the decoder.
  func check(_ object: KeyedDecodingContainer<AnyKey>) throws {
    guard case .object(let fields) = self else { return }
    for key in object.allKeys {
      switch fields[key.stringValue] {
      case nil:
        let unknown = object.allKeys.filter { fields[$0.stringValue] == nil }
        let first = unknown.min { $0.stringValue < $1.stringValue } ?? key
        throw APIError.invalid(APIError.path(object.codingPath, first), "unknown field")
      case .anything?: break
      case .object?:
        guard let inner = try? object.nestedContainer(keyedBy: AnyKey.self, forKey: key) else { break }
        try fields[key.stringValue]?.check(inner)
      case .items(let each)?:
        guard var items = try? object.nestedUnkeyedContainer(forKey: key) else { break }
        try each.check(&items)
      }
    }
  }

  private func check(_ items: inout any UnkeyedDecodingContainer) throws {
    while !items.isAtEnd {
      switch self {
      case .anything: return
      case .object:
        guard let inner = try? items.nestedContainer(keyedBy: AnyKey.self) else { return }
        try check(inner)
      case .items(let each):
        guard var inner = try? items.nestedUnkeyedContainer() else { return }
        try each.check(&inner)
      }
    }
  }
}
