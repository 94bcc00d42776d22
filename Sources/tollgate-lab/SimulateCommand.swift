import CLinux
import CommandFrame
import NetIO
import Simulation
import Synchronization

/// `tollgate-lab simulate`: the whole gateway in a simulated world that follows from a seed.
enum SimulateCommand {
  static let command = Command(
    name: "simulate",
    summary: "run the whole gateway in a simulated world and check its promises",
    details: """
      One process runs the real rules, sessions, pacing, store and feed. Clock, network, disk, carriers, phones and apps are
      simulated, and follow from the seed: the same seed gives the same story in every process. Each story has at least
      2,000 segments, 20 faults and one crash, and operators give orders, some of which must be refused. Every PDU and
      every event is checked at every step; the whole store is checked after each start and at the end.

      A story that breaks a promise is reported at once. After 20 such stories no new story begins. At the end the first
      five are made as short as possible, and printed with the command that runs them again. Progress goes to standard
      error once a minute. Exits 1 if a promise was broken.
      """,
    options: [
      Option("seed", argument: "N", "the first seed (default 1)"),
      Option("seeds", argument: "COUNT", "run COUNT seeds, one after another (default 1)"),
      Option("jobs", letter: "j", argument: "N", "run N stories at once (default 1)"),
      Option("only", argument: "LIST", "only the steps with these numbers: 3,17,22-30"),
      Option("coverage", "print how often each method that changes state was answered and refused"),
      Option(
        "coverage-at-least", argument: "ANSWERED,REFUSED",
        "print the same, and fail if a method was answered or refused less often"),
      Option("trace", "print every step"),
      Option("no-shrink", "do not shorten failing stories"),
    ],
    examples: [
      Example("tollgate-lab simulate --seed 7", "run one story"),
      Example("tollgate-lab simulate --seeds 1000 --jobs 2", "run a thousand stories, two at a time"),
      Example(
        "tollgate-lab simulate --seeds 100 --coverage-at-least 12,2",
        "run a hundred, and check what they covered"),
    ], run: run)

  /// What the runs came to, over all threads.
  private struct Total: Sendable {
    var stories = 0
    var segments = 0
    var optOuts = 0
    var events: Int64 = 0
    var crashes = 0
    var faults = 0
    var coverage = Coverage()
    var failed: [(seed: UInt64, violation: Violation)] = []
    var digest: UInt64?
    var trouble: String?
    /// When progress was last printed.
    var printedAt = MonotonicClock.now
  }

  private static func run(_ invocation: Invocation) throws -> ExitStatus {
    let first = UInt64(try invocation.integer("seed", 0...Int.max) ?? 1)
    let count = UInt64(try invocation.integer("seeds", 1...10_000_000) ?? 1)
    let jobs = try invocation.integer("jobs", 1...64) ?? 1
    let only = try invocation.value("only").map { try deeds($0, invocation) }
    let least = try least(invocation)
    let traces = invocation.has("trace")
    keepMemory()
    let began = MonotonicClock.now
    let next = Atomic<UInt64>(first)
    let total = Lock(Total())
    let work: @Sendable () -> Void = {
      while true {
        let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard seed < first + count, total.withLock({ $0.failed.count < 20 && $0.trouble == nil }) else {
          return
        }
        runStory(seed, only, traces, total)
        printProgress(count, total)
      }
    }
    if jobs == 1 {
      work()
    } else {
      let workers = try (0..<jobs).map { index in
        try Worker.start(name: "story \(index)", stackSize: 8 << 20, work)
      }
      for worker in workers { worker.join() }
    }
    let result = total.withLock { $0 }
    if let trouble = result.trouble { throw Failure(.software, "the simulation cannot go on: \(trouble)") }
    if !invocation.has("no-shrink"), only == nil {
      for failure in result.failed.sorted(by: { $0.seed < $1.seed }).prefix(5) {
        try shrink(failure.seed, failure.violation)
      }
    }
    let seconds = (MonotonicClock.now - began).wholeNanoseconds / 1_000_000_000
    let digest = count == 1 ? result.digest.map { ", trace \(String($0, radix: 16))" } ?? "" : ""
    try Output.line(
      "\(result.stories) stories, \(result.failed.count) broke a promise: \(result.segments) segments, "
        + "\(result.optOuts) opt-outs, "
        + "\(result.events) events, \(result.faults) faults, \(result.crashes) crashes, \(seconds) s\(digest)"
    )
    let isCovered = try tellCoverage(result.coverage, least, isWanted: invocation.has("coverage"))
    return result.failed.isEmpty && isCovered ? .ok : .found
  }

  // MARK: Coverage

  /// `12,2`: how often each method has to be answered, and how often refused.
  private static func least(_ invocation: Invocation) throws -> (answered: Int, refused: Int)? {
    guard let text = invocation.value("coverage-at-least") else { return nil }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let answered = parts[0], let refused = parts[1], answered >= 0, refused >= 0
    else {
      throw invocation.usage("--coverage-at-least: expected two numbers as 12,2, found \"\(text)\"")
    }
    return (answered, refused)
  }

  /// - Returns: whether each method came as often as it has to.
  private static func tellCoverage(
    _ coverage: Coverage, _ least: (answered: Int, refused: Int)?, isWanted: Bool
  ) throws -> Bool {
    if isWanted || least != nil { try Output.line(coverage.table) }
    let never = coverage.below(answered: 1, refused: 1)
    if isWanted, !never.isEmpty {
      try Output.line("never answered, or never refused: \(never.joined(separator: ", "))")
    }
    guard let least else { return true }
    let missing = coverage.below(answered: least.answered, refused: least.refused)
    if !missing.isEmpty {
      Output.error("not often enough: \(missing.joined(separator: ", "))")
    }
    return missing.isEmpty
  }

  /// A world is some megabytes of memory, made and freed again: a tenth of the time went into giving it back to the kernel.
  private static func keepMemory() {
    mallopt(M_MMAP_THRESHOLD, 1 << 30)
    mallopt(M_TRIM_THRESHOLD, 1 << 30)
    mallopt(M_TOP_PAD, 16 << 20)
  }

  private static func runStory(
    _ seed: UInt64, _ only: Set<Int>?, _ traces: Bool, _ total: borrowing Lock<Total>
  ) {
    do {
      let trace: ((String) -> Void)? = traces ? { line in try? Output.line(line) } : nil
      let outcome = try Simulation(Story(seed: seed, only: only), tell: trace).run()
      total.withLock { total in
        total.stories += 1
        total.segments += outcome.segments
        total.optOuts += outcome.optOuts
        total.events += outcome.events
        total.crashes += outcome.crashes
        total.faults += outcome.faults
        total.coverage.add(outcome.coverage)
        total.digest = outcome.digest
        if let violation = outcome.violation { total.failed.append((seed, violation)) }
      }
      if let violation = outcome.violation {
        try? Output.line("seed \(seed): \(violation.invariant): \(violation.detail)")
      }
    } catch {
      total.withLock { $0.trouble = "seed \(seed): \(error)" }
    }
  }

  /// Once a minute, on standard error.
  private static func printProgress(_ count: UInt64, _ total: borrowing Lock<Total>) {
    let now = MonotonicClock.now
    let line: String? = total.withLock { total in
      guard now - total.printedAt >= .seconds(60) else { return nil }
      total.printedAt = now
      return "\(total.stories) of \(count) stories, \(total.failed.count) broke a promise"
    }
    if let line { Output.error(line) }
  }

  private static func shrink(_ seed: UInt64, _ violation: Violation) throws {
    var shrinker = Shrinker(seed: seed, violation: violation)
    let left = try shrinker.shrink()
    let story = Story(seed: seed, only: Set(left))
    try Output.line("the shortest story of seed \(seed):")
    for line in story.lines { try Output.line("  \(line)") }
    try Output.line(
      "  again: tollgate-lab simulate --seed \(seed) --only \(left.map(String.init).joined(separator: ",")) --trace"
    )
  }

  /// `3,17,22-30`.
  private static func deeds(_ text: String, _ invocation: Invocation) throws -> Set<Int> {
    var found: Set<Int> = []
    for item in text.split(separator: ",") {
      let ends = item.split(separator: "-").map { Int($0) }
      switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
      case (1, let number?, _): found.insert(number)
      case (2, let from?, let to?) where from <= to && to - from < 1_000_000: found.formUnion(from...to)
      default: throw invocation.usage("--only: expected numbers such as 3,17,22-30, found \"\(item)\"")
      }
    }
    return found
  }
}
