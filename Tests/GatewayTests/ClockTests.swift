import Contract
import Testing

@testable import Gateway

/// The clock, held against a steady one.
@Suite(.worlds) struct ClockTests {
  private static let hour: Int64 = 3_600_000

  @Test(
    "Small steps are taken as they come, however many; an hour and more is held until it is accepted or comes back"
  )
  func guarding() {
    let start: Int64 = 1_795_366_980_000
    var clock = ClockGuard(wall: start, steady: 0)
    var wall = start
    for step in 1...100 {
      wall += 59 * 60_000
      #expect(clock.time(wall: wall, steady: Int64(step)) == wall)
    }
    #expect(clock.news == nil && !clock.isHeld)
    #expect(clock.time(wall: wall - Self.hour, steady: 100) == wall - Self.hour, "an hour is small")

    var jumped = ClockGuard(wall: start, steady: 0)
    #expect(jumped.time(wall: start + 2 * Self.hour, steady: 5) == start + 5)
    #expect(jumped.isHeld)
    #expect(jumped.news == .jumped(.init(before: start + 5, after: start + 2 * Self.hour)))
    jumped.announced()
    #expect(jumped.time(wall: start + 2 * Self.hour + 10, steady: 15) == start + 15, "time goes on")
    #expect(jumped.time(wall: start + 20, steady: 20) == start + 20)
    #expect(!jumped.isHeld && jumped.news == .cameBack)

    var accepted = ClockGuard(wall: start, steady: 0)
    _ = accepted.time(wall: start - 5 * Self.hour, steady: 1)
    #expect(accepted.isHeld)
    accepted.accept()
    #expect(accepted.time(wall: start - 5 * Self.hour + 9, steady: 10) == start - 5 * Self.hour + 9)
    #expect(!accepted.isHeld && accepted.news == nil)

    // A jump and its return before anybody was told have not happened.
    var glitch = ClockGuard(wall: start, steady: 0)
    _ = glitch.time(wall: start + 9 * Self.hour, steady: 1)
    #expect(glitch.time(wall: start + 2, steady: 2) == start + 2)
    #expect(glitch.news == nil && !glitch.isHeld)
  }

  @Test("A jump is told once, also when the batch that told it failed")
  func aJumpIsAnnouncedOnce() throws {
    let world = try World()
    var steady: Int64 = 0
    try world.gateway.watchClock(wall: world.now) { steady }
    world.now += 5 * Self.hour
    steady += 10
    #expect(throws: Never.self) { try world.fail { try $0.housekeep() } }
    #expect(try world.gateway.needsHousekeeping)
    try world.housekeep()
    try world.housekeep()
    let told = try world.events().compactMap { event -> AlertRaised? in
      if case .alertRaised(let alert) = event, alert.alert == .clockJumped { alert } else { nil }
    }
    #expect(told.count == 1 && told.first?.severity == .critical)
    let status: StatusResult = try world.ask(.status(Status()))
    #expect(status.clockHeld != nil)
    let result: ClockAcceptResult = try world.call(.clockAccept(ClockAccept()))
    #expect(result.wasHeld)
    let again: ClockAcceptResult = try world.call(.clockAccept(ClockAccept()))
    #expect(!again.wasHeld)
  }
}
