public import Contract

/// What a peer may do: given by its kernel credentials, never by anything it says.
public struct Role: Hashable, Sendable {
  /// Its name in the configuration.
  public let name: String
  /// The methods it may call. `hello` needs no entry.
  public let methods: Set<Method>
  /// The numbers of ours it may see and send from; nil: all.
  public let numbers: Set<PhoneNumber>?
  /// Whether what was recorded for diagnosis shows it texts and whole phone numbers.
  public let seesText: Bool

  public init(
    name: String, methods: Set<Method>, numbers: Set<PhoneNumber>? = nil, seesText: Bool = false
  ) {
    self.name = name
    self.methods = methods
    self.numbers = numbers
    self.seesText = seesText
  }

  /// `may` holds patterns: `*`, `feed.*`, `message.send`. A pattern that names no method gives nothing.
  public init(
    name: String, may patterns: [String], numbers: Set<PhoneNumber>? = nil, seesText: Bool = false
  ) {
    let methods = Method.allCases.filter { method in
      patterns.contains { pattern in
        pattern == "*" || pattern == method.rawValue
          || (pattern.hasSuffix(".*") && method.rawValue.hasPrefix(pattern.dropLast()))
      }
    }
    self.init(name: name, methods: Set(methods), numbers: numbers, seesText: seesText)
  }

  /// Whether it may call every method.
  public var isAdministrator: Bool { methods.count == Method.allCases.count }

  /// Whether it may call a method.
  public func may(_ method: Method) -> Bool { method == .hello || methods.contains(method) }
}

/// Who calls.
public struct Caller: Hashable, Sendable {
  /// The role; idempotency keys belong to it.
  public let role: Role
  /// The user, as the kernel recorded it at connect.
  public let userID: UInt32
  /// The process, for logs only: numbers are used again.
  public let processID: Int32

  public init(role: Role, userID: UInt32, processID: Int32) {
    self.role = role
    self.userID = userID
    self.processID = processID
  }
}
