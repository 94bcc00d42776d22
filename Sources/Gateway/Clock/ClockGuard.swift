/// The time the rules go by: the wall clock, for as long as it goes as a steady clock does.
///
/// Small steps, forwards or backwards, are taken as they come. One of more than an hour is not believed: time goes on as before
/// it, until a person accepts the clock, or it comes back by itself.
struct ClockGuard {
  /// Milliseconds the wall clock may step by at once. Time zones and daylight saving do not move it; an hour is what a machine
  /// that was set by hand is wrong by.
  static let tolerated: Int64 = 3_600_000

  struct Jump: Equatable {
    /// Milliseconds since 1970 UTC: what the time would have been.
    var before: Int64
    /// What the clock said.
    var after: Int64
  }

  /// What the rules have to write down, and have not yet.
  enum News: Equatable {
    case jumped(Jump)
    case cameBack
  }

  private(set) var isHeld: Bool
  private(set) var news: News?
  /// The wall clock less the steady one, as believed.
  private var lead: Int64
  /// The same as it was last seen.
  private var seen: Int64

  /// Believes the clock.
  init(wall: Int64, steady: Int64) {
    lead = wall - steady
    seen = lead
    isHeld = false
  }

  /// Time goes on from a moment, whatever the clock says: it jumped before this process began.
  init(heldAt time: Int64, steady: Int64, isNews jump: Jump? = nil) {
    lead = time - steady
    seen = lead
    isHeld = true
    news = jump.map { .jumped($0) }
  }

  /// The time, from one reading of both clocks, in milliseconds.
  mutating func time(wall: Int64, steady: Int64) -> Int64 {
    seen = wall - steady
    let isNear = abs(seen - lead) <= ClockGuard.tolerated
    if isHeld {
      if isNear {
        isHeld = false
        // A jump that was not announced did not happen.
        news = news == nil ? .cameBack : nil
      }
    } else if !isNear {
      isHeld = true
      news = .jumped(Jump(before: steady + lead, after: wall))
    }
    if !isHeld { lead = seen }
    return steady + lead
  }

  /// A person has said that the clock is right.
  mutating func accept() {
    lead = seen
    isHeld = false
    news = nil
  }

  /// The news is committed.
  mutating func announced() { news = nil }
}
