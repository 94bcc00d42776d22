import Contract

/// Who called, as the socket knows it.
public struct Requester: Sendable {
  public var role: String
  public var uid: UInt32
  /// The numbers the role may see and send from; nil: all.
  public var numbers: Set<PhoneNumber>?
  /// Whether the trace shows it texts and whole phone numbers.
  public var seesText: Bool
  /// Whether it may call every method.
  public var isAdministrator: Bool

  public init(
    role: String, uid: UInt32, numbers: Set<PhoneNumber>? = nil, seesText: Bool = false,
    isAdministrator: Bool = false
  ) {
    self.role = role
    self.uid = uid
    self.numbers = numbers
    self.seesText = seesText
    self.isAdministrator = isAdministrator
  }

  /// Whether it is given every number.
  var isUnrestricted: Bool { numbers == nil }

  var scope: AccessScope { AccessScope(self) }

  /// Whether a number, and what belongs to it, is the caller's to see and change. To others it is as if it were not there.
  func mayUse(_ number: PhoneNumber) -> Bool { scope.sees(number) }
}

/// A command from the socket, waiting for its answer.
public struct PendingCommand: Sendable {
  public var token: UInt64
  public var caller: Requester
  public var command: Command

  public init(token: UInt64, caller: Requester, command: Command) {
    self.token = token
    self.caller = caller
    self.command = command
  }
}

/// The answer to a command: the JSON of its result, or the error.
public struct CommandReply: Sendable {
  public var token: UInt64
  public var outcome: Result<[UInt8], APIError>
}

/// What a committed batch lets out.
public struct Released: Sendable {
  public var network: [NetworkOutput] = []
  public var replies: [CommandReply] = []
  /// The newest sequence number of the feed, when it grew.
  public var newest: Int64?
  /// One line a fact, for the journal; neither text nor full numbers.
  public var notices: [Notice] = []

  public init(network: [NetworkOutput] = []) { self.network = network }

  public struct Notice: Sendable, Equatable {
    public var severity: AlertSeverity
    public var line: String
  }
}
