/// Work over many rows, done in slices between batches so that nothing else waits for it.
protocol Job: AnyObject {
  /// Does a bounded piece in the transaction that is open; false when all is done.
  func step(_ gateway: Gateway) throws -> Bool
  /// The batch of its last step was lost: what it keeps in memory is stale.
  func restart()
  /// A step cannot be done: the job ends.
  func failed(_ gateway: Gateway, _ error: any Error)
}

extension Gateway {
  /// Whether long work waits for its next slice.
  public var hasJobs: Bool { !jobs.isEmpty }

  /// One slice of the first job, in the transaction that is open.
  public func stepJob() throws {
    guard let job = jobs.first else { return }
    let more = try job.step(self)
    jobs.removeFirst()
    if more { jobs.append(job) }
  }

  /// The first job's slice could not be committed: it is given up, so that the others go on.
  public func dropJob(because error: any Error) {
    guard !jobs.isEmpty else { return }
    let job = jobs.removeFirst()
    job.failed(self, error)
  }
}
