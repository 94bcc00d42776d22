import Contract

/// Collects what the running batch releases with its commit: events, answers, orders to the loop, lines for the journal.
///
/// Nothing leaves before the commit. A lost batch discards it.
final class Outbox {
  let feed: FeedLog
  /// The batch's time, in milliseconds since 1970 UTC. Never behind the feed's newest event, unless a person accepted the clock.
  private(set) var now: Int64 = 0
  private(set) var released = Released()
  /// When a frequent alert was last raised, or a frequent line written, by subject; and how many like it came since.
  private var said: [String: Said] = [:]
  private var saidBefore: [String: Said] = [:]

  private struct Said {
    var at: Int64
    var missed = 0
  }

  /// Subjects that are told apart; with more, all are forgotten and may be said again.
  static let mostSubjects = 10_000
  /// Milliseconds between two lines of the journal about the same matter.
  static let noteAgainAfter: Int64 = 10_000

  /// Milliseconds between two alerts about the same fault.
  static let alertAgainAfter: Int64 = 600_000

  init(_ feed: FeedLog) { self.feed = feed }

  func begin(at now: Int64) {
    self.now = now
    released = Released()
    saidBefore = said
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
    said = saidBefore
  }

  func post(_ output: NetworkOutput) { released.network.append(output) }

  static func words(_ missed: Int) -> String {
    missed > 0 ? "; \(missed) more like it since the last time" : ""
  }

  func reply(_ reply: CommandReply) { released.replies.append(reply) }

  func note(_ severity: AlertSeverity, _ line: String) {
    released.notices.append(.init(severity: severity, line: line))
  }

  /// Whether a frequent alert is due again. If so, the alert counts as raised now.
  func isDue(_ key: String, every milliseconds: Int64 = Outbox.alertAgainAfter) -> Bool {
    missed(key, every: milliseconds) != nil
  }

  /// How many like it came since it was last said; nil: it is too soon to say it again.
  func missed(_ key: String, every milliseconds: Int64) -> Int? {
    if let last = said[key], now - last.at < milliseconds {
      said[key]?.missed += 1
      return nil
    }
    if said.count >= Outbox.mostSubjects { said.removeAll() }
    let missed = said[key]?.missed ?? 0
    said[key] = Said(at: now)
    return missed
  }

  /// The clock was set: earlier times mean nothing any more.
  func forgetAlerts() { said = [:] }
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

  // Several of every message: what holds any event is larger than these, and is copied.
  func emit(_ event: MessageStateChanged) { outbox.feed.append(event) }
  func emit(_ event: MessageReceived) { outbox.feed.append(event) }

  func note(_ severity: AlertSeverity, _ line: String) { outbox.note(severity, line) }

  func alert(_ code: AlertCode, _ severity: AlertSeverity, subject: String? = nil, _ detail: String) {
    emit(
      .alertRaised(
        AlertRaised(
          alert: code, severity: severity, subject: subject, detail: detail, at: Timestamp(milliseconds: now))
      ))
    note(severity, "alert=\(code.rawValue)\(subject.map { " subject=\($0)" } ?? "") \(detail)")
  }

  /// Raises an alert about something that may happen a thousand times a second: at most once per `alertAgainAfter`, with the number of
  /// those in between.
  func alertSometimes(
    _ code: AlertCode, _ severity: AlertSeverity = .warning, about key: String, subject: String?,
    _ detail: String
  ) {
    guard let missed = outbox.missed(key, every: Outbox.alertAgainAfter) else { return }
    alert(code, severity, subject: subject, detail + Outbox.words(missed))
  }

  /// Writes a line about something that may happen a thousand times a second: at most once per `noteAgainAfter`, with the number of
  /// those in between.
  func noteSometimes(_ severity: AlertSeverity, about key: String, _ line: @autoclosure () -> String) {
    guard let missed = outbox.missed("note " + key, every: Outbox.noteAgainAfter) else { return }
    note(severity, line() + Outbox.words(missed))
  }
}
