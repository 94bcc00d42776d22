import Carriers
import Contract

/// By which carrier a number sends.
extension Gateway {
  /// The first route whose carrier has a session that sends; with none, the first, where its texts wait.
  ///
  /// Only routes that cut a text as the first one does are taken: a text's segments are counted when it is accepted.
  func route(of number: Number) -> Number.Route? {
    guard let first = number.sendRoutes.first else { return nil }
    if number.sendRoutes.count == 1 || reachable.contains(first.carrier) { return first }
    return number.sendRoutes.first { reachable.contains($0.carrier) && cutsAlike($0.carrier, first.carrier) }
      ?? first
  }

  /// Whether two carriers take the same text in the same segments.
  func cutsAlike(_ one: CarrierKey, _ other: CarrierKey) -> Bool {
    guard one != other else { return true }
    guard let one = profiles[one], let other = profiles[other] else { return false }
    return one.defaultAlphabet == other.defaultAlphabet && one.encodings == other.encodings
      && one.longMessages == other.longMessages
  }

  /// A carrier came or went: numbers with another route change over, with all that was not written.
  func reach(_ carrier: CarrierKey, _ isReachable: Bool) throws {
    if isReachable { reachable.insert(carrier) } else { reachable.remove(carrier) }
    if isReachable {
      try holds.end(.noSession, carrier, at: now)
    } else {
      try holds.begin(.noSession, carrier, at: now)
    }
    var moved = 0
    for number in directory.numbers.values.sorted(by: { $0.id < $1.id })
    where number.sendRoutes.count > 1 && number.sendRoutes.contains(where: { $0.carrier == carrier }) {
      let before = toldLanes[number.id]?.carrier
      retellLane(number)
      if toldLanes[number.id]?.carrier != before { moved += 1 }
    }
    guard moved > 0 else { return }
    note(
      .warning,
      "carrier=\(directory.carriers[carrier] ?? "?") event=\(isReachable ? "back" : "lost") numbers=\(moved) send by another route now"
    )
  }
}
