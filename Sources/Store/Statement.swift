import CSQLite

/// A prepared statement. Prepared once, kept by its user, bound and stepped any number of times, on the
/// thread of its ``Database``.
///
/// Parameters count from 1, columns from 0, as in SQLite. A failed `bind` is reported by the next ``step()``.
/// A statement that returned a row keeps its snapshot until ``reset()``: use ``run()``, ``first(_:)`` or
/// ``forEachRow(_:)``, which reset in every case, unless the loop is your own.
public final class Statement {
  @usableFromInline let handle: OpaquePointer
  /// The first result other than SQLITE_OK of a `bind` since the last reset.
  @usableFromInline var bindResult: Int32 = SQLITE_OK
  /// Whether a parameter points at memory of the caller: then a reset forgets all parameters.
  @usableFromInline var borrows = false
  /// Verb and table, for errors.
  public var name: String { sqlite3_sql(handle).map { summary(ofSQL: String(cString: $0)) } ?? "statement" }

  init(handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  /// Forgets the parameters, and the memory they take.
  func clear() { sqlite3_clear_bindings(handle) }

  // MARK: Parameters

  @inlinable @discardableResult
  public func bind(_ index: Int32, _ value: Int64) -> Statement {
    note(sqlite3_bind_int64(handle, index, value))
    return self
  }

  @inlinable @discardableResult
  public func bind(_ index: Int32, _ value: Int64?) -> Statement {
    if let value { bind(index, value) } else { bindNull(index) }
    return self
  }

  @inlinable @discardableResult
  public func bind(_ index: Int32, real value: Double) -> Statement {
    note(sqlite3_bind_double(handle, index, value))
    return self
  }

  @inlinable @discardableResult
  public func bind(_ index: Int32, _ value: Bool) -> Statement {
    note(sqlite3_bind_int64(handle, index, value ? 1 : 0))
    return self
  }

  @inlinable @discardableResult
  public func bindNull(_ index: Int32) -> Statement {
    note(sqlite3_bind_null(handle, index))
    return self
  }

  /// Copies the text.
  @inlinable @discardableResult
  public func bind(_ index: Int32, _ text: String) -> Statement {
    var text = text
    text.withUTF8 { utf8 in
      note(
        utf8.withMemoryRebound(to: CChar.self) {
          tollgate_bind_text_copy(handle, index, $0.baseAddress ?? Statement.emptyText, length($0.count))
        })
    }
    return self
  }

  @inlinable @discardableResult
  public func bind(_ index: Int32, _ text: String?) -> Statement {
    if let text { bind(index, text) } else { bindNull(index) }
    return self
  }

  /// Copies the octets.
  @inlinable @discardableResult
  public func bind(_ index: Int32, blob: [UInt8]) -> Statement {
    blob.withUnsafeBytes { bytes in
      note(
        tollgate_bind_blob_copy(
          handle, index, bytes.baseAddress ?? UnsafeRawPointer(Statement.emptyText), length(bytes.count)))
    }
    return self
  }

  @inlinable @discardableResult
  public func bind(_ index: Int32, blob: [UInt8]?) -> Statement {
    if let blob { bind(index, blob: blob) } else { bindNull(index) }
    return self
  }

  /// Borrows the octets: they have to stay where they are until ``run()`` has returned or ``reset()`` was called.
  @inlinable @discardableResult
  public func bind(_ index: Int32, blob: UnsafeRawBufferPointer) -> Statement {
    borrows = true
    note(
      tollgate_bind_blob_static(
        handle, index, blob.baseAddress ?? UnsafeRawPointer(Statement.emptyText), length(blob.count)))
    return self
  }

  /// Borrows UTF-8 text: it has to stay where it is until ``run()`` has returned or ``reset()`` was called.
  @inlinable @discardableResult
  public func bind(_ index: Int32, utf8 text: UnsafeRawBufferPointer) -> Statement {
    borrows = true
    note(
      text.withMemoryRebound(to: CChar.self) {
        tollgate_bind_text_static(handle, index, $0.baseAddress ?? Statement.emptyText, length($0.count))
      })
    return self
  }

  /// Binds the values to the parameters 1, 2, 3 and so on.
  @inlinable @discardableResult
  public func with<each Parameter: BoundValue>(_ values: repeat each Parameter) -> Statement {
    var index: Int32 = 1
    for value in repeat each values {
      value.bind(to: self, index)
      index += 1
    }
    return self
  }

  /// As above, for what most statements take: a pack of values costs more than the binding itself.
  @inlinable @discardableResult
  public func with(_ first: Int64) -> Statement { bind(1, first) }

  @inlinable @discardableResult
  public func with(_ first: Int64, _ second: Int64) -> Statement { bind(1, first).bind(2, second) }

  @inlinable @discardableResult
  public func with(_ first: Int64, _ second: Int64, _ third: Int64) -> Statement {
    bind(1, first).bind(2, second).bind(3, third)
  }

  @inlinable @discardableResult
  public func with(_ first: Int64, _ second: Int64, _ third: Int64, _ fourth: Int64) -> Statement {
    bind(1, first).bind(2, second).bind(3, third).bind(4, fourth)
  }

  @discardableResult
  public func bind(_ index: Int32, value: Value) -> Statement {
    switch value {
    case .null: bindNull(index)
    case .int(let value): bind(index, value)
    case .real(let value): bind(index, real: value)
    case .text(let value): bind(index, value)
    case .blob(let value): bind(index, blob: value)
    }
  }

  // MARK: Execution

  /// One row further. True: a row is there to be read. False: done.
  @inlinable
  public func step() throws(StoreError) -> Bool {
    if bindResult != SQLITE_OK { throw failure(bindResult) }
    let result = sqlite3_step(handle)
    if result == SQLITE_ROW { return true }
    if result == SQLITE_DONE { return false }
    throw failure(result)
  }

  /// Runs to the end, passing over any rows, and resets.
  @inlinable
  public func run() throws(StoreError) {
    while try step() {}
    reset()
  }

  /// Binds one integer, runs, resets: the commonest statement there is.
  @inlinable
  public func run(_ first: Int64) throws(StoreError) {
    bind(1, first)
    try run()
  }

  /// Ready to be bound and run again. Copied parameters keep their values, borrowed ones are forgotten.
  @inlinable
  public func reset() {
    sqlite3_reset(handle)
    if borrows {
      sqlite3_clear_bindings(handle)
      borrows = false
    }
    bindResult = SQLITE_OK
  }

  /// The first row as `read` sees it, or nil; resets.
  @inlinable
  public func first<R>(_ read: (Statement) throws(StoreError) -> R) throws(StoreError) -> R? {
    defer { reset() }
    return try step() ? try read(self) : nil
  }

  /// The first column of the first row as an integer, or nil; resets.
  @inlinable
  public func firstInt() throws(StoreError) -> Int64? {
    defer { reset() }
    return try step() ? intOrNil(0) : nil
  }

  /// Every row; resets, also when `body` throws.
  @inlinable
  public func forEachRow(_ body: (Statement) throws(StoreError) -> Void) throws(StoreError) {
    defer { reset() }
    while try step() { try body(self) }
  }

  // MARK: Columns of the current row

  @inlinable
  public func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  @inlinable
  public func intOrNil(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }

  @inlinable
  public func bool(_ column: Int32) -> Bool { sqlite3_column_int64(handle, column) != 0 }

  @inlinable
  public func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  @inlinable
  public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  /// NULL reads as the empty text.
  @inlinable
  public func text(_ column: Int32) -> String { withUTF8(column) { String(decoding: $0, as: UTF8.self) } }

  @inlinable
  public func textOrNil(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// NULL reads as no octets.
  @inlinable
  public func blob(_ column: Int32) -> [UInt8] { withBlob(column) { [UInt8]($0) } }

  @inlinable
  public func blobOrNil(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }

  /// The octets in place, valid inside `body` alone.
  @inlinable
  public func withBlob<R>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    // The pointer first: asking for the length may not convert afterwards.
    let base = sqlite3_column_blob(handle, column)
    let count = sqlite3_column_bytes(handle, column)
    return try body(UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : Int(count)))
  }

  /// The UTF-8 text in place, valid inside `body` alone.
  @inlinable
  public func withUTF8<R>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    let base = sqlite3_column_text(handle, column)
    let count = sqlite3_column_bytes(handle, column)
    return try body(UnsafeBufferPointer(start: base, count: base == nil ? 0 : Int(count)))
  }

  // MARK: Inside

  /// Where an empty text or blob points: SQLite takes a null pointer for NULL.
  // SAFETY: one octet, written once before it is shared, never freed.
  @usableFromInline nonisolated(unsafe) static let emptyText: UnsafePointer<CChar> = {
    let octet = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    octet.initialize(to: 0)
    return UnsafePointer(octet)
  }()

  @inlinable
  func note(_ result: Int32) { if result != SQLITE_OK, bindResult == SQLITE_OK { bindResult = result } }

  /// A length SQLite cannot hold becomes one it refuses (SQLITE_TOOBIG), never a shorter text.
  @inlinable
  func length(_ count: Int) -> Int32 { Int32(clamping: count) }

  @usableFromInline
  func failure(_ result: Int32) -> StoreError {
    let error = StoreError.last(of: sqlite3_db_handle(handle), code: result, context: name)
    reset()
    return error
  }
}

/// A value for the rare paths, where a statement is named in place and not kept.
public enum Value: Hashable, Sendable {
  case null
  case int(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(_ value: Int64?) { self = value.map(Value.int) ?? .null }
  public init(_ value: String?) { self = value.map(Value.text) ?? .null }
  public init(_ value: [UInt8]?) { self = value.map(Value.blob) ?? .null }
}

/// The current row of a statement, as given to a closure: read it, keep nothing of it.
public typealias Row = Statement

/// What a parameter of a statement may be: an integer, a truth value, text, octets, or nothing of these.
public protocol BoundValue {
  func bind(to statement: Statement, _ index: Int32)
}

extension Int64: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) { statement.bind(index, self) }
}

extension Int: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) { statement.bind(index, Int64(self)) }
}

extension Bool: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) { statement.bind(index, self) }
}

extension String: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) { statement.bind(index, self) }
}

extension [UInt8]: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) { statement.bind(index, blob: self) }
}

extension Optional: BoundValue where Wrapped: BoundValue {
  @inlinable public func bind(to statement: Statement, _ index: Int32) {
    if let value = self { value.bind(to: statement, index) } else { statement.bindNull(index) }
  }
}
