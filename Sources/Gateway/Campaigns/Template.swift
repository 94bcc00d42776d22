import Contract

/// A text with merge fields: `Hi {{first_name}}, …`.
struct Template {
  enum Piece: Equatable {
    case text(String)
    case field(String)
  }

  /// Most octets of a field's name.
  static let longestField = 64

  let pieces: [Piece]
  /// Names of the fields, in order of their first use.
  let fields: [String]

  /// Anything between `{{` and `}}` that is a name (letters, digits, `_`, `.`, `-`) is a field; braces without one stay text.
  init(_ text: String) {
    var pieces: [Piece] = []
    var fields: [String] = []
    var rest = text[...]
    var plain = ""
    while let open = rest.range(of: "{{") {
      guard let close = rest[open.upperBound...].range(of: "}}") else { break }
      let name = rest[open.upperBound..<close.lowerBound].trimmed
      if Template.isName(name) {
        plain += rest[..<open.lowerBound]
        if !plain.isEmpty { pieces.append(.text(plain)) }
        plain = ""
        pieces.append(.field(name))
        if !fields.contains(name) { fields.append(name) }
        rest = rest[close.upperBound...]
      } else {
        plain += rest[..<open.upperBound]
        rest = rest[open.upperBound...]
      }
    }
    plain += rest
    if !plain.isEmpty { pieces.append(.text(plain)) }
    self.pieces = pieces
    self.fields = fields
  }

  /// The text for one contact; throws the name of a field that has no value.
  func merge(_ value: (String) -> String?) throws(MissingField) -> String {
    var merged = ""
    for piece in pieces {
      switch piece {
      case .text(let text): merged += text
      case .field(let name):
        guard let value = value(name), !value.isEmpty else { throw MissingField(name: name) }
        merged += value
      }
    }
    return merged
  }

  struct MissingField: Error, Equatable {
    let name: String
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longestField
      && text.utf8.allSatisfy {
        ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D
      }
  }
}

extension Substring {
  fileprivate func range(of pattern: String) -> Range<Index>? { firstRange(of: pattern) }

  fileprivate var trimmed: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
