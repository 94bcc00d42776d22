import Contract

extension Configuration.Socket {
  /// `sun_path` of `sockaddr_un` less its NUL.
  static let maximumPathOctets = 107

  init(_ top: inout ObjectReader) throws(ConfigurationError) {
    var reader = try top.object("socket")
    let path = try reader.absolutePath("path", default: Configuration.defaultSocketPath)
    guard path.utf8.count <= Self.maximumPathOctets else {
      throw reader.error(
        "path", "expected at most \(Self.maximumPathOctets) octets, found \(path.utf8.count)")
    }
    let group = try reader.optionalString("group", octets: 1...64, unset: "the process's own")
    let mode = try Self.mode(&reader)
    var roles: [Configuration.Role] = []
    let list = try reader.object("roles")
    for name in list.namesAsWritten {
      roles.append(try Configuration.Role(list, name))
    }
    guard !roles.isEmpty else {
      throw reader.error("roles", "expected at least one role, such as admin: { users: [\"root\"] }")
    }
    try reader.finish()
    self.init(path: path, group: group, mode: mode, roles: roles)
  }

  /// Written as a string, `"0660"`: JSON5 has no octal numbers, and a decimal 660 would be something else.
  private static func mode(_ reader: inout ObjectReader) throws(ConfigurationError) -> UInt32 {
    let expected = "expected permission bits as a string, such as \"0660\""
    guard let tree = reader.take("mode") else {
      reader.noteDefault("mode", .string("0660"))
      return 0o660
    }
    guard case .string(let text) = tree, (3...4).contains(text.utf8.count), let bits = UInt32(text, radix: 8),
      bits <= 0o777
    else { throw reader.error("mode", expected) }
    guard bits & 0o002 == 0 else {
      throw reader.error("mode", "\(expected); this mode lets everybody on this machine connect")
    }
    return bits
  }
}

extension Configuration.Role {
  init(_ roles: ObjectReader, _ name: String) throws(ConfigurationError) {
    try roles.checkName(name)
    guard MemberID(name) == nil else {
      throw roles.error(name, "expected another name: this one is a member's id")
    }
    var roles = roles
    var reader = try roles.object(name)
    let users = try reader.strings("users", maximum: 256, octets: 1...64, unset: "nobody") ?? []
    let groups = try reader.strings("groups", maximum: 256, octets: 1...64, unset: "none") ?? []
    guard !users.isEmpty || !groups.isEmpty else {
      throw reader.error("", "expected users: [ … ] or groups: [ … ]; nobody has this role")
    }
    let acts: Bool
    switch reader.take("acts") {
    case nil:
      reader.noteDefault("acts", .null, unset: "no")
      acts = false
    case .bool(let value)?: acts = value
    case let tree?: throw reader.error("acts", "expected true or false, found \(tree.kind)")
    }
    let may: [String]
    if acts {
      guard reader.take("may") == nil, reader.take("numbers") == nil, reader.take("sees") == nil else {
        throw reader.error(
          "acts", "a role that acts for members has their rights alone: remove may, numbers and sees")
      }
      may = []
    } else if let patterns = try reader.strings("may", maximum: 256, octets: 1...64) {
      may = patterns
    } else if name == "admin" {
      may = ["*"]
      reader.noteDefault("may", .array([.string("*")]))
    } else {
      throw reader.missing("may", expected: "methods, such as [\"feed.*\", \"message.send\"]")
    }
    for pattern in may where !Self.isPattern(pattern) {
      throw reader.error(
        "may", "expected \"*\", \"feed.*\" or a method such as \"message.send\", found \"\(pattern)\"")
    }
    for pattern in may where !Self.namesMethod(pattern) {
      throw reader.error("may", "no method is called \"\(pattern)\"; see: tollgate schema --list")
    }
    let numbers = try reader.strings("numbers", maximum: 100_000, octets: 3...16, unset: "all")
    for number in numbers ?? [] where !Self.isNumber(number) {
      throw reader.error(
        "numbers", "expected numbers in E.164, such as \"+18885550101\", found \"\(number)\"")
    }
    let sees = try reader.strings("sees", maximum: Visibility.allCases.count, octets: 1...16)
    if sees == nil, name == "admin" { reader.noteDefault("sees", .array([.string("text")])) }
    let visible = (sees ?? (name == "admin" ? ["text"] : [])).map { Visibility(rawValue: $0) }
    guard !visible.contains(nil) else {
      let words = Visibility.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw reader.error("sees", "expected a list of: \(words)")
    }
    try reader.finish()
    self.init(
      name: name, users: users, groups: groups, may: may, numbers: numbers, sees: visible.compactMap { $0 },
      acts: acts)
  }

  /// `*`, `subject.*`, `subject.verb`, or a bare method such as `status`.
  static func isPattern(_ pattern: String) -> Bool {
    if pattern == "*" { return true }
    let parts = pattern.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), let last = parts.last else { return false }
    func isWord(_ part: Substring) -> Bool {
      !part.isEmpty && part.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F }
    }
    guard parts.dropLast().allSatisfy(isWord) else { return false }
    return isWord(last) || (last == "*" && parts.count > 1)
  }

  /// A pattern that fits nothing would be a right somebody believes to have given.
  private static func namesMethod(_ pattern: String) -> Bool {
    if pattern == "*" { return true }
    if pattern.hasSuffix(".*") {
      return Method.allCases.contains { $0.rawValue.hasPrefix(pattern.dropLast()) }
    }
    return Method(rawValue: pattern) != nil
  }

  static func isNumber(_ text: String) -> Bool {
    let digits = text.hasPrefix("+") ? text.dropFirst() : Substring(text)
    return (3...15).contains(digits.utf8.count) && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}
