import Contract
import Store

/// Whether a text may leave.
enum Verdict: Equatable {
  case go
  /// It may not, now or later: it ends with this reason.
  case never(Refusal)
  /// It may not yet: asked again at a time in milliseconds since 1970 UTC.
  case notBefore(Int64, WaitCause)
}

/// Why a text that may leave later may not leave now.
enum WaitCause {
  /// The wall clock jumped, and nobody knows whether the text's time is over.
  case clockHeld
}

/// A text as permission is asked for it.
struct TextInQuestion {
  var phone: Int64
  var number: Number
  var traffic: TrafficClass
  /// Milliseconds since 1970 UTC after which it is of no use; nil: no limit.
  var notAfter: Int64?
}

/// The one place that says whether a text may leave.
///
/// Accepting, planning, filling, claiming, putting back and sending again all ask it, so that no path has rules of its own. The
/// network's block, ours, go-live, the countries of the brand and the text's own time are behind it.
struct Permission {
  let directory: Directory
  let consent: Consent
  let clock: GatewayClock
  let settings: GatewaySettings

  /// Milliseconds until a text that waits for the clock is asked about again.
  static let clockLook: Int64 = 1_000

  func verdict(_ text: TextInQuestion) throws(StoreError) -> Verdict {
    if !text.traffic.isPrivate, !text.traffic.isAnswer {
      if let refusal = refusal(of: text.phone, text.number) { return .never(refusal) }
    }
    // The confirmation of an opt-out alone passes it.
    if text.traffic != .confirmation {
      let scopes = try consent.scopes(of: text.phone).filter { $0.covers(text.number.id) }
      if scopes.contains(.network(text.number.id)), scopes.count == 1 { return .never(.networkBlocked) }
      if !scopes.isEmpty { return .never(.optedOut) }
    }
    if !directory.isReachable(text.phone) { return .never(.notLive) }
    guard let notAfter = text.notAfter else { return .go }
    if clock.isHeld, text.traffic != .confirmation {
      return .notBefore(clock.now + Permission.clockLook, .clockHeld)
    }
    return notAfter <= clock.now ? .never(.tooLate) : .go
  }

  /// Why a contact's phone is none that a number texts.
  private func refusal(of phone: Int64, _ number: Number) -> Refusal? {
    // Short codes are stored as negative integers.
    if phone < 0 { return .notTextable }
    if let rep = directory.rep(withMobile: phone), rep.id == number.rep { return .privateMobile }
    if settings.isNorthAmerican, !PhoneNumber.isNorthAmerican(packed: phone) { return .countryNotEnabled }
    if number.sendRoutes.isEmpty { return .noRoute }
    return nil
  }
}

extension PhoneNumber {
  /// Whether an E.164 number, as the store has it, is one of country code 1: eleven digits that begin with 1.
  static func isNorthAmerican(packed: Int64) -> Bool { packed / 10_000_000_000 == 1 }
}

extension GatewaySettings {
  /// The brand texts phones of country code 1 alone.
  var isNorthAmerican: Bool { brand.country == "US" || brand.country == "CA" }
}

/// A reason is what a decision about one contact of many fails with.
extension Refusal: Error {}
