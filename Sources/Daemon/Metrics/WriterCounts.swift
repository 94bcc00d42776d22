import Gateway

/// What the writer did since the start; published once per batch.
struct WriterCounts: Sendable {
  /// From the start of a commit to its end: the sync.
  var commit = Histogram.latency
  /// Inputs and commands of a transaction.
  var batch = Histogram.batch
  var inputs = 0
  var commands = 0
  /// Batches that were rolled back.
  var failed = 0
}
