import CLinux
import Glibc

/// sd_notify(3): reports the daemon's state to systemd, over the datagram socket in NOTIFY_SOCKET.
public enum Notify {
  /// Sends `state`, lines such as "READY=1", "STOPPING=1", "WATCHDOG=1" or "STATUS=2 binds up".
  /// False if not started by systemd, or if it could not be sent.
  @discardableResult
  public static func send(_ state: String) -> Bool {
    guard let path = environment("NOTIFY_SOCKET") else { return false }
    return send(state, to: path)
  }

  /// Sends to the socket at `path`; a leading "@" names one in the abstract space. Never waits: a reader that lags must
  /// not keep us from hearing a signal, and the next state says more than the one it missed.
  @discardableResult
  public static func send(_ state: String, to path: String) -> Bool {
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(AF_UNIX, type, 0)
    guard number >= 0 else { return false }
    let descriptor = Descriptor(owning: number)
    let octets = Array(state.utf8)
    do {
      return try SocketAddress.local(path: path).withSockaddr { address, length throws(SystemError) in
        sendto(
          number, octets, octets.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address, length)
          == octets.count
      }
    } catch {
      descriptor.close()
      return false
    }
  }

  /// How often "WATCHDOG=1" is expected at the latest (WATCHDOG_USEC, if WATCHDOG_PID is ours or unset). Send at half
  /// of it. Nil: no watchdog.
  public static var watchdogInterval: Duration? {
    watchdogInterval(
      microseconds: environment("WATCHDOG_USEC"), pid: environment("WATCHDOG_PID"), ownPID: getpid())
  }

  static func watchdogInterval(microseconds: String?, pid: String?, ownPID: Int32) -> Duration? {
    guard let text = microseconds, let value = Int64(text), value > 0 else { return nil }
    if let pid, Int32(pid) != ownPID { return nil }
    return .microseconds(value)
  }
}

/// Sockets that systemd opened for us (sd_listen_fds(3)).
public struct PassedSockets: ~Copyable {
  /// The first passed descriptor, SD_LISTEN_FDS_START.
  static let firstDescriptor: Int32 = 3
  /// More than any unit would pass.
  static let maximumSockets: Int32 = 256

  private var sockets: [(name: String, descriptor: Int32)]

  /// Takes what LISTEN_FDS announces, if LISTEN_PID is this process. Once, at start; the variables are cleared, so
  /// that a child does not take them for its own.
  public static func fromEnvironment() -> PassedSockets { fromEnvironment(first: firstDescriptor) }

  static func fromEnvironment(first: Int32) -> PassedSockets {
    let sockets = parse(
      count: environment("LISTEN_FDS"), pid: environment("LISTEN_PID"),
      names: environment("LISTEN_FDNAMES"), ownPID: getpid(), first: first)
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
    for socket in sockets { _ = clinux_set_close_on_exec(socket.descriptor) }
    return PassedSockets(sockets: sockets)
  }

  static func parse(
    count: String?, pid: String?, names: String?, ownPID: Int32, first: Int32 = firstDescriptor
  ) -> [(name: String, descriptor: Int32)] {
    guard let pid, Int32(pid) == ownPID else { return [] }
    guard let count, let total = Int32(count), total > 0, total <= maximumSockets else { return [] }
    let names = names?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
    return (0..<total).map { index in
      let name = Int(index) < names.count ? names[Int(index)] : "unknown"
      return (name, first + index)
    }
  }

  /// What is left, by name (FileDescriptorName= of the socket unit).
  public var names: [String] { sockets.map(\.name) }

  /// Takes the first socket of that name, or the first of all.
  public mutating func take(named name: String? = nil) -> Descriptor? {
    guard let index = sockets.firstIndex(where: { name == nil || $0.name == name }) else { return nil }
    return Descriptor(owning: sockets.remove(at: index).descriptor)
  }

  deinit {
    for socket in sockets { Descriptor(owning: socket.descriptor).close() }
  }
}

/// An environment variable; nil if unset or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
