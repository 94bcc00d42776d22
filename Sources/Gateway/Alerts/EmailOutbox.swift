import Contract
import Settings
import Store

/// Alerts as e-mails: written in the transaction that raises the alert, and taken by `tollgate mail` when it can.
final class EmailOutbox: Part {
  /// E-mails that wait: some hours of a large company's alerts. One more is counted as failed.
  static let mostWaiting: Int64 = 10_000
  /// Milliseconds for which one that ended is listed.
  static let keeps: Int64 = 7 * 86_400_000
  /// Milliseconds until the second attempt, and at most between two of them.
  static let firstWait: Int64 = 60_000
  static let longestWait: Int64 = 86_400_000
  /// Milliseconds after which e-mails that wait raise an alert.
  static let waitsFor: Int64 = 600_000
  /// E-mails that expire at a time.
  private static let slice: Int64 = 100
  /// Octets of a subject: two lines of a header.
  static let longestSubject = 150

  let outbox: Outbox
  private let settings: GatewaySettings
  let table: EmailTable
  /// E-mails that wait; when the first of them expires, and when it was raised.
  private(set) var waiting: Int64 = 0
  private var nextExpiry: Int64?
  private var oldest: Int64?
  /// The alert about those that wait was raised, and they wait still. A restart forgets that.
  private var hasSaidWaits = false

  init(_ outbox: Outbox, _ settings: GatewaySettings, _ table: EmailTable) throws(StoreError) {
    self.outbox = outbox
    self.settings = settings
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    waiting = try table.waiting()
    try look()
  }

  var memory: [String] {
    ["emails \(waiting), the next expires \(nextExpiry ?? 0), the oldest \(oldest ?? 0)"]
  }

  private func look() throws(StoreError) {
    nextExpiry = try table.nextExpiry()
    oldest = try table.oldest()
  }

  // MARK: Writing

  /// - Parameter text: as the rep's mobile would get it; with the link, if there is one, on a line of its own.
  func put(_ rep: Rep, _ to: EmailAddress, _ subject: String, _ text: String) throws(StoreError) {
    guard let email = settings.email else { throw .misuse("email", "no configuration says who it is from") }
    guard waiting < Self.mostWaiting else {
      try table.count(.failed)
      return alertSometimes(
        .emailFailed, about: "emails full", subject: RepID(rep.id).description,
        "\(Self.mostWaiting) e-mails wait, and no more are kept")
    }
    _ = try table.add(
      .init(
        rep: rep.id, words: .init(to: to, subject: Self.oneLine(subject), text: text), due: now,
        expires: now + email.expires.wholeMilliseconds, created: now, updated: now))
    waiting += 1
    nextExpiry = min(nextExpiry ?? .max, now + email.expires.wholeMilliseconds)
    oldest = min(oldest ?? .max, now)
  }

  private static func oneLine(_ subject: String) -> String {
    RepAlerts.beginning(of: subject, octets: longestSubject)
  }

  // MARK: What becomes of one

  func settle(_ email: EmailTable.EmailRow, _ outcome: EmailOutcome, exitStatus: Int64?) throws(StoreError) {
    assert(email.state == .waiting)
    var row = email
    row.exitStatus = exitStatus
    switch outcome {
    case .sent: try end(&row, .sent)
    case .failed:
      try end(&row, .failed)
      let status = exitStatus.map { ", exit status \($0)" } ?? ""
      alertSometimes(
        .emailFailed, about: "emails failed", subject: RepID(row.rep).description,
        "the mail server has refused an e-mail for good\(status)")
    case .retry:
      row.attempts += 1
      row.due = now + min(Self.firstWait << min(row.attempts - 1, 20), Self.longestWait)
      row.updated = now
      try table.update(row)
    }
  }

  private func end(_ row: inout EmailTable.EmailRow, _ state: EmailState) throws(StoreError) {
    (row.state, row.words, row.updated) = (state, nil, now)
    try table.update(row)
    try table.count(state)
    waiting -= 1
    try look()
  }

  // MARK: By time

  var isDue: Bool { nextExpiry.map { $0 <= now } ?? false }

  /// What nobody took in time is of no use any more.
  func expire() throws(StoreError) {
    guard isDue else { return }
    for var row in try table.expired(at: now, limit: Self.slice) { try end(&row, .expired) }
  }

  /// A rep has another address, or wants no e-mails any more: what waits is not for there. An hour has a bound, so these are few.
  func withdraw(for rep: Int64) throws(StoreError) {
    for var row in try table.waiting(for: rep) { try end(&row, .expired) }
  }

  /// Of a store that was restored: what waited may have been sent since.
  func expireAll() throws(StoreError) {
    while waiting > 0 {
      for var row in try table.expired(at: .max, limit: Self.slice) { try end(&row, .expired) }
    }
  }

  /// Says once that e-mails wait for long, until none does.
  func tellOfWaits() {
    guard let oldest, now - oldest >= Self.waitsFor else {
      hasSaidWaits = false
      return
    }
    guard !hasSaidWaits else { return }
    hasSaidWaits = true
    alert(
      .emailWaits, .warning,
      "e-mails to reps wait: \(waiting), the oldest since \(Timestamp(milliseconds: oldest)); see: systemctl status tollgate-mail"
    )
  }
}
