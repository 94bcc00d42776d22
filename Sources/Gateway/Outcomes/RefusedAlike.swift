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
  private let table: RefusedAlikeTable
  /// Of numbers whose last text failed.
  private var streaks: [NumberID: Streak] = [:]

  init(
    _ settings: GatewaySettings, _ numbers: NumberStates, _ counts: CarrierCountTable,
    _ table: RefusedAlikeTable
  ) throws(StoreError) {
    self.settings = settings
    self.numbers = numbers
    self.counts = counts
    self.table = table
    try reload()
  }

  /// A start, or a batch that is lost.
  func reload() throws(StoreError) {
    streaks.removeAll()
    for (number, phone, error) in try table.all() {
      streaks[number, default: Streak(error: error, phones: [])].phones.insert(phone)
    }
  }

  /// A text arrived, or was accepted where no receipt is to come.
  func arrived(from number: NumberID) throws(StoreError) {
    guard !streaks.isEmpty, streaks.removeValue(forKey: number) != nil else { return }
    try table.forget(number)
  }

  /// A text failed. One phone counts once: it may be the phone that is at fault.
  func failed(_ flight: Flight, error: String) throws(StoreError) {
    let number = flight.number
    var streak = streaks[number] ?? Streak(error: error, phones: [])
    if streak.error != error {
      try table.forget(number)
      streak = Streak(error: error, phones: [])
    }
    let isNew = streak.phones.insert(flight.phone).inserted
    guard streak.phones.count >= settings.refusedAlike else {
      if isNew { try table.add(flight.phone, of: number, error: error) }
      streaks[number] = streak
      return
    }
    streaks[number] = nil
    try table.forget(number)
    counts.count(flight.carrier, .numbersRefusedAlike)
    try numbers.pause(
      number, because: "the texts to \(streak.phones.count) phones in a row failed with \(error)")
  }

  /// What is in memory, in lines.
  var memory: [String] {
    streaks.map { "number \($0): \($1.phones.count) phones, \($1.error)" }.sorted()
  }
}
