import Store

/// Work over many rows, done in slices between batches so that nothing else waits for it.
protocol Job: AnyObject {
  /// A batch begins: what the job keeps in memory is what the store says.
  func begin()
  /// Does a bounded piece in the transaction that is open; false when all is done.
  func step() throws(StoreError) -> Bool
  /// The batch of its last step was lost: what it keeps in memory is stale.
  /// - Returns: false where the store says what is left to do, and another is made of that.
  func restart() -> Bool
  /// A step cannot be done, and the job has ended: removes what it left half done, and says so, in the transaction that is open.
  func failed() throws(StoreError)
  /// The command that the job answers at its end, as long as that is owed.
  var unanswered: PendingCommand? { get }
  /// The command has got another answer: the job has nobody to work for.
  func abandon()
  /// What it is, where a start finds by the lanes that it is to be done; else nil.
  var resumedAs: String? { get }
}

extension Job {
  func begin() {}
  func restart() -> Bool { false }
  var unanswered: PendingCommand? { nil }
  func abandon() {}
}

/// The long work under way, one slice of each in turn.
final class Jobs {
  private var jobs: [any Job] = []
  private var before: [any Job] = []
  /// The job of the last slice.
  private var stepped: (any Job)?

  var isEmpty: Bool { jobs.isEmpty }

  /// Those of one kind.
  func all<Kind: Job>(_ kind: Kind.Type) -> [Kind] { jobs.compactMap { $0 as? Kind } }

  func removeAll() {
    jobs = []
    before = []
    stepped = nil
  }

  /// What a start finds to be done.
  var memory: [String] { Set(jobs.compactMap(\.resumedAs)).sorted() }

  func append(_ job: any Job) { jobs.append(job) }

  func begin() {
    before = jobs
    stepped = nil
    for job in jobs { job.begin() }
  }

  /// One slice of the first job.
  func step() throws(StoreError) {
    guard let job = jobs.first else { return }
    stepped = job
    let more = try job.step()
    jobs.removeFirst()
    if more { jobs.append(job) }
  }

  /// The job of the last slice, whose slice could not be committed: it leaves the line, so that the others go on.
  func takeFailed() -> (any Job)? {
    defer { stepped = nil }
    guard let failed = stepped else { return nil }
    // Of what the store says is left to do, the rollback has made another job.
    let place = jobs.firstIndex { $0 === failed || $0.resumedAs != nil && $0.resumedAs == failed.resumedAs }
    return place.map { jobs.remove(at: $0) } ?? failed
  }

  /// Commands that wait for the end of a job. They get another answer, and their jobs end.
  func abandon() -> [PendingCommand] {
    jobs.compactMap { job in
      defer { job.abandon() }
      return job.unanswered
    }
  }

  /// After a lost batch, and after a start. `resumed`: what the store says is left to do.
  func reload(_ resumed: [any Job]) { jobs = before.filter { $0.restart() } + resumed }
}
