import Testing

/// The worlds a test makes. Each is verified when nobody holds it any more, and at the end of the test at the latest.
final class Worlds: @unchecked Sendable {
  // SAFETY: a test runs on one task, and adds to it from there alone.
  @TaskLocal static var ofTest: Worlds?

  private struct Place { weak var world: World? }
  private var places: [Place] = []

  func add(_ world: World) { places.append(Place(world: world)) }

  fileprivate func verify() {
    for place in places { place.world?.verify() }
  }
}

/// Lets the tests of a suite make worlds, and verifies every one of them: no test can leave that out.
struct WorldsTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let worlds = Worlds()
    defer { worlds.verify() }
    try await Worlds.$ofTest.withValue(worlds) { try await function() }
  }
}

extension Trait where Self == WorldsTrait {
  static var worlds: Self { Self() }
}
