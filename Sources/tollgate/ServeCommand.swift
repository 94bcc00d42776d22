import CommandFrame
import Configuration
import Daemon
import OperatorCommands

/// `tollgate serve`: the daemon itself, in the foreground.
enum ServeCommand {
  static let command = Command(
    name: "serve", summary: "run the gateway",
    details: """
      Runs in the foreground and logs to standard error, as systemd expects. The configuration is read once, at the start.
      SIGTERM and Ctrl-C stop the daemon in order: it sends nothing new, waits up to limits.drain_s for answers, unbinds
      and exits.

      Exit status:
        65  a page of the store is damaged: run `tollgate integrity`, then `tollgate restore`
        69  the start failed: an address is in use, or a certificate or the socket's group cannot be used
        73  the store cannot be opened or read, or a newer Tollgate wrote it
        74  the disk failed or is full, or a row cannot be used: the next start reads the store anew
        78  the configuration cannot be used
      """,
    examples: [
      Example(
        "tollgate serve --config tollgate.json5",
        "run with the configuration of the README's tour"
      )
    ]
  ) { invocation in
    let configuration = try ConfigurationFile.load(invocation.value("config"), secrets: .ofProcess())
    // Its statuses are sysexits.h's as well.
    return ExitStatus(rawValue: Daemon.run(configuration)) ?? .software
  }
}
