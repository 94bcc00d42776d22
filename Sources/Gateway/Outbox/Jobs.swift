import Store

/// Work over many rows, done in slices between batches so that nothing else waits for it.
protocol Job: AnyObject {
  /// Does a bounded piece in the transaction that is open; false when all is done.
  func step() throws(StoreError) -> Bool
  /// The batch of its last step was lost: what it keeps in memory is stale.
  /// - Returns: false where the store says what is left to do, and another is made of that.
  func restart() -> Bool
  /// A step cannot be done: the job ends.
  func failed()
  /// What it is, where a start finds by the lanes that it is to be done; else nil.
  var resumedAs: String? { get }
}

extension Job {
  func restart() -> Bool { false }
}

/// The long work under way, one slice of each in turn.
final class Jobs {
  private var jobs: [any Job] = []
  private var before: [any Job] = []

  var isEmpty: Bool { jobs.isEmpty }

  /// Those of one kind.
  func all<Kind: Job>(_ kind: Kind.Type) -> [Kind] { jobs.compactMap { $0 as? Kind } }

  func removeAll() {
    jobs = []
    before = []
  }

  /// What a start finds to be done.
  var memory: [String] { Set(jobs.compactMap(\.resumedAs)).sorted() }

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

  /// After a lost batch, and after a start. `resumed`: what the store says is left to do.
  func reload(_ resumed: [any Job]) { jobs = before.filter { $0.restart() } + resumed }
}
