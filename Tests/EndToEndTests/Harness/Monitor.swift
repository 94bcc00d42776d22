import Foundation

/// A value that several threads share, and that a test can wait on: every change wakes those who wait.
final class Monitor<Value>: @unchecked Sendable {
  // SAFETY: `value` is only touched with `condition` locked.
  private var value: Value
  private let condition = NSCondition()

  init(_ value: Value) { self.value = value }

  /// Changes the value and wakes everybody who waits for it.
  @discardableResult
  func change<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    return try body(&value)
  }

  func read<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
    condition.lock()
    defer { condition.unlock() }
    return try body(value)
  }

  /// Waits until `body` gives something, looking again after each change; nil after the deadline.
  func wait<Result>(within limit: Duration, for body: (inout Value) throws -> Result?) rethrows -> Result? {
    let deadline = Date(timeIntervalSinceNow: limit.seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let result = try body(&value) { return result }
      if !condition.wait(until: deadline) { return try body(&value) }
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Runs blocking code on a thread of its own, so that the few threads of Swift's pool stay free; the test's task goes
/// along, so that what fails is told of that test.
func blocking<Result: Sendable>(_ body: @Sendable () throws -> Result) async throws -> Result {
  try await withTaskExecutorPreference(BlockingExecutor.shared) {
    do {
      return try body()
    } catch {
      // What the gateway said last is what one wants to read next.
      throw HarnessError("\(error)\n\(GatewayProcess.latest.read { $0?.transcript ?? "" })")
    }
  }
}

private final class BlockingExecutor: TaskExecutor {
  static let shared = BlockingExecutor()
  private let queue = DispatchQueue(label: "end-to-end tests", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
