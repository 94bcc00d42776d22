import Contract
import Store

/// What an operator watches of alerts as e-mails.
extension StoreMetrics {
  /// E-mails belong to the whole company: a role of some numbers sees none.
  func writeEmails(to text: inout MetricsText, _ scope: AccessScope) throws {
    guard scope.isFull else { return }
    let table = EmailTable(database)
    text.single(
      "tollgate_emails_waiting", .gauge, "Alerts that wait to be sent by e-mail.", Int(try table.waiting()))
    text.family(
      "tollgate_email_oldest_seconds", .gauge, "How long the oldest of them has waited for the mail server.")
    text.sample(try table.oldest().map { Double(max(0, now - $0)) / 1_000 } ?? 0)
    text.family(
      "tollgate_emails_total", .counter, "Alerts by e-mail that have ended, by what became of them.")
    let counts = try database.map("SELECT state, count FROM email_count ORDER BY state") {
      (row: Row) throws(StoreError) -> (EmailState, Int) in
      guard let state = EmailState(stored: row.int(0)) else { throw .damaged("email_count", row: row.int(0)) }
      return (state, Int(row.int(1)))
    }
    for (state, count) in counts { text.sample(count, [("outcome", state.rawValue)]) }
  }
}
