/// Where the keys of a JSON5 text are, and where its first fault is.
///
/// The library that reads the file reports neither lines nor repeated keys; this walk over the text reports
/// both. It values nothing: what a key means is read from the library's tree.
struct SourcePlaces: Sendable {
  struct Place: Equatable, Sendable {
    var line: Int
    var column: Int
  }

  struct Fault: Error, Equatable {
    var place: Place
    var path: [String]
    var problem: String
  }

  private var places: [[String]: Place] = [:]

  /// The place of a key, or of the nearest object around it that is in the text.
  func place(of path: [String]) -> Place? {
    var path = path
    while !path.isEmpty {
      if let place = places[path] { return place }
      path.removeLast()
    }
    return places[[]]
  }

  /// Every key of the text, by its names from the top.
  var keys: [[String]] { places.keys.sorted { $0.lexicographicallyPrecedes($1) } }

  static let none = SourcePlaces()

  private init() {}

  init(of text: String) throws(Fault) {
    var walk = Walk(text)
    try walk.document()
    places = walk.places
  }

  /// The first key or plain value that is wrong in itself, by a reader that knows the whole syntax; `isGood` is given a
  /// text of one object or list with nothing else in it.
  static func firstWrong(in text: String, _ isGood: (String) -> Bool) -> Fault? {
    var walk = Walk(text)
    do {
      try walk.document()
    } catch {
      return error
    }
    return walk.leaves.first { !isGood($0.text) }.map {
      Fault(
        place: walk.place(at: $0.start), path: $0.path,
        problem: $0.isKey ? "not a key" : "not a value")
    }
  }

  /// Objects and lists inside each other; a configuration needs six.
  static let maximumDepth = 32
}

private struct Walk {
  /// A key or a plain value, as a document of its own.
  struct Leaf {
    var start: Int
    var path: [String]
    var isKey: Bool
    var text: String
  }

  private let scalars: [Unicode.Scalar]
  private var lineStarts: [Int]
  private var index = 0
  private var path: [String] = []
  var places: [[String]: SourcePlaces.Place] = [:]
  var leaves: [Leaf] = []

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    lineStarts = [0]
    for (index, scalar) in scalars.enumerated() where scalar == "\n" { lineStarts.append(index + 1) }
  }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
  private var next: Unicode.Scalar? { index + 1 < scalars.count ? scalars[index + 1] : nil }

  func place(at position: Int) -> SourcePlaces.Place {
    // The last line that starts at or before the position.
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= position { low = middle } else { high = middle }
    }
    return .init(line: low + 1, column: position - lineStarts[low] + 1)
  }

  private func fault(_ problem: String, at position: Int? = nil) -> SourcePlaces.Fault {
    .init(place: place(at: position ?? index), path: path, problem: problem)
  }

  private var found: String {
    guard let current else { return "the end of the file" }
    return current.value < 0x20 ? "a control character" : "'\(current)'"
  }

  mutating func document() throws(SourcePlaces.Fault) {
    try space()
    guard current == "{" else { throw fault("expected an object '{', found \(found)") }
    places[[]] = place(at: index)
    try value(depth: 0)
    try space()
    guard current == nil else { throw fault("expected the end of the file, found \(found)") }
  }

  private static let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\u{B}", "\u{C}"]

  /// White space and comments.
  private mutating func space() throws(SourcePlaces.Fault) {
    while let scalar = current {
      if Self.blanks.contains(scalar) || scalar == "\u{FEFF}" && index == 0 {
        index += 1
      } else if scalar.properties.isWhitespace || scalar == "\u{FEFF}" {
        // Pasted from a page, it looks like a blank and is none to every reader of JSON5.
        throw fault("expected a plain space, found U+\(String(scalar.value, radix: 16, uppercase: true))")
      } else if scalar == "/" && next == "/" {
        while let scalar = current, scalar != "\n" {
          _ = scalar
          index += 1
        }
      } else if scalar == "/" && next == "*" {
        let start = index
        index += 2
        while !(current == "*" && next == "/") {
          guard current != nil else { throw fault("this comment is not closed", at: start) }
          index += 1
        }
        index += 2
      } else {
        return
      }
    }
  }

  private mutating func value(depth: Int) throws(SourcePlaces.Fault) {
    guard depth < SourcePlaces.maximumDepth else {
      throw fault("objects are nested more than \(SourcePlaces.maximumDepth) deep")
    }
    switch current {
    case "{": try object(depth: depth)
    case "[": try list(depth: depth)
    case "\"", "'":
      let start = index
      _ = try string()
      leaves.append(Leaf(start: start, path: path, isKey: false, text: "[" + text(start) + "]"))
    case .some(let scalar) where isWord(scalar) || scalar == "+" || scalar == "-" || scalar == ".":
      let start = index
      try word()
      leaves.append(Leaf(start: start, path: path, isKey: false, text: "[" + text(start) + "]"))
    default: throw fault("expected a value, found \(found)")
    }
  }

  private mutating func object(depth: Int) throws(SourcePlaces.Fault) {
    let start = index
    index += 1
    while true {
      try space()
      if current == "}" { break }
      let keyStart = index
      let key = try key(openedAt: start)
      path.append(key)
      leaves.append(Leaf(start: keyStart, path: path, isKey: true, text: "{" + text(keyStart) + ": 0}"))
      guard places[path] == nil else { throw fault("this key is given twice", at: keyStart) }
      places[path] = place(at: keyStart)
      try space()
      guard current == ":" else { throw fault("expected ':' after the key, found \(found)") }
      index += 1
      try space()
      try value(depth: depth + 1)
      path.removeLast()
      try space()
      if current == "," {
        index += 1
      } else if current != "}" {
        guard current != nil else { throw fault("this '{' is not closed", at: start) }
        throw fault("expected ',' or '}', found \(found)")
      }
    }
    index += 1
  }

  private mutating func list(depth: Int) throws(SourcePlaces.Fault) {
    let start = index
    index += 1
    while true {
      try space()
      if current == "]" { break }
      guard current != nil else { throw fault("this '[' is not closed", at: start) }
      try value(depth: depth + 1)
      try space()
      if current == "," {
        index += 1
      } else if current != "]" {
        guard current != nil else { throw fault("this '[' is not closed", at: start) }
        throw fault("expected ',' or ']', found \(found)")
      }
    }
    index += 1
  }

  private mutating func key(openedAt start: Int) throws(SourcePlaces.Fault) -> String {
    switch current {
    case "\"", "'": return try string()
    case .some(let scalar) where isWord(scalar) && !("0"..."9").contains(scalar):
      let from = index
      while let scalar = current, isWord(scalar) { index += 1 }
      return text(from)
    case nil: throw fault("this '{' is not closed", at: start)
    default: throw fault("expected a key or '}', found \(found)")
    }
  }

  private mutating func string() throws(SourcePlaces.Fault) -> String {
    let start = index
    let quote = scalars[index]
    index += 1
    var plain = String.UnicodeScalarView()
    while let scalar = current, scalar != quote {
      if scalar == "\n" { throw fault("this string is not closed on its line", at: start) }
      plain.append(scalar)
      // A backslash takes the next character with it, be it a quote or a line end.
      index += scalar == "\\" ? 2 : 1
    }
    guard current != nil else { throw fault("this string is not closed", at: start) }
    index += 1
    return String(plain)
  }

  private mutating func word() throws(SourcePlaces.Fault) {
    let start = index
    while let scalar = current, isWord(scalar) || scalar == "+" || scalar == "-" || scalar == "." {
      index += 1
    }
    let word = text(start)
    if ["true", "false", "null"].contains(word) { return }
    guard let first = word.first(where: { $0 != "+" && $0 != "-" }), first.isASCII,
      first.isNumber || first == "." || word.hasSuffix("Infinity") || word.hasSuffix("NaN")
    else {
      throw fault("expected a value, found \(word.prefix(40)); text needs quotes", at: start)
    }
  }

  private func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
  }

  private func text(_ start: Int) -> String {
    String(String.UnicodeScalarView(scalars[start..<index]))
  }
}
