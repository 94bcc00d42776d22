import Store

/// Holds what the parts have in memory against what a start would read from the store now: between two batches they are the same.
///
/// For the simulation. It keeps a second set of parts, on the same connection, and reads it anew each time.
package final class MemoryAudit {
  private let live: Parts
  private let fresh: Parts

  package init(_ gateway: Gateway) throws(StoreError) {
    live = gateway.parts
    fresh = try Parts(gateway.store, gateway.settings, Secrets(SystemRandomNumberGenerator()))
  }

  /// What memory has otherwise than the store, between two batches; empty where all is well.
  package func differences() throws(StoreError) -> [String] {
    fresh.outbound.handover.adopt(live.outbound.handover)
    try fresh.reload()
    // They hold the parts that hold them.
    defer { fresh.ground.jobs.removeAll() }
    var found: [String] = []
    for (name, lines) in Self.memory(of: live) {
      let stored = Self.memory(of: fresh)[name] ?? []
      guard lines != stored else { continue }
      let (here, there) = (Set(lines).subtracting(stored).sorted(), Set(stored).subtracting(lines).sorted())
      found.append("\(name): in memory \(here.prefix(3)), in the store \(there.prefix(3))")
    }
    let lacking = live.ground.consent.lacks(of: fresh.ground.consent)
    if !lacking.isEmpty { found.append("consent: \(lacking.count) suppressed phones are not in memory") }
    found += try live.outbound.campaigns.differences(from: fresh.outbound.campaigns)
    found += live.outbound.lanes.faults
    found += try live.outbound.messages.faults()
    return found.sorted()
  }

  private static func memory(of parts: Parts) -> [String: [String]] {
    let (outbound, outcomes, inbound) = (parts.outbound, parts.outcomes, parts.inbound)
    return [
      "directory": parts.ground.directory.memory,
      "emails": parts.emails.memory,
      "absences": parts.ground.absences.memory,
      "keywords": inbound.optInKeywords.memory,
      "feed": parts.ground.outbox.feed.memory,
      "holds": parts.ground.holds.memory,
      "handover": outbound.handover.memory,
      "lanes": outbound.lanes.memory,
      "jobs": parts.ground.jobs.memory,
      "redelivery": inbound.redelivery.memory,
      "refused alike": outcomes.alike.memory,
      "counts": [
        "next message \(outbound.messages.nextID)",
        "unresolved \(outbound.segments.receipts.unresolvedCount)",
        "unmatched \(outcomes.unmatched.waiting)", "parts \(inbound.reception.parts.count)",
        "oldest part \(inbound.reception.parts.oldestAt ?? 0)",
        "quarantined \(inbound.reception.quarantine.table.count), octets \(inbound.reception.quarantine.table.octets)",
        "submission \(inbound.submissionTable.nextID)",
        "receipts owed \(inbound.submissionTable.owedCount)",
      ],
    ]
  }
}
