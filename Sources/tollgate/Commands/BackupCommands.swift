import CommandFrame
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import Store

/// `tollgate backup`, `restore` and `integrity`: the store as a file, whether a daemon runs or not.
enum BackupCommands {
  private static let store = Option(
    "store", argument: "PATH", "the store's file; the configuration's unless told")

  static let backup = Command(
    name: "backup", summary: "copy the store, while the daemon runs or not", operands: "FILE",
    operandCount: 1...1,
    details: """
      The copy is whole and of one moment; FILE appears when it is complete, checked and on disk, with mode 0600.
      It never replaces a file. Run it as root or as the service's user: it reads the store's file and asks the
      daemon for nothing. The daemon goes on; what it writes meanwhile stays in its log for as long as the store
      takes to be read once.
      """,
    options: [store],
    examples: [
      Example("tollgate backup /var/backups/tollgate-monday", "what `tollgate restore` takes"),
      Example("tollgate backup --config Config/tollgate.json5 --json copy", "for a program"),
    ]
  ) { invocation in
    let file = try operand(invocation)
    let taken = try told {
      try StoreBackup.take(of: path(invocation), to: file, at: WallClock.nowMilliseconds)
    }
    if invocation.has("json") {
      try JSONOutput.line(
        BackupReport(
          file: file, octets: taken.copy.octets, newest: Cursor(taken.newest),
          pagesChanged: taken.copy.pagesChanged, snapshotMs: milliseconds(taken.copy.snapshot)))
    } else {
      try Output.line("\(file): \(megabytes(taken.copy.octets)), sound, up to event \(Cursor(taken.newest))")
      try Output.line(
        "copied in \(milliseconds(taken.copy.copying)) ms, then \(Words.count(taken.copy.pagesChanged, "page")) that had "
          + "changed, within one snapshot of \(milliseconds(taken.copy.snapshot)) ms")
    }
    return .ok
  }

  static let restore = Command(
    name: "restore", summary: "put a backup in the store's place, with the daemon stopped", operands: "FILE",
    operandCount: 1...1,
    details: """
      FILE is checked first: made by `tollgate backup`, sound, and of no later version. A store that is there is
      kept under another name with --move-aside, and is else a reason to refuse; so is a daemon that runs.

      What came and was sent after the backup is not in it. So the daemon starts with everything paused: what
      waited then may have been sent since, and who said STOP since is not known. Enter those (tollgate consent),
      cancel what must not leave (tollgate campaign cancel), then: tollgate resume --all. Consumers go on at their
      cursors; ids and cursors of the time that is lost are not given again, and whoever comes with such a cursor
      is told cursor_lost.
      """,
    options: [store, Option("move-aside", "keep the store that is there under another name")],
    examples: [
      Example("tollgate restore /var/backups/tollgate-monday", "after systemctl stop tollgate"),
      Example("tollgate restore --move-aside /var/backups/tollgate-monday", "over a store that is damaged"),
    ]
  ) { invocation in
    let file = try operand(invocation)
    let store = try path(invocation)
    let aside = try told {
      try StoreBackup.restore(
        file, to: store, movingAside: invocation.has("move-aside"), at: WallClock.nowMilliseconds)
    }
    if invocation.has("json") {
      try JSONOutput.line(RestoreReport(store: store, aside: aside))
      return .ok
    }
    if let aside { try Output.line("the store that was there is \(aside) now") }
    try Output.line("\(store) is the backup; start the daemon, it sends nothing until: tollgate resume --all")
    return .ok
  }

  static let integrity = Command(
    name: "integrity", summary: "look for damaged pages in the store or a backup", operands: "[FILE]",
    operandCount: 0...1,
    details: """
      Reads the whole file, every index against its table, and names the tables and pages that are damaged. Exits 65
      where there are any. While the daemon runs take a backup instead, which is checked in the same way.
      """,
    options: [store],
    examples: [
      Example("tollgate integrity", "the store, after the daemon ended with status 65"),
      Example("tollgate integrity /var/backups/tollgate-monday", "a backup"),
    ]
  ) { invocation in
    let file = try invocation.operands.first ?? path(invocation)
    let found = try told { try StoreBackup.findings(in: file) }
    if invocation.has("json") {
      try JSONOutput.line(IntegrityReport(file: file, sound: found.isEmpty, findings: found))
    } else if found.isEmpty {
      try Output.line("\(file) is sound")
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

  /// What cannot be done, in the operator's words and with a status for the shell.
  private static func told<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let refused as StoreBackup.Refused {
      switch refused.reason {
      case .exists:
        throw Failure(.cannotCreate, refused.detail, hint: "nothing is overwritten; restore has --move-aside")
      case .notABackup, .damaged: throw Failure(.data, refused.detail)
      case .newerSchema: throw Failure(.configuration, refused.detail)
      case .inUse: throw Failure(.temporary, refused.detail)
      case .cannotWrite: throw Failure(.io, refused.detail)
      }
    } catch let error as StoreError {
      let hint = error.kind == .cannotOpen ? "run it as root or as the user of the service" : nil
      throw Failure(error.kind == .corrupt ? .data : .io, error.description, hint: hint)
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }

  private static func megabytes(_ octets: Int64) -> String {
    octets < 10_000_000 ? "\((octets + 999) / 1000) kB" : "\((octets + 999_999) / 1_000_000) MB"
  }
}
