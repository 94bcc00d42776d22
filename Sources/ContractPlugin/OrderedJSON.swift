/// A JSON value whose objects keep the order of their members, which becomes the order of the fields in the code.
indirect enum OrderedJSON {
  case object([(key: String, value: OrderedJSON)])
  case array([OrderedJSON])
  case text(String)
  /// A number, `true`, `false` or `null`, as it is written.
  case word(String)

  subscript(key: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var members: [(key: String, value: OrderedJSON)] {
    if case .object(let members) = self { members } else { [] }
  }

  var items: [OrderedJSON] { if case .array(let items) = self { items } else { [] } }

  var text: String? { if case .text(let text) = self { text } else { nil } }
}

struct SyntaxError: Error, CustomStringConvertible {
  var offset: Int
  var description: String { "not JSON at octet \(offset)" }
}

/// Reads JSON of our own: Foundation's reader forgets the order of members. A name that stands twice in an object, and escapes other than `\"`, `\\`, `\/` and `\n` do not
/// occur in the schemas and are refused.
struct OrderedJSONReader {
  private let octets: [UInt8]
  private var place = 0

  init(_ octets: [UInt8]) { self.octets = octets }

  mutating func document() throws(SyntaxError) -> OrderedJSON {
    let value = try value()
    skipSpace()
    guard place == octets.count else { throw SyntaxError(offset: place) }
    return value
  }

  private mutating func value() throws(SyntaxError) -> OrderedJSON {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["): return .array(try items())
    case UInt8(ascii: "\""): return .text(try text())
    default: return .word(try word())
    }
  }

  private mutating func members() throws(SyntaxError) -> [(key: String, value: OrderedJSON)] {
    var found: [(key: String, value: OrderedJSON)] = []
    place += 1
    while !take("}") {
      if !found.isEmpty { try expect(",") }
      skipSpace()
      let start = place
      let key = try text()
      guard !found.contains(where: { $0.key == key }) else { throw SyntaxError(offset: start) }
      try expect(":")
      found.append((key, try value()))
    }
    return found
  }

  private mutating func items() throws(SyntaxError) -> [OrderedJSON] {
    var found: [OrderedJSON] = []
    place += 1
    while !take("]") {
      if !found.isEmpty { try expect(",") }
      found.append(try value())
    }
    return found
  }

  private mutating func text() throws(SyntaxError) -> String {
    guard peek == UInt8(ascii: "\"") else { throw SyntaxError(offset: place) }
    place += 1
    var found: [UInt8] = []
    while let octet = peek, octet != UInt8(ascii: "\"") {
      place += 1
      guard octet == UInt8(ascii: "\\") else {
        found.append(octet)
        continue
      }
      switch peek {
      case UInt8(ascii: "n"): found.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): found.append(octets[place])
      default: throw SyntaxError(offset: place)
      }
      place += 1
    }
    guard peek != nil else { throw SyntaxError(offset: place) }
    place += 1
    return String(decoding: found, as: UTF8.self)
  }

  private mutating func word() throws(SyntaxError) -> String {
    let start = place
    while let octet = peek, !isSpace(octet), !",]}".utf8.contains(octet) { place += 1 }
    guard place > start else { throw SyntaxError(offset: place) }
    return String(decoding: octets[start..<place], as: UTF8.self)
  }

  private var peek: UInt8? { place < octets.count ? octets[place] : nil }

  private func isSpace(_ octet: UInt8) -> Bool { " \n\r\t".utf8.contains(octet) }

  private mutating func skipSpace() { while let octet = peek, isSpace(octet) { place += 1 } }

  private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: wanted) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ wanted: Unicode.Scalar) throws(SyntaxError) {
    guard take(wanted) else { throw SyntaxError(offset: place) }
  }
}
