import Contract
import Store

/// What an operator watches of leads: whether somebody waits for a text, and how long.
extension StoreMetrics {
  /// Leads belong to the whole company: a role of some numbers sees none.
  func writeLeads(to text: inout MetricsText, _ scope: AccessScope) throws {
    guard scope.isFull else { return }
    let states: [LeadState] = [.open, .assigned]
    let series = try states.map { state in
      let found = try database.map(
        "SELECT count(*), min(ifnull(assigned, created)) FROM lead WHERE state = ?1", .int(state.stored)
      ) { (count: Int($0.int(0)), oldest: $0.intOrNil(1)) }
      return (labels: [("state", state.rawValue)], series: found[0])
    }
    text.family("tollgate_leads", .gauge, "Leads that nobody has texted.")
    for (labels, one) in series { text.sample(one.count, labels) }
    text.family(
      "tollgate_lead_oldest_seconds", .gauge,
      "How long the oldest of them has waited for a rep, or for its rep's text.")
    for (labels, one) in series {
      text.sample(one.oldest.map { Double(max(0, now - $0)) / 1_000 } ?? 0, labels)
    }
  }
}
