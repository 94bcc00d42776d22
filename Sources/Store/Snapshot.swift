import CSQLite
import Glibc

/// Stops whatever statement runs on a connection, from any thread. Safe to keep after the connection is gone.
public final class Interrupter: Sendable {
  // SAFETY: the pointer is used under the lock, and taken away by the connection before it closes.
  private struct Target: @unchecked Sendable { var connection: OpaquePointer? }
  private let target: Guarded<Target>

  init(_ connection: OpaquePointer) { target = Guarded(Target(connection: connection)) }

  /// The running statement throws ``StoreError/Kind/interrupted``; without one nothing happens.
  public func interrupt() {
    target.withLock { if let connection = $0.connection { sqlite3_interrupt(connection) } }
  }

  func forget() { target.withLock { $0.connection = nil } }
}

/// The end of a snapshot, looked at by SQLite's progress handler.
final class SnapshotDeadline {
  /// Monotonic nanoseconds.
  var end: UInt64 = .max

  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

extension Database.Limits {
  /// How long a snapshot may live. While one lives the log cannot start again and grows.
  public static let snapshot: Duration = .seconds(1)
  /// Steps of SQLite's machine between two looks at the clock.
  static let stepsBetweenLooks: Int32 = 4_000
}

extension Database {
  /// Everything `body` reads is of one moment. A statement that runs past `limit` is stopped
  /// (``StoreError/Kind/interrupted``): long work asks again from where it came to, in another snapshot.
  public func snapshot<R>(atMost limit: Duration = Limits.snapshot, _ body: () throws -> R) throws -> R {
    guard !isInTransaction else { throw StoreError.misuse("snapshot", "a transaction is open") }
    let nanoseconds = limit / .nanoseconds(1)
    snapshotDeadline.end = SnapshotDeadline.now() &+ UInt64(max(0, min(nanoseconds, 1e15)))
    sqlite3_progress_handler(
      handle, Limits.stepsBetweenLooks,
      { context in
        guard let context else { return 0 }
        let deadline = Unmanaged<SnapshotDeadline>.fromOpaque(context).takeUnretainedValue()
        return SnapshotDeadline.now() > deadline.end ? 1 : 0
      }, Unmanaged.passUnretained(snapshotDeadline).toOpaque())
    try begin()
    defer { sqlite3_progress_handler(handle, 0, nil, nil) }
    let result = Result { try body() }
    try rollback()
    return try result.get()
  }
}
