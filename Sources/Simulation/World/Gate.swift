/// Something that commands close and open, as somebody sees it who hears no more than the answers.
///
/// It is closed for certain from a moment after the answer that closed it, unless a command that opens it was under way since.
struct Gate: Hashable {
  /// What the network loop takes to act on what was answered at the same time.
  static let grace = Duration.milliseconds(5)

  private var closedAt: Duration?
  /// Commands that open it and have no answer.
  private var opening = 0
  private var openedAt: Duration = .zero

  mutating func opens() {
    opening += 1
    closedAt = nil
  }

  mutating func opened(at now: Duration) {
    opening -= 1
    openedAt = now
    closedAt = nil
  }

  /// - Parameter asked: when the command that closed it was given for the first time.
  mutating func closed(asked: Duration, at now: Duration) {
    if opening == 0, openedAt < asked { closedAt = closedAt ?? now + Gate.grace }
  }

  /// Whether what began then should not have.
  func forbids(_ began: Duration) -> Bool { closedAt.map { began >= $0 } ?? false }
}

/// A rate that commands change: what may be written within a second is the largest of those that were in force in it.
struct RateInForce {
  private var current: Int
  /// Asked for, and not answered.
  private var asked: [Int] = []
  /// In force until some time, a second included.
  private var former: [(rate: Int, until: Duration)] = []

  init(_ rate: Int) { current = rate }

  mutating func ask(_ rate: Int) { asked.append(rate) }

  mutating func answered(_ rate: Int, isSet: Bool, at now: Duration) {
    if let place = asked.firstIndex(of: rate) { asked.remove(at: place) }
    guard isSet, rate != current else { return }
    former.removeAll { $0.until < now }
    former.append((current, now + .seconds(1) + Gate.grace))
    current = rate
  }

  func most(at now: Duration) -> Int {
    former.reduce(max(current, asked.max() ?? 0)) { now < $1.until ? max($0, $1.rate) : $0 }
  }
}

extension [Int64: Gate] {
  /// The gate of a number or a phone, by its digits; open where nothing has closed it.
  subscript(gate digits: Int64) -> Gate {
    get { self[digits] ?? Gate() }
    set { self[digits] = newValue }
  }
}
