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
  /// The session it acts in: the caller is then the session's member, and has nothing of the role's.
  public var session: SecretToken?
  /// The member, once the session was found to be open.
  var member: ActingMember?

  public init(
    role: String, uid: UInt32, numbers: Set<PhoneNumber>? = nil, seesText: Bool = false,
    isAdministrator: Bool = false, session: SecretToken? = nil
  ) {
    self.role = role
    self.uid = uid
    self.numbers = numbers
    self.seesText = seesText
    self.isAdministrator = isAdministrator
    self.session = session
  }

  /// The member who signed in. Under the member's id instead of a role, so that keys of calls are the member's own.
  init(_ member: ActingMember, uid: UInt32) {
    self.init(role: MemberID(member.id).description, uid: uid, numbers: member.seesAll ? nil : [])
    self.member = member
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
