import Testing

@testable import Simulation

/// The simulation itself: that it is what it says. `tollgate simulate` tells more stories than a test has time for.
struct SimulationTests {
  @Test("The same seed tells the same story, step for step")
  func sameSeed() throws {
    var lines: [String] = []
    let first = try Simulation(Story(seed: 11), tell: { lines.append($0) }).run()
    var place = 0
    var differs: String?
    let second = try Simulation(
      Story(seed: 11),
      tell: { line in
        if differs == nil, place >= lines.count || lines[place] != line { differs = line }
        place += 1
      }
    ).run()
    #expect(differs == nil)
    #expect(first.digest == second.digest)
    #expect(place == lines.count && place > 1_000)
  }

  @Test(
    "A story has 2,000 segments, 20 faults and a crash, and keeps every promise",
    arguments: [1, 2, 5, 8] as [UInt64])
  func promises(seed: UInt64) throws {
    let outcome = try Simulation(Story(seed: seed)).run()
    #expect(outcome.violation == nil)
    #expect(outcome.segments >= Story.segments)
    #expect(outcome.faults >= Story.faults)
    #expect(outcome.crashes >= 1)
  }

  @Test(
    "Every seed's story has its faults and a crash in it, and the deeds keep their numbers when some are left out"
  )
  func stories() {
    for seed in 0..<500 as Range<UInt64> {
      let story = Story(seed: seed)
      #expect(story.deeds.count { $0.kind.isFault } >= Story.faults)
      #expect(story.deeds.contains { $0.kind.isCrash })
      let some = Set(story.deedNumbers.filter { $0 % 3 == 0 })
      let fewer = Story(seed: seed, only: some)
      #expect(Set(fewer.deedNumbers) == some)
      for deed in fewer.deeds {
        #expect(story.deeds.contains { $0.number == deed.number && $0.at == deed.at && $0.kind == deed.kind })
      }
    }
  }

  @Test("A world in which nobody does anything comes to rest with nothing sent")
  func quiet() throws {
    let outcome = try Simulation(Story(seed: 3, only: [])).run()
    #expect(outcome.violation == nil)
    #expect(outcome.segments == 0 && outcome.crashes == 0)
  }
}
