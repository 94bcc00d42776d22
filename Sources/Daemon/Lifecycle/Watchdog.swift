import NetIO
import SocketServer

/// Which threads have stopped going round: systemd is pinged only while there is none.
struct Watchdog {
  /// A thread that has not gone round for this long is stuck.
  static let stuckAfter: Duration = .seconds(20)

  let pulses: [Pulse]
  /// The names of the threads that are stuck.
  private(set) var stuck: [String] = []

  init(_ pulses: [Pulse]) { self.pulses = pulses }

  /// Every thread that serves: the network loop, the writer, the socket and its readers. The checkpointer is not among them:
  /// what it does takes as long as the disk does, and nobody waits for it.
  init(control: NetworkControl, writer: WriterState, server: APIServer) {
    self.init([control.pulse, writer.pulse] + server.pulses)
  }

  /// Looks at every thread; a line for the journal where others are stuck than before.
  mutating func look(at now: Duration) -> String? {
    let before = stuck
    stuck = pulses.filter { now - $0.lastBeat > Watchdog.stuckAfter }.map(\.name)
    guard stuck != before else { return nil }
    return stuck.isEmpty
      ? "event=threads_run every thread makes progress again"
      : "event=thread_stuck threads=\(stuck.joined(separator: ",")) the watchdog is no longer pinged"
  }
}
