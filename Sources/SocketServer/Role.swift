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
  /// Whether its requests may act in the sessions of members. Without a session it may then sign members in, and nothing more.
  public let acts: Bool

  public init(
    name: String, methods: Set<Method>, numbers: Set<PhoneNumber>? = nil, seesText: Bool = false,
    acts: Bool = false
  ) {
    self.name = name
    self.methods = methods
    self.numbers = numbers
    self.seesText = seesText
    self.acts = acts
  }

  /// `may` holds patterns: `*`, `feed.*`, `message.send`. A pattern that names no method gives nothing.
  public init(
    name: String, may patterns: [String], numbers: Set<PhoneNumber>? = nil, seesText: Bool = false,
    acts: Bool = false
  ) {
    let methods = Method.allCases.filter { method in patterns.contains { method.fits($0) } }
    self.init(
      name: name, methods: acts ? Role.signingIn : Set(methods), numbers: numbers, seesText: seesText,
      acts: acts)
  }

  /// Whether it may call every method.
  public var isAdministrator: Bool { methods.count == Method.allCases.count }

  /// What a role that acts for members may call in its own name.
  public static let signingIn: Set<Method> = [
    .sessionChallenge, .sessionEnrol, .sessionOpen, .sessionRedeem,
  ]

  /// Whether it may call a method. What a member may, in whose session a request acts, is for the rules to say; but a feed is never
  /// a member's.
  public func may(_ method: Method, in session: SecretToken? = nil) -> Bool {
    guard session == nil else { return acts && !method.rawValue.hasPrefix("feed.") && method != .hello }
    return method == .hello || methods.contains(method)
  }
}

/// Who calls.
public struct Caller: Hashable, Sendable {
  /// The role; idempotency keys belong to it.
  public let role: Role
  /// The user, as the kernel recorded it at connect.
  public let userID: UInt32
  /// The process, for logs only: numbers are used again.
  public let processID: Int32
  /// The session of a member that the request acts in.
  public let session: SecretToken?

  public init(role: Role, userID: UInt32, processID: Int32, session: SecretToken? = nil) {
    self.role = role
    self.userID = userID
    self.processID = processID
    self.session = session
  }

  /// The same, for a request that acts in a session.
  func acting(in session: SecretToken?) -> Caller {
    Caller(role: role, userID: userID, processID: processID, session: session)
  }
}
