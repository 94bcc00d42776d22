import Glibc
import NetIO

/// `tollgate serve` as a process of its own, with a configuration that is made for it: what the demo and the benches look at.
public final class DaemonProcess {
  /// Why it does not run, with the end of its log where it has one.
  public struct LaunchError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  /// How long it may take to answer on its socket, and to end.
  public static let patience: Duration = .seconds(20)

  public let socketPath: String
  private let directory: String
  private let process: pid_t
  private var hasEnded = false
  /// How it ended when asked to; nil while it runs, or where a signal ended it.
  public private(set) var exitStatus: Int32?

  /// - Parameters:
  ///   - executable: the file of `tollgate`; this process's own unless another is named.
  ///   - directory: gets the configuration, the state, the socket and the daemon's log.
  public init(executable: String = "/proc/self/exe", in directory: String, configuration: String) throws {
    self.directory = directory
    socketPath = directory + "/socket"
    let path = directory + "/tollgate.json5"
    try Self.write(configuration, to: path)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, directory + "/log", flags, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    let arguments = ["tollgate", "serve", "--config", path]
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var spawned = pid_t()
    let result = posix_spawn(&spawned, executable, &actions, nil, &words, environ)
    guard result == 0 else { throw LaunchError("cannot start \(executable): \(Errno(rawValue: result))") }
    process = spawned
    do { try waitUntilItAnswers() } catch {
      stop()
      throw error
    }
  }

  deinit { stop() }

  /// Resident memory in MiB: now, and the most it ever was.
  public var residentMebibytes: (now: Double, most: Double) {
    var now = 0.0
    var most = 0.0
    for line in Self.text(of: "/proc/\(process)/status").split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count >= 2, let kibibytes = Double(words[1]) else { continue }
      if words[0] == "VmRSS:" { now = kibibytes / 1024 }
      if words[0] == "VmHWM:" { most = kibibytes / 1024 }
    }
    return (now, most)
  }

  /// Descriptors it has open.
  public var descriptors: Int {
    guard let folder = opendir("/proc/\(process)/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      // Neither "." nor "..".
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
  }

  /// Whether it still runs.
  public var isRunning: Bool { !hasEnded && kill(process, 0) == 0 }

  public func send(signal: Int32) {
    if !hasEnded { kill(process, signal) }
  }

  /// The last lines of its log, for an error.
  public var lastWords: String {
    Self.text(of: directory + "/log").split(separator: "\n").suffix(5).joined(separator: "\n")
  }

  /// Asks it to end and waits; a daemon that does not end is killed.
  public func stop() {
    guard !hasEnded else { return }
    hasEnded = true
    kill(process, SIGTERM)
    let deadline = MonotonicClock.now + Self.patience
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if MonotonicClock.now > deadline {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        return
      }
      usleep(5_000)
    }
    if status & 0x7F == 0 { exitStatus = (status >> 8) & 0xFF }
  }

  private func waitUntilItAnswers() throws {
    let deadline = MonotonicClock.now + Self.patience
    while MonotonicClock.now < deadline {
      if (try? UnixSocket.connect(to: socketPath)) != nil { return }
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process {
        hasEnded = true
        throw LaunchError("the daemon ended at once:\n\(lastWords)")
      }
      usleep(5_000)
    }
    throw LaunchError("the daemon did not answer on its socket within \(Self.patience):\n\(lastWords)")
  }

  // MARK: Small files

  public static func write(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw LaunchError("cannot write \(path): \(Errno(rawValue: errno))") }
    defer { close(file) }
    let octets = Array(text.utf8)
    guard Glibc.write(file, octets, octets.count) == octets.count else {
      throw LaunchError("cannot write \(path): \(Errno(rawValue: errno))")
    }
  }

  /// At most 64 KiB from the file's end; empty if it cannot be read.
  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var octets = [UInt8](repeating: 0, count: 64 << 10)
    let size = lseek(file, 0, SEEK_END)
    lseek(file, max(0, size - octets.count), SEEK_SET)
    let count = read(file, &octets, octets.count)
    return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
  }
}
