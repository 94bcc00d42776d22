import Foundation
import Glibc

/// One installation of the gateway in a temporary directory: its configuration, its state, and the process when it runs.
/// It may be killed and started again on the same state.
final class GatewayProcess {
  /// How a carrier is reached, as the configuration says it.
  struct Carrier {
    var name = "carrier"
    var port: UInt16
    var bind = "transceiver"
    /// They bind to us at `port`, under `systemID`.
    var listens = false
    var sessions = 1
    var window = 10
    /// Segments per second of the contract.
    var rate = 1000
    var responseTimeoutSeconds = 30
    /// Keys of `tls`, as JSON5; plain TCP when empty.
    var tls = ""
    /// Further keys, as JSON5.
    var more = ""
  }

  static let systemID = "tollgate"
  /// Eight octets, the most SMPP 3.4 allows (5.2.2).
  static let password = "tg-Peer1"

  /// The process started last, for failures.
  static let latest = Monitor<Child?>(nil)

  let directory: URL
  let configuration: String
  let socket: String
  private(set) var child: Child?
  /// Lines of sd_notify since the last start.
  private let notified = Monitor<[String]>([])
  /// Our own words among them: the process ended; nobody reads on.
  private var exited = "EXITED=0"
  private var starts = 0
  private static let closing = "CLOSING=1"
  private let notifySocket: String
  private var isDestroyed = false

  /// - Parameters:
  ///   - rawCarriers: further carriers, as JSON5.
  ///   - ready: what `start` waits for; a test that has no carrier at first would else wait in vain.
  init(
    carriers: [Carrier], rawCarriers: String = "", limits: String = "", ready: String = "started",
    more: String = ""
  ) throws {
    directory = try Locations.temporaryDirectory()
    socket = directory.appendingPathComponent("tollgate.sock").path
    notifySocket = directory.appendingPathComponent("notify").path
    configuration = directory.appendingPathComponent("tollgate.json5").path
    let secret = directory.appendingPathComponent("password").path
    guard
      FileManager.default.createFile(
        atPath: secret, contents: Data(Self.password.utf8), attributes: [.posixPermissions: 0o600])
    else { throw HarnessError("cannot write \(secret)") }
    try FileManager.default.createDirectory(
      at: directory.appendingPathComponent("state"), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    let carrierTexts = carriers.map { carrier in
      let side =
        carrier.listens
        ? """
        listen: { host: "127.0.0.1", port: \(carrier.port) \(carrier.tls.isEmpty ? "" : ", tls: { \(carrier.tls) }") },
        accounts: { \(Self.systemID): {
          password: { file: "\(secret)" }, from: ["127.0.0.0/8"], sessions: 4 } },
        """
        : """
        connect: {
          host: "127.0.0.1", port: \(carrier.port) \(carrier.tls.isEmpty ? "" : ", tls: { \(carrier.tls) }") },
        bind: "\(carrier.bind)", sessions: \(carrier.sessions),
        system_id: "\(Self.systemID)", password: { file: "\(secret)" },
        """
      return """
            \(carrier.name): {
              \(side)
              window: \(carrier.window), rate: \(carrier.rate),
              response_timeout_s: \(carrier.responseTimeoutSeconds), \(carrier.more)
            },
        """
    }
    let text = """
      {
        state: "\(directory.path)/state",
        socket: { path: "\(socket)", roles: { admin: { users: ["\(getuid())"] } } },
        brand: { name: "Acme Homes", help: "Acme Homes: call 1-800-555-0100. Reply STOP to opt out.", country: "US" },
        carriers: {
      \(carrierTexts.joined(separator: "\n"))
      \(rawCarriers)
        },
        limits: { \(limits) },
        ready: "\(ready)",
        \(more)
      }
      """
    try text.write(toFile: configuration, atomically: false, encoding: .utf8)
    try openNotifications()
  }

  deinit { destroy() }

  /// Starts `tollgate serve` and waits until it says READY=1. `tracer` is put before the command (strace).
  func start(
    tracer: [String] = [], environment: [String: String] = [:], within limit: Duration = .seconds(30)
  ) throws {
    notified.change { $0 = [] }
    // Numbered, since the end of the process before may be told late.
    starts += 1
    exited = "EXITED=\(starts)"
    let exited = self.exited
    let notifySocket = self.notifySocket
    child = try Child(
      "tollgate", tracer + [Locations.tollgate, "serve", "--config", configuration],
      environment: ["NOTIFY_SOCKET": notifySocket, "SWIFT_BACKTRACE": "enable=no"].merging(environment) {
        $1
      },
      onExit: { Self.notify(notifySocket, exited) })
    let child = self.child
    Self.latest.change { $0 = child }
    try awaitNotification("READY=1", within: limit)
  }

  /// Ends the process as a power cut would, as far as the process can tell.
  func kill9() throws {
    child?.send(signal: SIGKILL)
    try child?.waitForExit()
  }

  /// SIGTERM: drains, unbinds, exits.
  @discardableResult
  func terminate(within limit: Duration = .seconds(30)) throws -> Child.Exit {
    guard let child else { throw HarnessError("not running") }
    child.send(signal: SIGTERM)
    return try child.waitForExit(within: limit)
  }

  /// Runs another `tollgate` command on this installation to its end.
  @discardableResult
  func run(
    _ arguments: [String], expecting exit: Child.Exit? = .code(0), within limit: Duration = .seconds(120)
  )
    throws -> Child
  {
    let command = try Child(
      "tollgate \(arguments.first ?? "")",
      [Locations.tollgate] + arguments + ["--config", configuration, "--socket", socket])
    let ended = try command.waitForExit(within: limit)
    guard exit == nil || ended == exit else {
      throw HarnessError(
        "tollgate \(arguments.joined(separator: " ")) ended with \(ended)\n\(command.transcript)")
    }
    return command
  }

  /// The store's file.
  var store: String { directory.path + "/state/tollgate.sqlite3" }

  func destroy() {
    child?.destroy()
    if !isDestroyed { Self.notify(notifySocket, Self.closing) }
    isDestroyed = true
    if ProcessInfo.processInfo.environment["TOLLGATE_KEEP_TEST_DIRECTORIES"] == nil {
      try? FileManager.default.removeItem(at: directory)
    }
  }

  /// Resident set in KiB (VmRSS), and its peak (VmHWM), of proc(5).
  func memory() throws -> (resident: Int, peak: Int) {
    guard let child else { throw HarnessError("not running") }
    let status = try String(contentsOfFile: "/proc/\(child.processID)/status", encoding: .utf8)
    func kibibytes(_ key: String) throws -> Int {
      for line in status.split(separator: "\n") where line.hasPrefix(key + ":") {
        let digits = line.filter(\.isNumber)
        if let value = Int(digits) { return value }
      }
      throw HarnessError("no \(key) in /proc/\(child.processID)/status")
    }
    return (try kibibytes("VmRSS"), try kibibytes("VmHWM"))
  }

  /// Lets VmHWM begin anew (proc(5), clear_refs).
  func forgetPeakMemory() throws {
    guard let child else { throw HarnessError("not running") }
    try "5".write(toFile: "/proc/\(child.processID)/clear_refs", atomically: false, encoding: .utf8)
  }

  /// Open descriptors.
  func descriptors() throws -> Int {
    guard let child else { throw HarnessError("not running") }
    return try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.processID)/fd").count
  }

  /// The lowest number that no open descriptor has: what the next one gets.
  func freeDescriptor() throws -> Int {
    guard let child else { throw HarnessError("not running") }
    let open = Set(
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.processID)/fd").compactMap {
        Int($0)
      })
    return (0...).first { !open.contains($0) } ?? 0
  }

  // MARK: sd_notify

  private func openNotifications() throws {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    let bound = try Self.withAddress(notifySocket) { bind(descriptor, $0, $1) }
    guard descriptor >= 0, bound == 0 else { throw HarnessError.system(notifySocket) }
    let notified = self.notified
    // As systemd does: reads on, whoever waits for what.
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 && errno == EINTR { continue }
        let text = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        if count < 0 || text == Self.closing { break }
        notified.change { $0 += text.split(separator: "\n").map(String.init) }
      }
      close(descriptor)
    }
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) throws -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard path.utf8.count < room.count else { return false }
      room.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw HarnessError("socket path too long: \(path)") }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func notify(_ path: String, _ text: String) {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    _ = try? withAddress(path) { address, length in
      sendto(descriptor, text, text.utf8.count, 0, address, length)
    }
    close(descriptor)
  }

  /// Waits for a line of sd_notify since the last start.
  func awaitNotification(_ wanted: String, within limit: Duration) throws {
    let told = notified.wait(within: limit) { lines in
      lines.first { $0 == wanted || $0 == exited }
    }
    if told == wanted { return }
    throw HarnessError(
      (told == nil ? "no \(wanted) in \(limit)" : "ended before \(wanted)") + "\n\(child?.transcript ?? "")")
  }
}
