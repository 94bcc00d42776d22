public import SMPP

/// What a `command_status` of a `submit_sm_resp` or a bind asks of us.
public enum ErrorClass: String, Hashable, Sendable, CaseIterable {
  /// Too fast. Slow down the number and the bind, and keep the place; no attempt is used.
  case pace
  /// Try again: 5 s doubling to 5 min, until the message expires.
  case temporary
  /// The session is not what we took it for: bind again.
  case session
  /// Name or password are wrong: 5 minutes, and an alert.
  case credentials
  /// This message will not go; it has failed.
  case permanentMessage = "permanent_message"
  /// Nothing of this number will go: pause it, and alert.
  case permanentNumber = "permanent_number"
  /// The carrier delivers nothing from this number to this phone, because its owner said so: recorded as its block.
  case optedOut = "opted_out"
  /// We sent what cannot be: the message has failed, and the fault is counted and logged.
  case ourBug = "our_bug"

  /// The class of `status` with a carrier; nil for ESME_ROK.
  public static func of(_ status: CommandStatus, _ profile: CarrierProfile) -> ErrorClass? {
    if status == .ESME_ROK { return nil }
    for rule in profile.statusRules where rule.statuses.contains(status.rawValue) { return rule.errorClass }
    return of(status)
  }

  /// The class of `status` by the common table; nil for ESME_ROK. What is not in the table fails the message: trying
  /// an unknown refusal again and again helps nobody.
  public static func of(_ status: CommandStatus) -> ErrorClass? {
    switch status {
    case .ESME_ROK: nil
    case .ESME_RTHROTTLED, .ESME_RMSGQFUL: .pace
    case .ESME_RSYSERR, .ESME_RX_T_APPN, .ESME_RUNKNOWNERR, .ESME_RSUBMITFAIL: .temporary
    case .ESME_RINVBNDSTS, .ESME_RALYBND, .ESME_RBINDFAIL: .session
    case .ESME_RINVPASWD, .ESME_RINVSYSID: .credentials
    case .ESME_RINVSRCADR, .ESME_RINVSRCTON, .ESME_RINVSRCNPI, .ESME_RINVSYSTYP: .permanentNumber
    case .ESME_RINVCMDLEN, .ESME_RINVCMDID, .ESME_RINVPRTFLG, .ESME_RINVREGDLVFLG, .ESME_RINVSUBREP,
      .ESME_RINVREPFLAG, .ESME_RINVNUMMSGS:
      .ourBug
    default: .permanentMessage
    }
  }

  /// Whether a status is one of the specification's, or of the profile's.
  public static func isKnown(_ status: CommandStatus, _ profile: CarrierProfile) -> Bool {
    profile.statusRules.contains { $0.statuses.contains(status.rawValue) }
      || CommandStatus.all.contains { $0.status == status }
  }

  /// How often a message refused with `status` may be sent again; nil where only its expiry ends that.
  /// ESME_RSUBMITFAIL is temporary by its words and mostly permanent by its use.
  public static func retryLimit(of status: CommandStatus, _ profile: CarrierProfile) -> Int? {
    switch of(status, profile) {
    case .pace, .session: nil
    case .temporary: status == .ESME_RSUBMITFAIL ? 1 : nil
    default: 0
    }
  }
}

/// A carrier's own use of a range of statuses: 0x400 to 0x4FF are the carrier's to define (SMPP 3.4, 5.1.3).
public struct StatusRule: Hashable, Sendable {
  public var statuses: ClosedRange<UInt32>
  public var errorClass: ErrorClass

  public init(_ statuses: ClosedRange<UInt32>, _ errorClass: ErrorClass) {
    self.statuses = statuses
    self.errorClass = errorClass
  }

  public init(_ status: CommandStatus, _ errorClass: ErrorClass) {
    self.init(status.rawValue...status.rawValue, errorClass)
  }
}
