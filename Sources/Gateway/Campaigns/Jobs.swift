import Store

/// Work over many rows, done in slices between batches so that nothing else waits for it.
protocol Job: AnyObject {
  /// Does a bounded piece in the transaction that is open; false when all is done.
  func step() throws(StoreError) -> Bool
  /// The batch of its last step was lost: what it keeps in memory is stale.
  func restart()
  /// A step cannot be done: the job ends.
  func failed()
}

/// The long work under way, one slice of each in turn.
final class Jobs {
  private var jobs: [any Job] = []
  private var before: [any Job] = []

  var isEmpty: Bool { jobs.isEmpty }

  /// The plans that are being made.
  var plans: [PlanJob] { jobs.compactMap { $0 as? PlanJob } }

  func append(_ job: any Job) { jobs.append(job) }

  func begin() { before = jobs }

  /// One slice of the first job.
  func step() throws(StoreError) {
    guard let job = jobs.first else { return }
    let more = try job.step()
    jobs.removeFirst()
    if more { jobs.append(job) }
  }

  /// The first job's slice could not be committed: it is given up, so that the others go on.
  func drop() {
    guard !jobs.isEmpty else { return }
    jobs.removeFirst().failed()
  }

  /// After a lost batch, and after a start: plans begin anew; what fills and cancels campaigns follows from the lanes.
  func reload(_ resumed: [any Job]) {
    jobs = before.filter { $0 is PlanJob }
    for job in jobs { job.restart() }
    jobs += resumed
  }
}
