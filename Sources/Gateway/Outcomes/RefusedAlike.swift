import Contract
import Settings
import Store

/// Notices a number whose texts all fail for the same reason: its carrier wants nothing of it, whatever the reason says of each text.
final class RefusedAlike {
  private struct Streak {
    var error: String
    /// Whose texts failed.
    var phones: Set<Int64>
  }

  private let settings: GatewaySettings
  private let numbers: NumberStates
  private let counts: CarrierCountTable
  /// Of numbers whose last text failed.
  private var streaks: [NumberID: Streak] = [:]
  private var streaksBefore: [NumberID: Streak] = [:]

  init(_ settings: GatewaySettings, _ numbers: NumberStates, _ counts: CarrierCountTable) {
    self.settings = settings
    self.numbers = numbers
    self.counts = counts
  }

  func begin() { streaksBefore = streaks }

  /// The batch is lost.
  func reload() { streaks = streaksBefore }

  /// A text arrived, or was accepted where no receipt is to come.
  func arrived(from number: NumberID) {
    if !streaks.isEmpty { streaks[number] = nil }
  }

  /// A text failed. One phone counts once: it may be the phone that is at fault.
  func failed(_ flight: Flight, error: String) throws(StoreError) {
    let number = flight.number
    var streak = streaks[number] ?? Streak(error: error, phones: [])
    if streak.error != error { streak = Streak(error: error, phones: []) }
    streak.phones.insert(flight.phone)
    guard streak.phones.count >= settings.refusedAlike else {
      streaks[number] = streak
      return
    }
    streaks[number] = nil
    counts.count(flight.carrier, .numbersRefusedAlike)
    try numbers.pause(
      number, because: "the texts to \(streak.phones.count) phones in a row failed with \(error)")
  }
}
