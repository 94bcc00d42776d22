import CommandFrame
import Contract
import Glibc

/// `tollgate verify`: checks the store while the daemon runs.
package enum VerifyCommand {
  /// How often in a row the daemon may be too busy for a slice before we give up.
  private static let patience = 20

  package static let command = Command(
    name: "verify", summary: "find lost, duplicated or stuck messages",
    details: """
      Checks the whole store while the daemon runs, a slice at a time, and changes nothing.
      Exits 0 if nothing was found, and 1 if anything was found.

      Findings:
        lost           accepted, but in no queue and without an outcome
        doubled        in two places at once
        stuck          waits for more than an hour, and nothing explains the wait
        contradiction  two records that cannot both be right
      """,
    examples: [
      Example("tollgate verify", "check the store"),
      Example("tollgate verify --json", "print one finding per line as JSON"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var findings: [VerifyFinding] = []
    var skipped: [String] = []
    var checked = VerifyCounts()
    var cursor: VerifyCursor?
    repeat {
      let slice = try slice(daemon, cursor)
      findings += slice.findings
      skipped += slice.uncounted
      checked.messageCount += slice.checked.messageCount
      checked.rows += slice.checked.rows
      cursor = slice.next
      if invocation.has("json") { for finding in slice.findings { try JSONOutput.line(finding) } }
    } while cursor != nil
    if !invocation.has("json") { try print(findings, skipped, checked) }
    return findings.isEmpty ? .ok : .found
  }

  private static func slice(_ daemon: DaemonConnection, _ cursor: VerifyCursor?) throws -> VerifyResult {
    var refused = 0
    while true {
      do throws(Failure) {
        do { return try daemon.call(Verify(cursor: cursor)) } catch {
          throw error as? Failure ?? Failure(calling: .verify, error)
        }
      } catch {
        refused += 1
        guard error.status == .temporary, refused < patience else { throw error }
        usleep(100_000)
      }
    }
  }

  private static func print(_ findings: [VerifyFinding], _ skipped: [String], _ checked: VerifyCounts) throws
  {
    if !findings.isEmpty {
      var table = Table("verdict", "what", "of", ">segment", "why")
      for finding in findings {
        table.add(
          .init(finding.verdict.rawValue, style(finding.verdict)), .init(finding.kind.rawValue),
          .init(finding.subject), .init(finding.segment.map(String.init) ?? ""), .init(finding.detail))
      }
      try table.print()
      try Output.line("")
    }
    for campaign in skipped {
      try Output.line("\(campaign) changed too quickly to be counted; its messages were checked one by one")
    }
    let over =
      "\(Words.count(checked.messageCount, "message")) and \(Words.count(checked.rows, "further row"))"
    try Output.line(
      findings.isEmpty
        ? "nothing is lost, duplicated or stuck: \(over)"
        : "\(Words.count(findings.count, "finding")) in \(over)")
  }

  private static func style(_ verdict: VerifyVerdict) -> Terminal.Style {
    switch verdict {
    case .lost, .doubled: .red
    case .stuck, .contradiction: .yellow
    }
  }
}
