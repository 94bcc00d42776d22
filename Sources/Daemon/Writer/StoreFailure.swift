import Store

/// What becomes of the process when the store fails.
enum StoreFailure {
  /// One statement's fault: the batch is run again item by item.
  case ofTheBatch
  /// The store itself fails, whatever is asked of it: a full disk, a lock, a file system that is read-only. What came is
  /// refused or kept, and tried again until it recovers.
  case waits
  /// Going on could make it worse: the process ends with this status, and what it says is the last of its lines.
  case ends(status: Int32, because: String)
}

extension StoreError {
  var failure: StoreFailure {
    if leavesDurabilityUnknown {
      return .ends(
        status: Daemon.Exit.storeUnsure,
        because: "the last writes may not be on disk; the next start reads what is on disk")
    }
    switch kind {
    case .corrupt:
      return .ends(
        status: Daemon.Exit.storeDamaged,
        because: "nothing more is written; `tollgate integrity` shows what is damaged")
    case .unusableRow:
      return .ends(
        status: Daemon.Exit.storeUnsure, because: "a row cannot be used; the next start reads the store anew")
    case .busy, .full, .readOnly, .io, .cannotOpen, .noMemory: return .waits
    case .constraint, .interrupted, .tooBig, .newerSchema, .lockedByAnother, .misuse: return .ofTheBatch
    }
  }

  /// The status of a start that this ends.
  var statusOfTheStart: Int32 {
    switch kind {
    case .corrupt: Daemon.Exit.storeDamaged
    case .full, .io, .busy, .noMemory: Daemon.Exit.storeUnsure
    case .newerSchema, .unusableRow, .readOnly, .cannotOpen, .lockedByAnother, .constraint, .interrupted,
      .tooBig, .misuse:
      Daemon.Exit.cannotCreate
    }
  }
}
