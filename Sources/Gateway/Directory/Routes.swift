import Carriers
import Contract
import SMPP

/// By which carrier a number sends.
final class Routes {
  private let directory: Directory
  let profiles: [CarrierKey: CarrierProfile]
  let segmenters: [CarrierKey: Segmenter]
  /// Carriers with a session that sends, as the loop knows them.
  private var reachable: Set<CarrierKey> = []
  private var reachableBefore: Set<CarrierKey> = []

  init(_ directory: Directory, _ carriers: [String: CarrierProfile]) {
    self.directory = directory
    var profiles: [CarrierKey: CarrierProfile] = [:]
    for (id, name) in directory.carriers { profiles[id] = carriers[name] }
    self.profiles = profiles
    segmenters = profiles.mapValues(\.segmenter)
  }

  func begin() { reachableBefore = reachable }

  /// The batch is lost.
  func reload() { reachable = reachableBefore }

  /// The first route whose carrier has a session that sends; with none, the first, where its texts wait.
  ///
  /// Only routes that cut a text as the first one does are taken: a text's segments are counted when it is accepted.
  func route(of number: Number) -> Number.Route? {
    guard let first = number.sendRoutes.first else { return nil }
    if number.sendRoutes.count == 1 || reachable.contains(first.carrier) { return first }
    return number.sendRoutes.first { reachable.contains($0.carrier) && cutsAlike($0.carrier, first.carrier) }
      ?? first
  }

  /// What cuts a number's texts into segments; nil where it has no route.
  func segmenter(of number: Number) -> Segmenter? {
    number.sendRoutes.first.flatMap { segmenters[$0.carrier] }
  }

  /// Whether two carriers take the same text in the same segments.
  func cutsAlike(_ one: CarrierKey, _ other: CarrierKey) -> Bool {
    guard one != other else { return true }
    guard let one = profiles[one], let other = profiles[other] else { return false }
    return one.defaultAlphabet == other.defaultAlphabet && one.encodings == other.encodings
      && one.longMessages == other.longMessages
  }

  func canSend(_ number: Number) -> Bool { !directory.pausedAll && number.state != .paused }

  func setting(of number: Number) -> LaneSetting {
    let route = route(of: number)
    return LaneSetting(
      number: number.id, carrier: route?.carrier, rate: route?.rate ?? number.rate, paused: !canSend(number))
  }

  /// A carrier came or went.
  func setReachable(_ carrier: CarrierKey, _ isReachable: Bool) {
    if isReachable { reachable.insert(carrier) } else { reachable.remove(carrier) }
  }
}
