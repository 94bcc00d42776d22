import CLinux
import CommandFrame
import Contract
import Glibc

/// `feed --exec`: one process an event.
enum EventCommand {
  /// Runs `command` by `/bin/sh` with `json` on its standard input.
  ///
  /// - Returns: its exit status; 128 and the signal where one ended it.
  static func run(_ command: String, _ json: String, _ event: FeedEvent) throws -> Int32 {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw system("pipe") }
    for end in ends { _ = clinux_set_close_on_exec(end) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // We ignore SIGPIPE; whoever we start need not.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    setenv("TOLLGATE_EVENT_ID", event.id, 1)
    setenv("TOLLGATE_EVENT_TYPE", event.type.description, 1)
    let words = ["/bin/sh", "-c", command]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let error = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, environ)
    close(ends[0])
    guard error == 0 else {
      close(ends[1])
      throw Failure(.system, "cannot run /bin/sh: \(String(cString: strerror(error)))")
    }
    write(Array((json + "\n").utf8), to: ends[1])
    close(ends[1])
    var status: Int32 = 0
    while waitpid(child, &status, 0) == -1 {
      guard errno == EINTR else { throw system("waitpid") }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// A command that does not read its input is no error.
  private static func write(_ octets: [UInt8], to descriptor: Int32) {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return
      }
      rest = rest.dropFirst(count)
    }
  }

  private static func system(_ call: String) -> Failure {
    Failure(.system, "\(call): \(String(cString: strerror(errno)))")
  }
}
