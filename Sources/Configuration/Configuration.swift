public import Settings

/// What an operator decides, read once at the start from `/etc/tollgate/tollgate.json5`.
///
/// Plain, checked values: nobody needs to check a `Configuration` again. Numbers, reps, contacts and groups are data: they live in
/// the store, not in a file.
public struct Configuration: Sendable, Equatable {
  /// The file's path, for messages.
  public var path: String
  /// `state`: the directory of the database, private to the daemon (0700).
  public var state: String
  /// The store's file in that directory.
  public var storePath: String { state + "/tollgate.sqlite3" }
  public var socket: Socket
  /// The settings of the rules, read from `brand`, `carriers`, `limits`, `alerts` and `unknown`.
  public var rules: GatewaySettings
  /// Ordered by name, so that everything derived from the order is the same at every start.
  public var carriers: [Carrier] = [] {
    didSet { rules.carriers = Dictionary(uniqueKeysWithValues: carriers.map { ($0.name, $0.profile) }) }
  }
  public var mail = Mail()
  public var limits = Limits()
  public var readiness = Readiness()
  /// Every value in force and where the value came from, in the order of reading. Empty unless read from a text.
  public package(set) var effective: [EffectiveValue] = []

  public init(path: String, state: String, socket: Socket, brand: GatewaySettings.Brand) {
    self.path = path
    self.state = state
    self.socket = socket
    rules = GatewaySettings(brand: brand)
  }

  /// Where the daemon looks by default.
  public static let defaultPath = "/etc/tollgate/tollgate.json5"
  public static let defaultState = "/var/lib/tollgate"
  public static let defaultSocketPath = "/run/tollgate/tollgate.sock"
}

extension Configuration {
  /// `socket`: the local socket and its roles.
  public struct Socket: Sendable, Equatable {
    /// `path`: absolute, at most 107 octets (`sun_path`).
    public var path: String
    /// `group`: who may connect, by name; nil leaves the process's own group.
    public var group: String?
    /// `mode`: permission bits of the socket, as in `chmod`; 0660 by default.
    public var mode: UInt32
    /// In the order of the file: a peer gets the first role that names its user, else the first role that names one of its groups.
    public var roles: [Role]

    public init(path: String, group: String? = nil, mode: UInt32 = 0o660, roles: [Role]) {
      self.path = path
      self.group = group
      self.mode = mode
      self.roles = roles
    }
  }

  /// `socket.roles.NAME`: a list of methods and numbers, given to users and groups of this machine.
  public struct Role: Sendable, Equatable {
    public var name: String
    /// User names or numeric uids.
    public var users: [String]
    /// Group names or numeric gids.
    public var groups: [String]
    /// Patterns of methods: `*`, `feed.*` or `message.send`.
    public var may: [String]
    /// The numbers (E.164) it may see and send from; nil: all.
    public var numbers: [String]?
    /// `sees`: what is hidden from the others in what was recorded for diagnosis.
    public var sees: [Visibility]
    /// Whether its requests may act in the sessions of members.
    public var acts: Bool

    /// What a role may be given to see.
    public enum Visibility: String, Sendable, CaseIterable {
      /// Texts, whole phone numbers and octets in `carrier.trace`.
      case text
    }

    public init(
      name: String, users: [String] = [], groups: [String] = [], may: [String], numbers: [String]? = nil,
      sees: [Visibility] = [], acts: Bool = false
    ) {
      self.name = name
      self.users = users
      self.groups = groups
      self.may = may
      self.numbers = numbers
      self.sees = sees
      self.acts = acts
    }
  }

  /// `alerts.email`: how `tollgate mail` hands e-mails over. What they say is the rules'.
  public struct Mail: Sendable, Equatable {
    /// `sendmail`: the mail server's command, as every MTA of Unix has one.
    public var sendmail = "/usr/sbin/sendmail"
    /// `timeout_s`: a command that has not ended by then is killed, and the e-mail is tried again.
    public var timeout = Duration.seconds(60)

    public init() {}
  }

  /// `limits`: the bounds of the process that an operator may move; those of the rules are in `rules`.
  public struct Limits: Sendable, Equatable {
    /// `inbound_mailbox`: PDUs read from carriers and not yet taken by the writer; a `deliver_sm` beyond it is
    /// refused at once.
    public var inboundMailbox = 8192
    /// `commands`: requests read from the local socket and not yet answered.
    public var commands = 1024
    /// `connections`: open connections on the local socket.
    public var connections = 256
    /// `trace_mib`: memory for what went over the wire lately, in MiB; 0 keeps nothing.
    public var traceMebibytes = 8
    /// `disk_free_mib`: an alarm is raised when the store's file system has less than this many MiB left; 0 raises none.
    public var diskFreeMebibytes = 1024
    /// `drain_s`: after SIGTERM, the longest wait for answers to what is in flight.
    public var drain = Duration.seconds(20)

    public init() {}
  }

  /// `ready`, `ready_timeout_s`: when the daemon reports READY to systemd.
  public struct Readiness: Sendable, Equatable {
    public enum When: String, Sendable, CaseIterable {
      /// Once every carrier has the binds it needs.
      case all
      /// Once one carrier is bound.
      case any
      /// Once the local socket is served.
      case started
    }

    public var when = When.any
    /// The longest wait: then we are up all the same, and say what is degraded.
    public var timeout = Duration.seconds(30)

    public init() {}
  }
}
