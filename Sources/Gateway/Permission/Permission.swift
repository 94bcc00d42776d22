import Contract
import Settings
import Store

/// Whether a text may leave.
enum Verdict: Equatable {
  case go
  /// The text may never leave: it ends with this reason.
  case never(Refusal)
  /// The text may not leave yet. Ask again at this time, in milliseconds since 1970 UTC.
  case notBefore(Int64, WaitCause)
}

/// Why a text must wait.
enum WaitCause {
  /// The wall clock jumped, so nobody knows whether the text's time is over.
  case clockHeld
}

/// What permission needs to know about a text.
struct TextInQuestion {
  var phone: Int64
  var number: Number
  var traffic: TrafficClass
  /// When the text becomes useless, in milliseconds since 1970 UTC; nil: never.
  var notAfter: Int64?
}

/// The one place that decides whether a text may leave.
///
/// Accepting, planning, filling, claiming, putting back and sending again all ask here, so that no path has rules of its own. The
/// verdict covers the network's block, opt-outs, go-live, the brand's countries and the text's own time limit.
struct Permission {
  let directory: Directory
  let consent: Consent
  let clock: GatewayClock
  let settings: GatewaySettings

  /// Milliseconds until a text that waits for the clock is checked again.
  static let clockLook: Int64 = 1_000

  func verdict(_ text: TextInQuestion) throws(StoreError) -> Verdict {
    if text.traffic.isPrivate, directory.rep(withMobile: text.phone)?.alertBy.texts == false {
      return .never(.optedOut)
    }
    let isOrdinary = !text.traffic.isPrivate && !text.traffic.isAnswer
    if isOrdinary {
      if let refusal = refusal(of: text.phone, text.number) { return .never(refusal) }
    }
    // Only the confirmation passes an opt-out.
    if text.traffic != .confirmation {
      let scopes = try consent.scopes(of: text.phone).filter { $0.covers(text.number.id) }
      if scopes.contains(.network(text.number.id)), scopes.count == 1 { return .never(.networkBlocked) }
      if !scopes.isEmpty { return .never(.optedOut) }
    }
    if !directory.isReachable(text.phone) { return .never(.notLive) }
    if isOrdinary, text.number.sendRoutes.isEmpty { return .never(.noRoute) }
    guard let notAfter = text.notAfter else { return .go }
    if clock.isHeld, text.traffic != .confirmation {
      return .notBefore(clock.now + Permission.clockLook, .clockHeld)
    }
    return notAfter <= clock.now ? .never(.tooLate) : .go
  }

  /// Why a number may not text this phone at all; nil: it may.
  private func refusal(of phone: Int64, _ number: Number) -> Refusal? {
    // Short codes are stored as negative integers. A text from one of our numbers to another would be a conversation with ourselves.
    if phone < 0 || directory.isOurs(phone) { return .notTextable }
    // What a rep writes is the rep's, to whichever number: a colleague's thread would never get an answer.
    if directory.rep(withMobile: phone) != nil { return .privateMobile }
    if settings.isNorthAmerican, !PhoneNumber.isNorthAmerican(packed: phone) { return .countryNotEnabled }
    return nil
  }
}

extension PhoneNumber {
  /// Whether a packed E.164 number has country code 1: eleven digits that begin with 1.
  static func isNorthAmerican(packed: Int64) -> Bool { packed / 10_000_000_000 == 1 }
}

extension GatewaySettings {
  /// Whether the brand texts only phones with country code 1.
  var isNorthAmerican: Bool { brand.country == "US" || brand.country == "CA" }
}

/// Thrown by decisions about one contact of many.
extension Refusal: Error {}
