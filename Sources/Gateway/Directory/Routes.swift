import Carriers
import Contract
import SMPP

/// By which carrier a number sends.
final class Routes {
  private let directory: Directory
  let profiles: [CarrierKey: CarrierProfile]
  /// Some carrier takes from messages what is in its own optional parameters.
  let haveMessageParameters: Bool
  /// As the profiles say.
  private let segmenters: [CarrierKey: Segmenter]
  /// Of carriers that get long texts in `message_payload`: for peers that take no optional parameters.
  private let plainSegmenters: [CarrierKey: Segmenter]
  /// Carriers with a session that sends, as the loop knows them.
  private var reachable: Set<CarrierKey> = []
  private var reachableBefore: Set<CarrierKey> = []
  /// Of each bound session, whether its peer takes optional parameters.
  private var takesParameters: [CarrierKey: [Int: Bool]] = [:]
  private var takesParametersBefore: [CarrierKey: [Int: Bool]] = [:]

  init(_ directory: Directory, _ carriers: [String: CarrierProfile]) {
    self.directory = directory
    var profiles: [CarrierKey: CarrierProfile] = [:]
    for (id, name) in directory.carriers { profiles[id] = carriers[name] }
    self.profiles = profiles
    haveMessageParameters = profiles.values.contains(where: \.takesMessageParameters)
    segmenters = profiles.mapValues(\.segmenter)
    plainSegmenters = profiles.filter { $0.value.longMessages == .payload }.mapValues { profile in
      var plain = profile
      plain.longMessages = .udh8
      return plain.segmenter
    }
  }

  func begin() {
    reachableBefore = reachable
    takesParametersBefore = takesParameters
  }

  /// The batch is lost.
  func reload() {
    reachable = reachableBefore
    takesParameters = takesParametersBefore
  }

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
    number.sendRoutes.first.flatMap { segmenter(of: $0.carrier) }
  }

  /// What cuts a carrier's texts. `message_payload` is for a carrier that is known to take it: one whose bound sessions all do.
  func segmenter(of carrier: CarrierKey) -> Segmenter? {
    guard let plain = plainSegmenters[carrier] else { return segmenters[carrier] }
    return takesPayload(carrier) ? segmenters[carrier] : plain
  }

  private func takesPayload(_ carrier: CarrierKey) -> Bool {
    guard let sessions = takesParameters[carrier], !sessions.isEmpty else { return false }
    return sessions.values.allSatisfy { $0 }
  }

  /// A text as it was cut when it was accepted, in so many segments; nil where the carrier cannot have it so.
  func plan(_ text: String, for carrier: CarrierKey, in segments: Int) -> SegmentPlan? {
    guard let plan = segmenters[carrier]?.plan(text) else { return nil }
    if plan.count == segments { return takes(plan, carrier) ? plan : nil }
    guard let plain = plainSegmenters[carrier]?.plan(text), plain.count == segments else { return nil }
    return plain
  }

  /// Whether all sessions of a carrier take a text as it is cut.
  func takes(_ plan: SegmentPlan, _ carrier: CarrierKey) -> Bool {
    !plan.needsParameters || takesPayload(carrier)
  }

  /// A session came or went.
  func bound(_ change: BindChange) {
    guard plainSegmenters[change.carrier] != nil else { return }
    takesParameters[change.carrier, default: [:]][change.session] = change.takesParameters
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
