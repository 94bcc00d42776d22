import Contract
import Testing

@testable import Gateway

/// When the end of a certificate is told.
@Suite(.worlds) struct CertificateTests {
  private static let day: Int64 = 86_400_000

  private func alarms(_ world: World) throws -> [AlertRaised] {
    try world.events().compactMap { if case .alertRaised(let alert) = $0 { alert } else { nil } }
  }

  private func notice(_ notAfter: Int64, kind: CertificateNotice.Kind = .ours) -> NetworkInput {
    .certificate(
      CertificateNotice(
        carrier: "alpha", kind: kind, subject: "CN=acme", notAfter: notAfter, day: "2026-12-31"))
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

  @Test func aListOfRevokedCertificatesIsToldOnlyRightBeforeItsEndAndDailyAfterwards() throws {
    let world = try World()
    let end = world.now + 3 * Self.day
    var told: [AlertRaised] = []
    for _ in 0..<(24 * 5) {
      try world.take(notice(end, kind: .revocations))
      told += try alarms(world)
      world.now += Self.day / 24
    }
    #expect(told.map(\.severity) == [.critical, .critical, .critical])
    #expect(
      told.first?.detail
        == "the list of revoked certificates of CN=acme expires on 2026-12-31; then every certificate of this "
        + "authority is refused")
    #expect(told.last?.detail.contains("CN=acme has expired (nextUpdate 2026-12-31)") == true)
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
    try world.take(notice(end, kind: .theirs))
    #expect(try alarms(world).map(\.detail) == ["the carrier's certificate CN=acme expires on 2026-12-31"])
    try world.take(notice(end + 1))
    #expect(try alarms(world).count == 1)
    try world.take(notice(world.now + 100 * Self.day))
    #expect(try alarms(world).isEmpty)
    try world.take(notice(world.now - Self.day))
    #expect(try alarms(world).map(\.detail) == ["our certificate CN=acme has expired (notAfter 2026-12-31)"])
  }
}
