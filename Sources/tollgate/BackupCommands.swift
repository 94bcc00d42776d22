import CommandFrame
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import OperatorCommands
import Store

/// `tollgate backup`, `restore` and `integrity`: the store as a file, whether a daemon runs or not.
enum BackupCommands {
  private static let store = Option(
    "store", argument: "PATH", "the store's file (default: the store of the configuration)")

  static let backup = Command(
    name: "backup", summary: "copy the store; the daemon may run", operands: "FILE",
    operandCount: 1...1,
    details: """
      Copies the whole store as of one moment, and checks the copy. FILE appears once the copy is complete and on disk,
      with mode 0600. Refuses if FILE exists. Run as root or as the service's user: the command reads the store's file
      and does not need the daemon. A running daemon goes on working; its write-ahead log grows while the copy is made.
      """,
    options: [store],
    examples: [
      Example("tollgate backup /var/backups/tollgate-monday", "make a backup for `tollgate restore`"),
      Example("tollgate backup --json /var/backups/tollgate-monday", "print the result as JSON"),
    ]
  ) { invocation in
    let file = try operand(invocation)
    let taken = try reporting {
      try StoreBackup.take(of: path(invocation), to: file, at: WallClock.nowMilliseconds)
    }
    if invocation.has("json") {
      try JSONOutput.line(
        BackupReport(
          file: file, octets: taken.copy.octets, newest: Cursor(taken.newest),
          pagesChanged: taken.copy.pagesChanged, snapshotMs: milliseconds(taken.copy.snapshot)))
    } else {
      try Output.line(
        "\(file): \(megabytes(taken.copy.octets)), no damage, up to event \(Cursor(taken.newest))")
      try Output.line(
        "copied in \(milliseconds(taken.copy.copying)) ms; \(Words.count(taken.copy.pagesChanged, "page")) changed meanwhile "
          + "and were copied again in \(milliseconds(taken.copy.snapshot)) ms")
    }
    return .ok
  }

  static let restore = Command(
    name: "restore", summary: "put a backup in place of the store; stop the daemon first", operands: "FILE",
    operandCount: 1...1,
    details: """
      Checks FILE first: `tollgate backup` made the file, no page is damaged, and its version is not newer than this
      program. Refuses while the daemon runs, or if a store exists. --move-aside renames the existing store first.

      The backup does not contain what happened after it was made. So the daemon starts paused: a text that waited then
      may have been sent since, and a phone may have said STOP since. Before you send again:
        1. record the opt-outs you know of: tollgate consent opt-out
        2. cancel what must not leave: tollgate campaign cancel
        3. tollgate resume --all

      Apps go on at their acknowledged cursors. Ids and cursors from the lost time are not used again; an app that comes
      with a lost cursor gets the error cursor_lost.
      """,
    options: [store, Option("move-aside", "rename an existing store instead of refusing")],
    examples: [
      Example(
        "tollgate restore /var/backups/tollgate-monday",
        "restore, with tollgate.socket and tollgate.service stopped"),
      Example(
        "tollgate restore --move-aside /var/backups/tollgate-monday", "rename the damaged store, then restore"
      ),
    ]
  ) { invocation in
    let file = try operand(invocation)
    let store = try path(invocation)
    let aside = try reporting {
      try StoreBackup.restore(
        file, to: store, movingAside: invocation.has("move-aside"), at: WallClock.nowMilliseconds)
    }
    if invocation.has("json") {
      try JSONOutput.line(RestoreReport(store: store, aside: aside))
      return .ok
    }
    if let aside { try Output.line("the old store is now \(aside)") }
    try Output.line(
      "restored to \(store); start the daemon; the daemon sends nothing until: tollgate resume --all")
    return .ok
  }

  static let integrity = Command(
    name: "integrity", summary: "look for damaged pages in the store or a backup", operands: "[FILE]",
    operandCount: 0...1,
    details: """
      Reads the whole file, compares every index with its table, and names the damaged tables and pages. Exits 65 if any
      page is damaged. While the daemon runs, make a backup instead: `tollgate backup` checks the copy in the same way.
      """,
    options: [store],
    examples: [
      Example("tollgate integrity", "check the store after the daemon exited with status 65"),
      Example("tollgate integrity /var/backups/tollgate-monday", "check a backup"),
    ]
  ) { invocation in
    let file = try invocation.operands.first ?? path(invocation)
    let found = try reporting { try StoreBackup.findings(in: file) }
    if invocation.has("json") {
      try JSONOutput.line(IntegrityReport(file: file, sound: found.isEmpty, findings: found))
    } else if found.isEmpty {
      try Output.line("\(file): no damage")
    } else {
      for finding in found { try Output.line(finding) }
    }
    return found.isEmpty ? .ok : .data
  }

  private struct BackupReport: Encodable {
    var file: String
    var octets: Int64
    var newest: Cursor
    var pagesChanged: Int
    var snapshotMs: Int

    private enum CodingKeys: String, CodingKey {
      case file, octets, newest
      case pagesChanged = "pages_changed"
      case snapshotMs = "snapshot_ms"
    }
  }

  private struct RestoreReport: Encodable {
    var store: String
    var aside: String?
  }

  private struct IntegrityReport: Encodable {
    var file: String
    var sound: Bool
    var findings: [String]
  }

  private static func operand(_ invocation: Invocation) throws -> String {
    guard let file = invocation.operands.first, !file.isEmpty else {
      throw invocation.usage("expected a file")
    }
    return file
  }

  private static func path(_ invocation: Invocation) throws -> String {
    if let path = invocation.value("store") { return path }
    return try ConfigurationFile.load(invocation.value("config"), secrets: .ofProcess(mayBeUnseen: true))
      .storePath
  }

  /// A failure in the operator's words, with a status for the shell.
  private static func reporting<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let refused as StoreBackup.Refused {
      switch refused.reason {
      case .exists:
        throw Failure(
          .cannotCreate, refused.detail,
          hint: "nothing is overwritten; `tollgate restore --move-aside` renames the existing store")
      case .notABackup, .damaged: throw Failure(.data, refused.detail)
      case .newerSchema: throw Failure(.configuration, refused.detail)
      case .inUse: throw Failure(.temporary, refused.detail)
      case .cannotWrite: throw Failure(.io, refused.detail)
      }
    } catch let error as StoreError {
      let hint = error.kind == .cannotOpen ? "run the command as root or as the service's user" : nil
      throw Failure(error.kind == .corrupt ? .data : .io, error.description, hint: hint)
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }

  private static func megabytes(_ octets: Int64) -> String {
    octets < 10_000_000 ? "\((octets + 999) / 1000) kB" : "\((octets + 999_999) / 1_000_000) MB"
  }
}
