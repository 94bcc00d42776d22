import SMPP
import Testing

@testable import SMPPSession

/// A hundred gateways lose one SMSC at the same moment.
@Suite struct StormTests {
  static let gateways = 100
  /// What `ReconnectBackoff` guarantees of one session, and so of all of them, in any second.
  static let limitOfOne = 2
  static let limitOfAll = limitOfOne * gateways

  @Test(
    "All are bound again within 2 minutes of the SMSC's return, and never over 2 connects a second each",
    arguments: Storm.Trouble.allCases, 0..<8)
  func restart(trouble: Storm.Trouble, seed: Int) {
    for healsAt in [Duration.seconds(20), .seconds(60), .seconds(600)] {
      if trouble == .alreadyBound, healsAt > .seconds(60) { continue }
      var storm = Storm(links: Self.gateways, seed: seed, trouble: trouble, healsAt: healsAt)
      let bound = storm.run(until: healsAt + .seconds(120))
      #expect(storm.isAllBound, "\(trouble) until \(healsAt), seed \(seed)")
      #expect(bound <= healsAt + .seconds(trouble == .alreadyBound ? 32 : 72))
      #expect(storm.mostInASecond() <= Self.limitOfAll)
      for link in 0..<Self.gateways {
        #expect(storm.mostInASecond(of: link) <= Self.limitOfOne, "session \(link)")
      }
    }
  }

  @Test(
    "The storm dies down: after a minute of failures a hundred gateways connect less than 20 times a second",
    arguments: 0..<6)
  func diesDown(seed: Int) {
    var storm = Storm(links: Self.gateways, seed: seed, trouble: .down, healsAt: .seconds(900))
    _ = storm.run(until: .seconds(300))
    let late = storm.attempts.filter { $0.at >= .seconds(60) }
    for second in 60..<300 {
      let inIt = late.count { $0.at >= .seconds(second) && $0.at < .seconds(second + 1) }
      #expect(inIt < 20, "second \(second)")
    }
    // 37.5 s from one attempt to the next, in the mean.
    #expect(Double(late.count) / 240 < 4)
  }

  @Test("The sessions of one gateway do not come back in step", arguments: 0..<20)
  func notInStep(seed: Int) throws {
    var storm = Storm(links: 8, seed: seed, trouble: .down, healsAt: .seconds(120))
    _ = storm.run(until: .seconds(240))
    // The n-th attempts of all eight, by session: spread over at least a quarter of the ceiling, no two the same.
    for attempt in 0..<6 {
      let times = (0..<8).compactMap { link in
        storm.attempts.filter { $0.link == link }.dropFirst(attempt).first?.at
      }
      #expect(Set(times).count == 8)
      let first = try #require(times.min())
      let last = try #require(times.max())
      #expect(last - first >= .milliseconds(250) * (1 << attempt) / 2, "attempt \(attempt)")
    }
  }
}
