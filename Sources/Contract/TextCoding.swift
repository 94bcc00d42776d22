// How values that are one JSON string get in and out of Codable.

extension Decoder {
  /// Decodes one string and parses it; what is wrong is said without repeating the string.
  func parsed<Value>(_ parse: (String) -> Value?, expected: String) throws -> Value {
    let container = try singleValueContainer()
    guard let value = parse(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected \(expected)")
    }
    return value
  }
}

extension Encoder {
  func encodeText(_ text: String) throws {
    var container = singleValueContainer()
    try container.encode(text)
  }
}
