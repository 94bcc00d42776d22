import Contract
import Testing

@testable import Simulation

/// The simulation itself: that it is what it says. `tollgate-lab simulate` tells more stories than a test has time for.
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

  @Test("Stories order every method that changes state, and order it in vain, often enough to count on it")
  func orders() {
    var ordered = Coverage()
    for seed in 0..<720 as Range<UInt64> {
      for deed in Story(seed: seed).deeds {
        if case .order(let order) = deed.kind { ordered.note(order.method, isAnswered: !order.isRefused) }
      }
    }
    #expect(Coverage.methods.count == 79)
    #expect(ordered.below(answered: 150, refused: 75) == [])
  }

  @Test("A story drives what it orders: what was answered and what was refused is counted by method")
  func coverage() throws {
    var all = Coverage()
    for seed in [1, 2] as [UInt64] { all.add(try Simulation(Story(seed: seed)).run().coverage) }
    #expect(all[.messageSend].answered > 50)
    #expect(Coverage.methods.count { all[$0].answered > 0 } > 20)
    #expect(Coverage.methods.count { all[$0].refused > 0 } > 8)
    #expect(all.below(answered: 100_000, refused: 0).count == Coverage.methods.count)
    #expect(all.table.split(separator: "\n").count == Coverage.methods.count + 1)
  }

  @Test("A world in which nobody does anything comes to rest with nothing sent")
  func quiet() throws {
    let outcome = try Simulation(Story(seed: 3, only: [])).run()
    #expect(outcome.violation == nil)
    #expect(outcome.segments == 0 && outcome.crashes == 0)
  }

  /// Found by seed 20261128093: a lane whose turn for a permit had come kept the loop awake until the process ended.
  @Test(
    "A process that ends while a carrier owes answers sleeps, whatever waits to be sent",
    arguments: [2, 3, 5, 6] as [UInt64])
  func endsQuietly(seed: UInt64) throws {
    var story = Story(seed: seed, only: [])
    var deeds: [(at: Int64, kind: Story.Deed.Kind)] = [(1_200, .campaign(parts: 1, copyToRep: false))]
    for carrier in 0...1 {
      deeds.append((1_250, .throttling(carrier: carrier, .milliseconds(2_000))))
      deeds.append((1_900, .lostAnswers(carrier: carrier, .seconds(3))))
    }
    deeds.append((2_500, .stop))
    deeds += (0..<100).map { (2_510, .send(phone: $0, parts: 1)) }
    for (number, deed) in deeds.enumerated() {
      story.deeds.append(.init(number: number, at: .milliseconds(deed.at), kind: deed.kind))
    }
    #expect(try Simulation(story).run().violation == nil)
  }

  @Test(
    "A failing story is made as short as it can be",
    arguments: [[3], [0, 119], [17, 18, 64], Array(40...52)])
  func shrinks(culprits: [Int]) throws {
    var told = 0
    var shrinker = Shrinker(Array(0..<120), tells: 1_000) { deeds in
      told += 1
      return Set(culprits).isSubset(of: deeds)
    }
    #expect(try shrinker.shrink() == culprits)
    #expect(told < 400)
  }

  @Test("It tells no more stories than it may, and what is left still fails")
  func shrinksWithinBounds() throws {
    var told = 0
    var shrinker = Shrinker(Array(0..<1_000), tells: 25) { deeds in
      told += 1
      return deeds.contains(700) && deeds.contains(2)
    }
    let left = try shrinker.shrink()
    #expect(told == 25)
    #expect(left.contains(700) && left.contains(2) && left.count < 1_000)
  }
}
