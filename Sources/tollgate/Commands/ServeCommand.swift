import CommandFrame
import Configuration
import Daemon

/// `tollgate serve`: the daemon itself, in the foreground.
enum ServeCommand {
  static let command = Command(
    name: "serve", summary: "run the gateway",
    details: """
      Stays in the foreground and logs to standard error, as systemd wants it. SIGTERM and Ctrl-C end it in order:
      nothing new is sent, answers are awaited up to limits.drain_s, then it unbinds. The configuration is read once,
      at the start. Exits 78 where it cannot be used, 73 where the store cannot be opened, 74 where the disk failed
      or is full (start it again: what is on the disk is read anew), 65 where a page of the store is damaged.
      """,
    examples: [
      Example(
        "tollgate serve --config Config/tollgate.json5", "in a terminal; `systemctl start tollgate` otherwise"
      )
    ]
  ) { invocation in
    let configuration = try ConfigurationFile.load(invocation.value("config"), secrets: .ofProcess())
    // Its statuses are sysexits.h's as well.
    return ExitStatus(rawValue: Daemon.run(configuration)) ?? .software
  }
}
