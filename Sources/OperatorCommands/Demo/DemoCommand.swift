import CommandFrame
import Glibc
import NetIO

/// `tollgate demo`: the whole product in half a minute, shown as it happens and checked at the end.
package enum DemoCommand {
  /// `commands`: those that the demo runs as an operator would.
  package static func command(running commands: @escaping @Sendable () -> CommandTree) -> Command {
    Command(
      name: "demo", summary: "watch a group text become conversations, against a simulated carrier",
      details: """
        Starts the real daemon and a simulated carrier in a temporary directory, loads sample reps and contacts, sends
        one rep's group message over SMPP, gives a lead to another rep, and shows what happens. At the end the demo checks
        every claim against what the carrier saw and what the daemon says. Exits 70 if a claim is false. Needs no
        configuration, no root and no network beyond loopback.
        """,
      options: [
        Option("keep", "keep everything running afterwards and show what to try; Ctrl-C stops it"),
        Option(
          "data", argument: "DIR", "the directory with reps.csv and contacts.csv (default: Config/demo)"),
        Option("rate", argument: "N", "segments per second of each number (default 8)"),
      ],
      examples: [
        Example("tollgate demo", "watch the demo; takes half a minute"),
        Example("tollgate demo --keep", "then try the other commands from another terminal"),
      ]
    ) { try run($0, commands()) }
  }

  private static func run(_ invocation: Invocation, _ commands: CommandTree) throws -> ExitStatus {
    // Before any thread starts: they inherit the mask, and the demo asks for the signals between its steps.
    Interrupt.block()
    let rate = try invocation.integer("rate", 3...50) ?? 8
    let stage = try DemoStage(data: try dataDirectory(invocation), rate: rate, commands)
    defer { stage.clear() }
    var story = try DemoStory(stage)
    try story.play()
    let passed = try story.check()
    if invocation.has("keep") {
      try keep(stage)
    } else {
      try stage.end()
    }
    return passed ? .ok : .software
  }

  /// `--data`, else `Config/demo` here, else beside the built binary, else where a package puts it.
  private static func dataDirectory(_ invocation: Invocation) throws -> String {
    if let given = invocation.value("data") { return given }
    var candidates = ["Config/demo"]
    if let executable {
      var parts = executable.split(separator: "/")
      // .build/x86_64-unknown-linux-gnu/release/tollgate
      while !parts.isEmpty {
        parts.removeLast()
        candidates.append("/" + parts.joined(separator: "/") + "/Config/demo")
      }
    }
    candidates.append("/usr/share/tollgate/demo")
    guard let found = candidates.first(where: { access($0 + "/contacts.csv", R_OK) == 0 }) else {
      throw Failure(
        .noInput, "cannot find reps.csv and contacts.csv in \(candidates[0])",
        hint: "run the demo from the project's directory, or give the directory: --data DIR")
    }
    return found
  }

  /// This program's own file.
  private static var executable: String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
  }

  private static func keep(_ stage: DemoStage) throws {
    try Output.line(
      """

      Everything is still running. In another terminal:

        alias tollgate=\(executable ?? "tollgate")
        export TOLLGATE_SOCKET=\(stage.socket)
        tollgate status
        tollgate conversation list
        tollgate message send +12025550110 --from 'Dana Whitfield' 'See you on Saturday.'
        tollgate feed --consumer me --start oldest

      The directory is \(stage.directory). Ctrl-C stops everything.
      """)
    while !Interrupt.came { usleep(50_000) }
    try stage.end()
  }
}

/// Ctrl-C and SIGTERM, asked for instead of suffered.
enum Interrupt {
  static func block() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Whether one has come since it was last asked.
  static var came: Bool {
    var signals = set
    var none = timespec()
    return sigtimedwait(&signals, nil, &none) > 0
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}
