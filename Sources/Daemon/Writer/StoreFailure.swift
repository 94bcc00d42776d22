import Store

extension StoreError {
  /// The store itself fails, whatever is asked of it: disk full, input or output errors, a lock, damage.
  var isOfTheWholeStore: Bool {
    switch kind {
    case .busy, .full, .corrupt, .readOnly, .io, .cannotOpen, .noMemory: true
    case .constraint, .interrupted, .tooBig, .newerSchema, .lockedByAnother, .misuse: false
    }
  }
}
