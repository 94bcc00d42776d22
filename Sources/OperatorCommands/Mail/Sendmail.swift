import CLinux
import CommandFrame
import Contract
import Glibc
import NetIO

/// The mail server's command: one process an e-mail, without a shell.
final class Sendmail {
  private let path: String
  /// A process that has not ended by then is killed.
  private let timeout: Duration
  /// Those that were left to end by themselves.
  private var left: [pid_t] = []

  init(path: String, timeout: Duration) {
    self.path = path
    self.timeout = timeout
  }

  struct Result: Equatable {
    var outcome: EmailOutcome
    /// 128 and the signal where one ended it, as a shell has it.
    var status: Int
  }

  /// How often we look whether it has ended, in microseconds.
  private static let look: useconds_t = 2_000
  /// Where it is killed in vain, since it is another user's by now, it is left to end by itself.
  private static let lastWait = Duration.seconds(2)

  /// Hands a message over; SIGPIPE has to be ignored. Neither the message nor what the command prints is logged.
  func send(_ message: [UInt8], from: EmailAddress, to: EmailAddress) throws -> Result {
    var ended: Int32 = 0
    left.removeAll { waitpid($0, &ended, WNOHANG) != 0 }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Self.system("pipe") }
    for end in ends { _ = clinux_set_close_on_exec(end) }
    // What the pipe does not take the command has not read: then it is not waited for.
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let child: pid_t
    switch spawn(["-i", "-f", from.text, "--", to.text], reading: ends[0]) {
    case .success(let started): child = started
    case .failure:
      close(ends[0])
      close(ends[1])
      return Result(outcome: .retry, status: 127)
    }
    close(ends[0])
    let deadline = MonotonicClock.now + timeout
    let status = finish(child, message, ends[1], by: deadline)
    return Result(outcome: Self.outcome(of: status), status: status)
  }

  /// RFC 3834 asks for an empty envelope sender of automatic answers; an alert is none, and its sender hears of what cannot be delivered.
  private func spawn(_ arguments: [String], reading input: Int32) -> Swift.Result<pid_t, Errno> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // We ignore SIGPIPE; the command need not. A group of its own: what it has started is killed with it.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let error = posix_spawn(&child, path, &actions, &attributes, &words, environ)
    return error == 0 ? .success(child) : .failure(Errno(rawValue: error))
  }

  /// Writes the message, and waits for the end.
  private func finish(_ child: pid_t, _ message: [UInt8], _ input: Int32, by deadline: Duration)
    -> Int
  {
    var rest = message[...]
    var isOpen = true
    var end = deadline
    while true {
      while isOpen {
        let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 { rest = rest.dropFirst(count) }
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN { break }
        guard count < 0 || rest.isEmpty else { continue }
        close(input)
        isOpen = false
      }
      var status: Int32 = 0
      if waitpid(child, &status, WNOHANG) == child {
        if isOpen { close(input) }
        let signal = Int(status & 0x7F)
        return signal == 0 ? Int((status >> 8) & 0xFF) : 128 + signal
      }
      if MonotonicClock.now >= end {
        if end > deadline {
          if isOpen { close(input) }
          left.append(child)
          return 128 + Int(SIGKILL)
        }
        kill(-child, SIGKILL)
        end = deadline + Self.lastWait
      }
      usleep(Self.look)
    }
  }

  /// By sysexits.h: what a full disk, a server that is down or a missing command say may be otherwise later (69 to 75, a signal, 126 and
  /// 127); the rest is wrong with this e-mail.
  static func outcome(of status: Int) -> EmailOutcome {
    switch status {
    case 0: .sent
    case 69...75, 126...: .retry
    default: .failed
    }
  }

  private static func system(_ call: String) -> Failure {
    Failure(.system, "\(call): \(String(cString: strerror(errno)))")
  }
}
