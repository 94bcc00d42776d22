/// A Swift file as its tests read it: the code without comments and literals, and the literals by themselves.
struct SwiftSource {
  /// Comments are gone and every literal is an empty one; what is interpolated into a literal stays.
  private(set) var code: [UInt8] = []
  /// The text of every string literal, in their order.
  private(set) var literals: [String] = []

  private let octets: [UInt8]
  private var at = 0

  init(_ text: String) {
    octets = Array(text.utf8)
    while at < octets.count { step() }
  }

  /// Words and single marks of the code, with a newline between the lines.
  var tokens: [Token] {
    var found: [Token] = []
    var index = 0
    while index < code.count {
      let start = index
      while index < code.count, SwiftSource.isWord(code[index]) { index += 1 }
      if index > start {
        found.append(.word(String(decoding: code[start..<index], as: UTF8.self)))
        continue
      }
      if code[index] != UInt8(ascii: " ") { found.append(.mark(code[index])) }
      index += 1
    }
    return found
  }

  enum Token: Equatable {
    case word(String)
    case mark(UInt8)

    static func mark(_ character: Unicode.Scalar) -> Token { .mark(UInt8(ascii: character)) }
  }

  private static func isWord(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private func sees(_ text: StaticString) -> Bool {
    let end = at + text.utf8CodeUnitCount
    guard end <= octets.count else { return false }
    return text.withUTF8Buffer { octets[at..<end].elementsEqual($0) }
  }

  /// One piece of code, comment or literal.
  private mutating func step() {
    if sees("//") {
      while at < octets.count, octets[at] != UInt8(ascii: "\n") { at += 1 }
    } else if sees("\"\"\"") {
      literal(closedBy: "\"\"\"")
    } else if sees("\"") {
      literal(closedBy: "\"")
    } else {
      code.append(octets[at])
      at += 1
    }
  }

  private mutating func literal(closedBy end: StaticString) {
    at += end.utf8CodeUnitCount
    var text: [UInt8] = []
    while at < octets.count, !sees(end) {
      if sees("\\(") {
        at += 1
        interpolation()
      } else {
        // An escaped quote ends nothing.
        let length = sees("\\") ? 2 : 1
        text += octets[at..<min(at + length, octets.count)]
        at += length
      }
    }
    at += end.utf8CodeUnitCount
    code += Array("\"\"".utf8)
    literals.append(String(decoding: text, as: UTF8.self))
  }

  private mutating func interpolation() {
    var depth = 0
    repeat {
      if octets[at] == UInt8(ascii: "(") { depth += 1 }
      if octets[at] == UInt8(ascii: ")") { depth -= 1 }
      step()
    } while depth > 0 && at < octets.count
  }
}

/// What the types of some files hold, extensions included.
struct TypeSizes {
  struct Size {
    var methods = 0
    /// Of an instance.
    var stored = 0
  }

  /// By the type's whole name: `Outer.Inner`.
  private(set) var types: [String: Size] = [:]
  /// Names declared at the top level of a file and seen beyond it, extensions aside.
  private(set) var topLevel: Set<String> = []

  private static let kinds: Set = ["struct", "class", "enum", "protocol", "actor", "extension"]

  mutating func add(_ source: SwiftSource) {
    let tokens = source.tokens
    /// The type a brace opened; nil: it opened something else.
    var scopes: [String?] = []
    var opening: String?
    var isStatic = false
    var isPrivate = false
    for (index, token) in tokens.enumerated() {
      let next = index + 1 < tokens.count ? tokens[index + 1] : .mark("\n")
      let isMember = index > 0 && tokens[index - 1] == .mark(".")
      switch token {
      case .mark(UInt8(ascii: "{")):
        scopes.append(opening)
        opening = nil
      case .mark(UInt8(ascii: "}")): _ = scopes.popLast()
      case .mark(UInt8(ascii: "\n")): (isStatic, isPrivate) = (false, false)
      case .word("static"): isStatic = true
      case .word("private"), .word("fileprivate"): isPrivate = true
      case .word(let kind) where TypeSizes.kinds.contains(kind) && !isMember:
        guard case .word(let name) = next, name != "func", name != "var" else { continue }
        if scopes.isEmpty, kind != "extension", !isPrivate { topLevel.insert(name) }
        var path = scopes.compactMap { $0 } + [name]
        // `extension Outer.Inner`
        var rest = index + 2
        while rest + 1 < tokens.count, tokens[rest] == .mark("."), case .word(let inner) = tokens[rest + 1] {
          path.append(inner)
          rest += 2
        }
        opening = path.joined(separator: ".")
      case .word("typealias") where scopes.isEmpty && !isPrivate:
        if case .word(let name) = next { topLevel.insert(name) }
      case .word("func") where !isMember:
        if let type = scopes.last ?? nil { types[type, default: Size()].methods += 1 }
      case .word("let") where !isMember, .word("var") where !isMember:
        if !isStatic, let type = scopes.last ?? nil, TypeSizes.isStored(tokens[(index + 1)...]) {
          types[type, default: Size()].stored += 1
        }
      default: break
      }
    }
  }

  /// Whether a declaration, from its name on, has storage: it is no getter.
  private static func isStored(_ tokens: ArraySlice<SwiftSource.Token>) -> Bool {
    for (index, token) in zip(tokens.indices, tokens) {
      switch token {
      case .mark(UInt8(ascii: "=")), .mark(UInt8(ascii: "\n")): return true
      case .mark(UInt8(ascii: "{")):
        let first = tokens[(index + 1)...].first { $0 != .mark("\n") }
        return first == .word("didSet") || first == .word("willSet")
      default: break
      }
    }
    return true
  }
}
