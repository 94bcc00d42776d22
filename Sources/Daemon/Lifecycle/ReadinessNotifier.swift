import Configuration
import Contract
import Gateway

/// Decides what systemd and the journal hear about the carriers, and when. A value without a clock or a socket.
struct ReadinessNotifier {
  /// A notification to send.
  struct News: Equatable {
    /// Lines of sd_notify(3).
    var state: String
    var severity: AlertSeverity
    /// A line of the journal.
    var line: String
  }

  private let policy: Configuration.Readiness
  private let deadline: Duration
  private var isReady = false
  private var notified: Readiness?

  init(_ policy: Configuration.Readiness, started: Duration) {
    self.policy = policy
    deadline = started + policy.timeout
  }

  /// When to call `update` even if no carrier changes.
  var nextDeadline: Duration? { isReady ? nil : deadline }

  /// The news since the last call; nil if there are none.
  mutating func update(_ carriers: [LiveCarrier], at now: Duration) -> News? {
    let readiness = Readiness(carriers)
    let becomesReady = !isReady && (fulfils(readiness) || now >= deadline)
    guard becomesReady || readiness != notified else { return nil }
    notified = readiness
    var news = News(
      state: "STATUS=\(readiness.line)", severity: readiness.isWhole ? .info : .warning,
      line: "event=carriers status=\"\(readiness.line)\"")
    if becomesReady {
      isReady = true
      let late = fulfils(readiness) ? "" : " after ready_timeout_s"
      news.state = "READY=1\n" + news.state
      news.line = "event=ready\(late) status=\"\(readiness.line)\""
    }
    return news
  }

  private func fulfils(_ readiness: Readiness) -> Bool {
    switch policy.when {
    case .started: true
    case .any: readiness.some > 0 || readiness.wanted == 0
    case .all: readiness.isWhole
    }
  }
}
