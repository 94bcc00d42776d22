import CSQLite

/// What went wrong in the store. Carries result codes, the names of statements, tables and columns, and
/// never a bound value: it may be logged as it is.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a caller can decide by. Anything finer is in ``extendedCode``.
  public enum Kind: String, Hashable, Sendable {
    /// Another connection holds the lock (SQLITE_BUSY, SQLITE_LOCKED) past the busy time-out.
    case busy
    /// The disk, a quota or `max_page_count` is exhausted (SQLITE_FULL).
    case full
    /// The file is damaged or is no database (SQLITE_CORRUPT, SQLITE_NOTADB).
    case corrupt
    /// A row holds what no version of this program has written, or what memory does not know.
    case unusableRow
    /// A UNIQUE, NOT NULL, CHECK or STRICT type constraint refused the row (SQLITE_CONSTRAINT).
    case constraint
    /// A write through a reader, or to a file that cannot be written (SQLITE_READONLY).
    case readOnly
    /// Reading, writing or syncing failed (SQLITE_IOERR): after it nothing of the transaction is durable.
    case io
    /// The file or its directory could not be opened (SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH).
    case cannotOpen
    /// Stopped by ``Interrupter/interrupt()`` or by the deadline of a snapshot (SQLITE_INTERRUPT).
    case interrupted
    /// SQLite could not allocate (SQLITE_NOMEM).
    case noMemory
    /// A value larger than SQLite's own limit (SQLITE_TOOBIG).
    case tooBig
    /// The file was written by a later version of this program.
    case newerSchema
    /// Another process has the store open as its writer.
    case lockedByAnother
    /// A mistake in our own code: bad SQL, a wrong parameter index, unordered migrations.
    case misuse
  }

  public let kind: Kind
  /// SQLite's primary result code; 0 where SQLite was not asked.
  public let code: Int32
  /// SQLite's extended result code, or `errno` for ``Kind/cannotOpen`` and ``Kind/io`` outside SQLite.
  public let extendedCode: Int32
  /// The statement's verb and first name (`INSERT outcome`), or the operation (`open`, `migrate 3`).
  public let context: String
  /// Names of tables and columns, schema numbers; empty where there is nothing safe to say.
  public let detail: String

  /// A sync failed, or SQLite does not say what did. The kernel may have dropped what it could not write and call it
  /// written, so another sync would succeed and mean nothing: whoever wrote has to end, and what is on disk be read anew.
  public var leavesDurabilityUnknown: Bool {
    // SQLITE_IOERR alone, SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC: macros that Swift does not see.
    kind == .io && [SQLITE_IOERR, SQLITE_IOERR | 4 << 8, SQLITE_IOERR | 5 << 8].contains(extendedCode)
  }

  init(kind: Kind, code: Int32 = 0, extendedCode: Int32 = 0, context: String, detail: String = "") {
    self.kind = kind
    self.code = code
    self.extendedCode = extendedCode
    self.context = context
    self.detail = detail
  }

  /// `user_version` of the file is higher than the last migration this binary has.
  static func newerSchema(found: Int, known: Int) -> StoreError {
    StoreError(
      kind: .newerSchema, context: "migrate",
      detail: "the store has schema \(found), this binary knows schema \(known)")
  }

  /// A mistake in our own code: the batch ends.
  public static func misuse(_ context: String, _ detail: String) -> StoreError {
    StoreError(kind: .misuse, context: context, detail: detail)
  }

  /// A row holds what no version of this program has written, or what memory does not know: nothing is built on it.
  public static func damaged(_ table: String, row: Int64) -> StoreError {
    StoreError(
      kind: .unusableRow, context: "read \(table)", detail: "row \(row) holds a value that cannot be")
  }

  /// The last failure of `connection`, with result `code`.
  static func last(of connection: OpaquePointer?, code: Int32, context: String) -> StoreError {
    let primary = code & 0xFF
    var extended = code
    var message = ""
    if let connection {
      let reported = sqlite3_extended_errcode(connection)
      if reported & 0xFF == primary { extended = reported }
      if let text = sqlite3_errmsg(connection) { message = String(cString: text) }
    }
    return StoreError(
      kind: kind(ofPrimary: primary), code: primary, extendedCode: extended, context: context,
      detail: safeDetail(of: message))
  }

  static func kind(ofPrimary code: Int32) -> Kind {
    switch code {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_FULL: .full
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    case SQLITE_CONSTRAINT, SQLITE_MISMATCH: .constraint
    case SQLITE_READONLY: .readOnly
    case SQLITE_IOERR, SQLITE_PROTOCOL: .io
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
    case SQLITE_INTERRUPT, SQLITE_ABORT: .interrupted
    case SQLITE_NOMEM: .noMemory
    case SQLITE_TOOBIG: .tooBig
    default: .misuse
    }
  }

  /// Messages of SQLite that are made of names in the schema alone. Any other is left out, because it
  /// could quote a value.
  private static let namesOnly = [
    "no such table: ", "no such column: ", "no such index: ", "no such function: ",
    "UNIQUE constraint failed: ", "NOT NULL constraint failed: ", "CHECK constraint failed: ",
    "FOREIGN KEY constraint failed", "cannot store ", "table ", "index ", "duplicate column name: ",
    "unknown datatype", "incomplete input", "attempt to write a readonly database", "ambiguous column name: ",
    "cannot start a transaction within a transaction", "cannot commit", "cannot rollback",
    "wrong number of arguments",
  ]

  static func safeDetail(of message: String) -> String {
    if namesOnly.contains(where: message.hasPrefix) { return message }
    // `near "TOKEN": syntax error`: the token is SQL of ours unless it is a literal.
    if message.hasPrefix("near \""), let token = message.dropFirst(6).first,
      token.isLetter || "(),;*=".contains(token)
    {
      return message
    }
    return ""
  }

  public var description: String {
    var text = "store: \(context): \(kind.rawValue)"
    if extendedCode != 0 { text += " (\(extendedCode))" }
    if !detail.isEmpty { text += ": \(detail)" }
    return text
  }
}

/// The verb of a statement and the first table it names, for errors: `INSERT outcome`, `PRAGMA user_version`.
/// Literals are never part of it.
func summary(ofSQL sql: String) -> String {
  let noise: Set<String> = [
    "INTO", "OR", "REPLACE", "IGNORE", "FROM", "TABLE", "INDEX", "UNIQUE", "IF", "NOT", "EXISTS",
  ]
  var words: [Substring] = []
  for word in sql.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).prefix(40) {
    guard let first = word.first, first.isLetter || first == "_" else { continue }
    words.append(word)
  }
  guard let verb = words.first?.uppercased() else { return "statement" }
  var target: Substring?
  switch verb {
  case "SELECT", "DELETE", "WITH":
    if let from = words.firstIndex(where: { $0.uppercased() == "FROM" }) {
      target = words.dropFirst(from + 1).first
    }
  case "BEGIN", "COMMIT", "ROLLBACK": target = nil
  default: target = words.dropFirst().first { !noise.contains($0.uppercased()) }
  }
  return target.map { "\(verb) \($0)" } ?? verb
}
