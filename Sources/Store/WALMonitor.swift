import CSQLite
import Glibc
import Synchronization

/// What the writer and the ``Checkpointer`` tell each other: the length of the write-ahead log, and that the last
/// few frames wait for the writer.
///
/// SQLite starts the log again from its beginning only at a moment when every frame is in the database file.
/// While a writer is busy a checkpoint on another thread never meets that moment: new frames have come. So the
/// other thread does the bulk and asks for a *finish*; the writer does the few remaining frames itself, between two
/// transactions.
public final class WALMonitor: Sendable {
  private let frameCount = Atomic<Int>(0)
  private let finishWanted = Atomic<Bool>(false)
  private let wakeAt = Atomic<Int>(.max)
  private let wake = Signal()

  init() {}

  /// Frames (pages) in the log after the last commit.
  public var frames: Int { frameCount.load(ordering: .relaxed) }

  /// Has `connection` report every commit. The monitor has to live as long as the connection.
  func watch(_ connection: OpaquePointer) {
    sqlite3_wal_hook(
      connection,
      { context, _, _, frames in
        if let context {
          Unmanaged<WALMonitor>.fromOpaque(context).takeUnretainedValue().committed(frames: Int(frames))
        }
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func committed(frames: Int) {
    frameCount.store(frames, ordering: .relaxed)
    if frames >= wakeAt.load(ordering: .relaxed) {
      wakeAt.store(.max, ordering: .relaxed)
      wake.raise()
    }
  }

  /// Asks to be woken once the log has `frames` frames.
  func wake(at frames: Int) {
    wakeAt.store(frames, ordering: .relaxed)
    if self.frames >= frames { wake.raise() }
  }

  func wakeNow() { wake.raise() }
  func sleep(atMost limit: Duration) { wake.wait(atMost: limit) }

  func requestFinish() { finishWanted.store(true, ordering: .releasing) }

  /// Whether the writer has to finish a checkpoint now; asking takes the request.
  @inline(__always)
  func takesFinish() -> Bool {
    guard finishWanted.load(ordering: .relaxed) else { return false }
    finishWanted.store(false, ordering: .relaxed)
    return true
  }
}
