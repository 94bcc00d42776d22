/// What the shell and systemd learn: the codes of sysexits.h.
public enum ExitStatus: Int32, Sendable {
  case ok = 0
  /// `verify` found something, or `simulate` a promise that does not hold; no code of sysexits.h says so.
  case found = 1
  /// EX_USAGE: the command was used wrongly.
  case usage = 64
  /// EX_DATAERR: what was asked is refused, or some lines of a file were.
  case data = 65
  /// EX_NOINPUT: a file to read is not there.
  case noInput = 66
  /// EX_UNAVAILABLE: the daemon cannot be reached.
  case unavailable = 69
  /// EX_SOFTWARE: a fault of ours.
  case software = 70
  /// EX_OSERR: the system refused something.
  case system = 71
  /// EX_CANTCREAT: a file or directory cannot be made.
  case cannotCreate = 73
  /// EX_IOERR: reading or writing failed half-way.
  case io = 74
  /// EX_TEMPFAIL: busy; the same command may succeed later.
  case temporary = 75
  /// EX_PROTOCOL: the peer does not speak as agreed.
  case `protocol` = 76
  /// EX_NOPERM: this user's role does not allow it.
  case permission = 77
  /// EX_CONFIG: the configuration cannot be used.
  case configuration = 78
}

/// Why a command ends early: what happened, what to do about it, and the status for the shell.
public struct Failure: Error, Equatable {
  public var status: ExitStatus
  public var message: String
  /// What the person can do now; nil where the message says it.
  public var hint: String?

  public init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
    self.status = status
    self.message = message
    self.hint = hint
  }
}
