import Contract

/// Collects what the running batch releases with its commit: events, answers, orders to the loop, lines for the journal.
///
/// Nothing leaves before the commit. A lost batch discards it.
final class Outbox {
  let feed: FeedLog
  /// The batch's time, in milliseconds since 1970 UTC. Never behind the feed's newest event, unless a person accepted the clock.
  private(set) var now: Int64 = 0
  private(set) var released = Released()
  /// When a frequent alert was last raised, by subject.
  private var alertedAt: [String: Int64] = [:]
  private var alertedBefore: [String: Int64] = [:]

  /// Milliseconds between two alerts about the same fault.
  static let alertAgainAfter: Int64 = 600_000

  init(_ feed: FeedLog) { self.feed = feed }

  func begin(at now: Int64) {
    self.now = now
    released = Released()
    alertedBefore = alertedAt
    feed.begin()
  }

  /// After the commit: returns what the batch releases.
  func take() -> Released {
    defer { released = Released() }
    if feed.grew { released.newest = feed.newest }
    return released
  }

  /// The batch is lost.
  func drop() {
    released = Released()
    alertedAt = alertedBefore
  }

  func post(_ output: NetworkOutput) { released.network.append(output) }

  func reply(_ reply: CommandReply) { released.replies.append(reply) }

  func note(_ severity: AlertSeverity, _ line: String) {
    released.notices.append(.init(severity: severity, line: line))
  }

  /// Whether a frequent alert is due again. If so, the alert counts as raised now.
  func isDue(_ key: String, every milliseconds: Int64 = Outbox.alertAgainAfter) -> Bool {
    if let last = alertedAt[key], now - last < milliseconds { return false }
    alertedAt[key] = now
    return true
  }

  /// The clock was set: earlier times mean nothing any more.
  func forgetAlerts() { alertedAt = [:] }
}

/// A part of the rules. It has its own tables and its own memory, and reports what happened through the outbox.
protocol Part {
  var outbox: Outbox { get }
}

extension Part {
  /// The clock of the batch, in milliseconds since 1970 UTC.
  var now: Int64 { outbox.now }

  func post(_ output: NetworkOutput) { outbox.post(output) }

  func emit(_ event: EventData) { outbox.feed.append(event) }

  func note(_ severity: AlertSeverity, _ line: String) { outbox.note(severity, line) }

  func alert(_ code: AlertCode, _ severity: AlertSeverity, subject: String? = nil, _ detail: String) {
    emit(
      .alertRaised(
        AlertRaised(
          alert: code, severity: severity, subject: subject, detail: detail, at: Timestamp(milliseconds: now))
      ))
    note(severity, "alert=\(code.rawValue)\(subject.map { " subject=\($0)" } ?? "") \(detail)")
  }

  /// Raises an alert about something that may happen a thousand times a second: at most once per `alertAgainAfter`.
  func alertSometimes(_ code: AlertCode, about key: String, subject: String?, _ detail: String) {
    if outbox.isDue(key) { alert(code, .warning, subject: subject, detail) }
  }
}
