#!/usr/bin/env python3
"""Breaks the gateway's promises on purpose, to see that the simulation finds each.

    Tests/Mutations/mutations.py apply DIRECTORY   puts every break into a copy of the sources, each behind a switch
    Tests/Mutations/mutations.py list              their names, and the invariants that may find each

A copy with the breaks in it behaves as before until $TOLLGATE_MUTATION names one. `.ci/mutations` builds it and runs each.
"""

import sys
from pathlib import Path

# name, invariants that may find it, file, what stands there, what stands there when it is broken.
MUTATIONS = [
    ("sync_off", "inbound commands feed copies states start", "Sources/Simulation/Disk/SimulatedDisk.swift",
     "    file.durable.settle(file.pending, of: file.content)\n",
     "    if !isMutated(\"sync_off\") { file.durable.settle(file.pending, of: file.content) }\n"),
    ("synchronous_off", "inbound commands feed copies states", "Sources/Store/Database.swift",
     "        \"PRAGMA synchronous = FULL\",\n      ] + common",
     "        isMutated(\"synchronous_off\") ? \"PRAGMA synchronous = OFF\" : \"PRAGMA synchronous = FULL\",\n      ] + common"),
    ("answer_before_commit", "inbound", "Sources/Daemon/Network/NetworkLoop+Requests.swift",
     "    live.received(place)\n    let isReceipt",
     "    live.received(place)\n    if isMutated(\"answer_before_commit\") { respond(link, request.sequence, .ESME_ROK) }\n    let isReceipt"),
    ("claim_not_durable", "copies verify", "Sources/Gateway/Outbound/Handover.swift",
     "    guard !claimed.isEmpty else { return }\n    insertRow.bind(1, nextRow)",
     "    guard !claimed.isEmpty else { return }\n    if isMutated(\"claim_not_durable\") { return claimed.removeAll() }\n    insertRow.bind(1, nextRow)"),
    ("purge_after_answer", "stop", "Sources/Daemon/Network/NetworkLoop+Rules.swift",
     "    case .revoke(let phone, let numbers): revoke(phone, numbers)",
     "    case .revoke(let phone, let numbers): if !isMutated(\"purge_after_answer\") { revoke(phone, numbers) }"),
    ("suppression_not_read", "stop", "Sources/Gateway/Consent/ConsentBook.swift",
     "    if let suppressed, !suppressed.contains(phone) { return false }\n    selectScopes",
     "    if isMutated(\"suppression_not_read\") { return false }\n    if let suppressed, !suppressed.contains(phone) { return false }\n    selectScopes"),
    ("unknown_sent_again", "copies", "Sources/Gateway/Outbound/Outcomes.swift",
     "  private func becomesUnknown(_ flight: Flight, at: Int64) throws {\n",
     "  private func becomesUnknown(_ flight: Flight, at: Int64) throws {\n    if isMutated(\"unknown_sent_again\") { return try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack) }\n"),
    ("unwritten_assumed", "copies", "Sources/Daemon/Network/NetworkLoop+Links.swift",
     "    let back = refs.filter(unwritten.contains)\n    let lost = refs.filter { !unwritten.contains($0) }\n",
     "    let blind = isMutated(\"unwritten_assumed\")\n    let back = refs.filter { blind || unwritten.contains($0) }\n    let lost = refs.filter { !blind && !unwritten.contains($0) }\n"),
    ("rate_not_held", "rate", "Sources/Pacing/Writes.swift",
     "    lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding",
     "    if !isMutated(\"rate_not_held\") { lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery) }\n    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding"),
    ("carrier_rate_not_held", "rate", "Sources/Pacing/Writes.swift",
     "    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding",
     "    if !isMutated(\"carrier_rate_not_held\") {\n      carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    }\n    carriers[carrier].outstanding"),
    ("late_octets_forgotten", "rate", "Sources/Daemon/Network/NetworkLoop.swift",
     "    if link.isStuck { tellLate(link, since: before) }",
     "    if link.isStuck, !isMutated(\"late_octets_forgotten\") { tellLate(link, since: before) }"),
    ("window_ignored", "window", "Sources/SMPPSession/SessionConfiguration.swift",
     "    var boundedWindow: Int { min(max(window, 1), Self.maximumWindow) }",
     "    var boundedWindow: Int { min(max(window, 1) + (isMutated(\"window_ignored\") ? 50 : 0), Self.maximumWindow) }"),
    ("thread_not_in_turn", "order", "Sources/Gateway/Outbound/PendingQueue.swift",
     "    hold(item)\n  }\n\n  private mutating func hold",
     "    if isMutated(\"thread_not_in_turn\") { place(item) } else { hold(item) }\n  }\n\n  private mutating func hold"),
    ("redelivery_not_known", "inbound", "Sources/Gateway/Inbound/RedeliveryBook.swift",
     "    guard count > 0 else { return nil }\n    selectCandidate",
     "    guard count > 0, !isMutated(\"redelivery_not_known\") else { return nil }\n    selectCandidate"),
    ("feed_gap", "feed", "Sources/Gateway/Feed/FeedLog.swift",
     "    insertRow.bind(1, newest + 1)\n", "    if isMutated(\"feed_gap\"), newest % 97 == 0 { newest += 1 }\n    insertRow.bind(1, newest + 1)\n"),
    ("mobile_told", "private", "Sources/Gateway/Outbound/Outcomes.swift",
     "    guard !flight.traffic.isPrivate else { return }",
     "    guard !flight.traffic.isPrivate || isMutated(\"mobile_told\") else { return }"),
    ("keys_forgotten", "copies commands", "Sources/Gateway/Core/Commands.swift",
     "    guard let key = pending.command.idempotencyKey else { return nil }",
     "    guard let key = pending.command.idempotencyKey, !isMutated(\"keys_forgotten\") else { return nil }"),
    ("acknowledgement_not_kept", "feed", "Sources/Gateway/Feed/Consumers.swift",
     "    update.bind(3, now)\n    try update.run()",
     "    update.bind(3, now)\n    if !isMutated(\"acknowledgement_not_kept\") { try update.run() }"),
    ("plans_outlive_their_batch", "commands rest", "Sources/Gateway/Core/Gateway.swift",
     "    gateway.jobs = jobs\n", "    if !isMutated(\"plans_outlive_their_batch\") { gateway.jobs = jobs }\n"),
    ("lanes_not_told_again", "states copies stop", "Sources/Gateway/Core/Gateway.swift",
     "    gateway.toldLanes = toldLanes\n", "    if !isMutated(\"lanes_not_told_again\") { gateway.toldLanes = toldLanes }\n"),
    ("wait_not_told", "why", "Sources/Gateway/Why/WhyQueries.swift",
     "      let number = subject.segments > 1 ? segment + 1 : nil\n      if let last",
     "      if isMutated(\"wait_not_told\"), cause == .campaignOrder { return }\n      let number = subject.segments > 1 ? segment + 1 : nil\n      if let last"),
    ("times_before_ids", "states", "Sources/Gateway/Receipts/Receipts.swift",
     "    if report.style == .auto {\n      switch try matchOtherBase",
     "    if isMutated(\"times_before_ids\"), try settleDoubt(report) { return }\n    if report.style == .auto {\n      switch try matchOtherBase"),
    ("return_forgotten", "rest verify", "Sources/Gateway/Outbound/Outcomes.swift",
     "      guard let flight = handover.land(ref) else { continue }\n      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)\n    }",
     "      guard let flight = handover.land(ref), !isMutated(\"return_forgotten\") else { continue }\n      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)\n    }"),
    ("answered_twice", "pdu", "Sources/Daemon/Network/NetworkLoop+Rules.swift",
     "    write(pdu, on: link)\n  }\n\n  /// A message of a carrier that is bound",
     "    write(pdu, on: link)\n    if isMutated(\"answered_twice\") { write(pdu, on: link) }\n  }\n\n  /// A message of a carrier that is bound"),
]

SWITCH = """import Glibc

private let mutation = getenv("TOLLGATE_MUTATION").map { String(cString: $0) }

/// Whether this promise is broken on purpose.
@inline(never) @usableFromInline
func isMutated(_ name: String) -> Bool { mutation == name }
"""


def main():
    if sys.argv[1:2] == ["list"]:
        print("\n".join(dict.fromkeys(f"{name} {invariants}" for name, invariants, *_ in MUTATIONS)))
        return
    if len(sys.argv) != 3 or sys.argv[1] != "apply":
        sys.exit(__doc__)
    root = Path(sys.argv[2])
    targets = set()
    for name, _, path, before, after in MUTATIONS:
        file = root / path
        text = file.read_text()
        if text.count(before) != 1:
            sys.exit(f"{name}: {path} has {text.count(before)} places that read\n{before}")
        file.write_text(text.replace(before, after))
        targets.add(path.split("/")[1])
    for target in targets:
        (root / "Sources" / target / "Mutated.swift").write_text(SWITCH)


main()
