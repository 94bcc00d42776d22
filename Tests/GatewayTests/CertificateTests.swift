import Contract
import Testing

@testable import Gateway

/// When the end of a certificate is told.
@Suite(.worlds) struct CertificateTests {
  private static let day: Int64 = 86_400_000

  private func alarms(_ world: World) throws -> [AlertRaised] {
    try world.events().compactMap { if case .alertRaised(let alert) = $0 { alert } else { nil } }
  }

  private func notice(_ notAfter: Int64, isOurs: Bool = true) -> NetworkInput {
    .certificate(
      CertificateNotice(
        carrier: "alpha", isOurs: isOurs, subject: "CN=acme", notAfter: notAfter, day: "2026-12-31"))
  }

  @Test func theAlertIsRaisedOnceThreeWeeksBeforeAndDailyFromThreeDaysBefore() throws {
    let world = try World()
    let end = world.now + 22 * Self.day
    try world.take(notice(end))
    #expect(try alarms(world).isEmpty)

    var told: [AlertSeverity] = []
    // Every hour, from a day before the first alarm to two days after the end.
    for _ in 0..<(24 * 24) {
      world.now += Self.day / 24
      try world.take(notice(end))
      told += try alarms(world).map(\.severity)
    }
    #expect(told == [.warning] + Array(repeating: .critical, count: 6))
  }

  @Test func aRestartDoesNotRaiseTheAlertAgainAndANewCertificateRaisesItsOwn() throws {
    let world = try World()
    let end = world.now + 2 * Self.day
    try world.take(notice(end))
    let first = try alarms(world)
    #expect(first.map(\.alert) == [.certificateExpires])
    #expect(first.first?.subject == "alpha")
    #expect(first.first?.detail == "our certificate CN=acme expires on 2026-12-31")
    try world.restart()
    try world.take(notice(end))
    #expect(try alarms(world).isEmpty)
    try world.take(notice(end, isOurs: false))
    #expect(try alarms(world).map(\.detail) == ["the carrier's certificate CN=acme expires on 2026-12-31"])
    try world.take(notice(end + 1))
    #expect(try alarms(world).count == 1)
    try world.take(notice(world.now + 100 * Self.day))
    #expect(try alarms(world).isEmpty)
    try world.take(notice(world.now - Self.day))
    #expect(try alarms(world).map(\.detail) == ["our certificate CN=acme has expired (notAfter 2026-12-31)"])
  }
}
