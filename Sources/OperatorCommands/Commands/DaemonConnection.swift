import CommandFrame
import Configuration
import Contract
import Glibc
import NetIO
import SocketClient

/// The daemon, as a command speaks to it: one connection to the local socket.
struct DaemonConnection {
  let client: APIClient
  private let givenKey: String?

  /// Understood by every command that sends.
  static let key = Option(
    "key", argument: "KEY", "idempotency key: repeated with the same key, the command changes nothing")

  init(_ invocation: Invocation) throws {
    client = try Self.connect(to: Self.socket(invocation))
    givenKey = invocation.value("key")
  }

  /// `--socket`, else `$TOLLGATE_SOCKET`, else the configuration's, else the usual place.
  static func socket(_ invocation: Invocation) throws -> String {
    if let path = invocation.value("socket") { return path }
    if invocation.value("config") == nil, let path = getenv("TOLLGATE_SOCKET").map({ String(cString: $0) }),
      !path.isEmpty
    {
      return path
    }
    guard let file = invocation.value("config") else { return Configuration.defaultSocketPath }
    return try ConfigurationFile.load(file, secrets: .ofProcess(mayBeUnseen: true)).socket.path
  }

  static func connect(to path: String) throws -> APIClient {
    do {
      return try APIClient(path: path, client: "tollgate-cli")
    } catch {
      throw Failure(calling: nil, error)
    }
  }

  func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    do {
      return try client.call(params)
    } catch {
      throw Failure(calling: Params.method, error)
    }
  }

  /// The caller's `--key`, or one of this run alone. `suffix` keeps the calls of one command apart.
  func idempotencyKey(suffix: String? = nil) -> String {
    let base =
      givenKey ?? "cli-" + (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
    return suffix.map { "\(base)-\($0)" } ?? base
  }
}

extension Failure {
  /// What went wrong between us and the daemon, in a person's words.
  init(calling method: Method?, _ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as APIError: self.init(calling: method, error)
    case ClientFailure.unreachable(let path, let error): self.init(unreachable: path, error)
    case ClientFailure.closed:
      self.init(
        .unavailable, "the daemon closed the connection",
        hint: "it may be stopping: systemctl status tollgate, journalctl -u tollgate")
    case ClientFailure.timedOut:
      self.init(
        .temporary, "the daemon did not answer in time",
        hint: "the daemon may still do it; to repeat the command with the same --key is safe")
    case let failure as ClientFailure: self.init(.protocol, failure.description)
    default: self.init(.software, "\(error)")
    }
  }

  private init(unreachable path: String, _ error: SystemError) {
    switch error.errno.rawValue {
    case EACCES, EPERM:
      self.init(
        .permission, "no permission to open the daemon's socket \(path)",
        hint: "join the socket's group (see `ls -l \(path)` and `id`), or use sudo")
    default:
      self.init(
        .unavailable, "cannot reach the daemon at \(path): is `tollgate serve` running?",
        hint: "systemctl status tollgate; another socket: --socket PATH or TOLLGATE_SOCKET")
    }
  }

  private init(calling method: Method?, _ error: APIError) {
    switch error.code {
    case .forbidden:
      self.init(
        .permission, error.message,
        hint: "socket.roles in the configuration gives roles to users and groups; see `id`")
    case .refused:
      let reason = error.data.first { $0.key == "reason" }
      if case .text(let word)? = reason?.value, word != error.message.replacing(" ", with: "_") {
        self.init(.data, "refused (\(word)): \(error.message)")
      } else {
        self.init(.data, "refused: \(error.message)")
      }
    case .notFound:
      guard case .text(let id)? = error.data.first(where: { $0.key == "id" })?.value else {
        self.init(.data, error.message)
        return
      }
      self.init(.data, "\(error.message): \(id)")
    case .invalidParams, .idempotencyConflict, .cursorExpired, .cursorLost: self.init(.data, error.message)
    case .tooLarge:
      self.init(.temporary, error.message, hint: "ask for less, with --limit or a narrower filter")
    case .noSession: self.init(.permission, error.message, hint: "sign in again")
    case .busy: self.init(.temporary, "busy: \(error.message)", hint: "try again in a moment")
    case .consumerBusy:
      self.init(
        .temporary, error.message,
        hint: "use another --consumer name, or disconnect the other reader with --takeover")
    case .internalError:
      self.init(.software, "the daemon failed: \(error.message)", hint: "see: journalctl -u tollgate")
    case .parseError, .invalidRequest, .methodNotFound:
      self.init(.protocol, error.message, hint: "is the daemon of the same version as this command?")
    }
  }
}
