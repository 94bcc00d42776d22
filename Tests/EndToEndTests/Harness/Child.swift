import Foundation
import Glibc

/// A child process: its standard output and error as lines one can wait for, its end as an event.
final class Child: @unchecked Sendable {
  enum Exit: Equatable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .code(let code): "exit \(code)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  private struct State {
    var lines: [String] = []
    var errorLines: [String] = []
    var octets: [UInt8] = []
    var exit: Exit?
  }

  let name: String
  let processID: pid_t
  // SAFETY: immutable but for `state`, which locks.
  private let state = Monitor(State())
  /// Our end of its standard input, where it has one; -1 after `closeInput`.
  private let input: Monitor<Int32>

  /// Starts `arguments[0]`. `rawOutput` keeps standard output as octets (a capture) instead of lines; `hasInput` lets it be
  /// written to.
  init(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], rawOutput: Bool = false,
    hasInput: Bool = false, onExit: (@Sendable () -> Void)? = nil
  ) throws {
    self.name = name
    var output: [Int32] = [0, 0]
    var errors: [Int32] = [0, 0]
    var input: [Int32] = [-1, -1]
    // Socket pairs, since Glibc shows no pipe2: no other child may inherit an end, or no end of file would come.
    let kind = Int32(SOCK_STREAM.rawValue) | O_CLOEXEC
    guard socketpair(AF_UNIX, kind, 0, &output) == 0, socketpair(AF_UNIX, kind, 0, &errors) == 0 else {
      throw HarnessError.system("socketpair")
    }
    if hasInput, socketpair(AF_UNIX, kind, 0, &input) != 0 { throw HarnessError.system("socketpair") }
    self.input = Monitor(input[0])

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if hasInput {
      posix_spawn_file_actions_adddup2(&actions, input[1], 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output[1], 1)
    posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    let merged = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for pointer in argv + envp { free(pointer) }
    }
    var spawned: pid_t = 0
    let error = posix_spawnp(&spawned, arguments[0], &actions, &attributes, &argv, &envp)
    close(output[1])
    close(errors[1])
    if hasInput { close(input[1]) }
    guard error == 0 else {
      close(output[0])
      close(errors[0])
      throw HarnessError("\(arguments[0]): \(String(cString: strerror(error)))")
    }
    let processID = spawned
    self.processID = processID

    let state = self.state
    let (outputEnd, errorEnd) = (output[0], errors[0])
    let readers = DispatchGroup()
    readers.enter()
    Thread.detachNewThread {
      if rawOutput {
        Self.readAll(outputEnd) { octets in state.change { $0.octets += octets } }
      } else {
        Self.readLines(outputEnd) { line in state.change { $0.lines.append(line) } }
      }
      readers.leave()
    }
    readers.enter()
    Thread.detachNewThread {
      Self.readLines(errorEnd) { line in state.change { $0.errorLines.append(line) } }
      readers.leave()
    }
    Thread.detachNewThread {
      var status: Int32 = 0
      while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
      // What it printed last is there before its end is told; a grandchild may hold the pipe open for longer.
      _ = readers.wait(timeout: .now() + 2)
      let exit: Exit = status & 0x7F == 0 ? .code((status >> 8) & 0xFF) : .signal(status & 0x7F)
      onExit?()
      state.change { $0.exit = exit }
    }
  }

  private static func readAll(_ descriptor: Int32, _ deliver: ([UInt8]) -> Void) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      deliver(Array(buffer[..<count]))
    }
    close(descriptor)
  }

  private static func readLines(_ descriptor: Int32, _ deliver: (String) -> Void) {
    var pending: [UInt8] = []
    readAll(descriptor) { octets in
      pending += octets
      while let end = pending.firstIndex(of: 0x0A) {
        deliver(String(decoding: pending[..<end], as: UTF8.self))
        pending.removeSubrange(...end)
      }
    }
    if !pending.isEmpty { deliver(String(decoding: pending, as: UTF8.self)) }
  }

  /// Writes a line to its standard input.
  func write(_ line: String) throws {
    let octets = Array((line + "\n").utf8)
    try input.read { descriptor in
      var written = 0
      while written < octets.count {
        let count = octets.withUnsafeBytes {
          Glibc.send(
            descriptor, $0.baseAddress?.advanced(by: written), octets.count - written, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw HarnessError("\(name) reads no more\n\(transcript)") }
        written += count
      }
    }
  }

  /// Ends its standard input.
  func closeInput() {
    input.change { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  deinit { closeInput() }

  var lines: [String] { state.read { $0.lines } }
  var errorLines: [String] { state.read { $0.errorLines } }
  var octets: [UInt8] { state.read { $0.octets } }
  var exit: Exit? { state.read { $0.exit } }

  /// The first line of standard output for which `matches` holds, from the start.
  func line(within limit: Duration = .seconds(20), where matches: @escaping (String) -> Bool) throws -> String
  {
    try found(within: limit) { $0.lines.first(where: matches) }
  }

  /// The line of standard output that comes after so many others.
  func line(after count: Int, within limit: Duration = .seconds(20)) throws -> String {
    try found(within: limit) { $0.lines.count > count ? $0.lines[count] : nil }
  }

  /// The first line of standard error for which `matches` holds, from the start.
  func errorLine(within limit: Duration = .seconds(20), where matches: @escaping (String) -> Bool) throws
    -> String
  {
    try found(within: limit) { $0.errorLines.first(where: matches) }
  }

  /// Waits until `search` finds something in the octets of the output.
  func octets<Result>(within limit: Duration = .seconds(20), _ search: ([UInt8]) -> Result?) throws -> Result
  {
    try found(within: limit) { search($0.octets) }
  }

  private enum Outcome<Result> { case found(Result), ended }

  private func found<Result>(within limit: Duration, _ search: (State) -> Result?) throws -> Result {
    let outcome = state.wait(within: limit) { state -> Outcome<Result>? in
      if let result = search(state) { return .found(result) }
      return state.exit == nil ? nil : .ended
    }
    switch outcome {
    case .found(let result): return result
    case .ended: throw HarnessError("\(name) ended before it said what was awaited\n\(transcript)")
    case nil: throw HarnessError("\(name) did not say what was awaited in \(limit)\n\(transcript)")
    }
  }

  func send(signal number: Int32) {
    if exit == nil { kill(processID, number) }
  }

  /// Waits for the process to end by itself.
  @discardableResult
  func waitForExit(within limit: Duration = .seconds(30)) throws -> Exit {
    guard let exit = state.wait(within: limit, for: { $0.exit }) else {
      throw HarnessError("\(name) did not end in \(limit)\n\(transcript)")
    }
    return exit
  }

  /// Ends it for certain; for the end of a test.
  func destroy() {
    send(signal: SIGKILL)
    _ = state.wait(within: .seconds(10)) { $0.exit }
  }

  /// The last of what it said, for failures.
  var transcript: String {
    state.read { state in
      let out = state.lines.suffix(15).map { "  | \($0)" }
      let err = state.errorLines.suffix(25).map { "  ! \($0)" }
      return ("--- \(name)" + (state.exit.map { " (\($0))" } ?? "") + "\n")
        + (out + err).joined(separator: "\n")
    }
  }
}
