import Contract

/// A text with merge fields: `Hi {{first_name}}, …`.
struct MergeText {
  enum Piece: Equatable {
    case text(String)
    case field(String)
  }

  /// Most octets of a field's name.
  static let longestField = 64

  let pieces: [Piece]
  /// Names of the fields, in order of their first use.
  let fields: [String]
  /// What stands in double braces and names no field, with its braces: it must not reach a person.
  let unreadable: [String]

  /// Between `{{` and `}}` stands a field's name: letters, digits, `_`, `.` and `-`, with blanks around it. Braces are found by
  /// scalar: a character may be a brace with a joiner behind it.
  init(_ text: String) {
    var pieces: [Piece] = []
    var fields: [String] = []
    var unreadable: [String] = []
    var rest = text.unicodeScalars[...]
    func add(_ plain: Substring.UnicodeScalarView) {
      if !plain.isEmpty { pieces.append(.text(String(plain))) }
    }
    while let open = MergeText.pair("{", in: rest) {
      guard let close = MergeText.pair("}", in: rest[open.upperBound...]) else {
        unreadable.append(String(rest[open.lowerBound...].prefix(MergeText.longestField)))
        break
      }
      let name = Substring(rest[open.upperBound..<close.lowerBound]).trimmed
      if MergeText.isName(name) {
        add(rest[..<open.lowerBound])
        pieces.append(.field(name))
        if !fields.contains(name) { fields.append(name) }
      } else {
        unreadable.append(String(rest[open.lowerBound..<close.upperBound].prefix(MergeText.longestField)))
        add(rest[..<close.upperBound])
      }
      rest = rest[close.upperBound...]
    }
    add(rest)
    self.pieces = pieces
    self.fields = fields
    self.unreadable = unreadable
  }

  private static func pair(_ brace: Unicode.Scalar, in scalars: Substring.UnicodeScalarView) -> Range<
    String.Index
  >? {
    var previous: String.Index?
    for place in scalars.indices {
      guard scalars[place] == brace else {
        previous = nil
        continue
      }
      if let previous { return previous..<scalars.index(after: place) }
      previous = place
    }
    return nil
  }

  /// Refuses what stands in braces and names no field.
  func checkReadable() throws(APIError) {
    guard let unreadable = unreadable.first else { return }
    throw .refused(
      .invalidField, "\(unreadable) names no field; a field is written as {{first_name}}", field: "text")
  }

  /// The text for one contact; throws the name of a field that has no value.
  func merge(_ values: MergeFields) throws(MissingField) -> String {
    var merged = ""
    for piece in pieces {
      switch piece {
      case .text(let text): merged += text
      case .field(let name):
        guard let value = values[name]?.trimmed, !value.isEmpty else { throw MissingField(name: name) }
        merged += value
      }
    }
    return merged
  }

  struct MissingField: Error, Equatable {
    let name: String
  }

  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longestField
      && text.utf8.allSatisfy {
        ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D
      }
  }
}

/// What the merge fields of a text are for one contact, texted by a rep.
struct MergeFields {
  static let ofPersons: Set<String> = ["first_name", "last_name", "rep_name"]

  var firstName: String?
  var lastName: String?
  var repName: String?
  var attributes: [String: String] = [:]
  var defaults: [String: String]?

  /// A blank value is none, and one with braces is: it would be filled in once more.
  subscript(name: String) -> String? {
    let value: String? =
      switch name {
      case "first_name": firstName
      case "last_name": lastName
      case "rep_name": repName
      default: attributes[name]
      }
    if let value, !value.isBlank, !value.contains("{{") { return value }
    return defaults?[name]
  }
}
