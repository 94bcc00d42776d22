// The octet that stands for a word in a packed event: its place in its enumeration, from 1. The store keeps these
// octets: from the first release on, words are only ever appended to the enumerations below.

/// An enumeration that is one octet in a packed event.
protocol PackedCode: RawRepresentable<String>, CaseIterable, Equatable {
  /// `allCases`, made once.
  static var words: [Self] { get }
}

extension PackedCode {
  var code: UInt8 {
    var place: UInt8 = 1
    for word in Self.words {
      if word == self { break }
      place += 1
    }
    return place
  }

  /// The word of a code; nil for a code of a later version.
  init?(code: UInt8) {
    guard code >= 1, Int(code) <= Self.words.count else { return nil }
    self = Self.words[Int(code) - 1]
  }
}

extension MessageEncoding: PackedCode { static let words = allCases }
extension KeywordClass: PackedCode { static let words = allCases }
extension TextMessageState: PackedCode { static let words = allCases }
extension ConsentKind: PackedCode { static let words = allCases }
extension ConsentScope: PackedCode { static let words = allCases }
extension ConsentLayer: PackedCode { static let words = allCases }
extension ConsentSource: PackedCode { static let words = allCases }
extension ConversationChange: PackedCode { static let words = allCases }
extension CampaignState: PackedCode { static let words = allCases }
extension BindState: PackedCode { static let words = allCases }
extension NumberState: PackedCode { static let words = allCases }
extension AlertSeverity: PackedCode { static let words = allCases }
extension AlertCode: PackedCode { static let words = allCases }
extension MessageClass: PackedCode { static let words = allCases }
extension NumberKind: PackedCode { static let words = allCases }
extension RouteDirection: PackedCode { static let words = allCases }
extension MemberRole: PackedCode { static let words = allCases }
extension Presence: PackedCode { static let words = allCases }
extension EpisodeState: PackedCode { static let words = allCases }
extension EpisodeReason: PackedCode { static let words = allCases }
extension AlertBy: PackedCode { static let words = allCases }
extension AbsenceState: PackedCode { static let words = allCases }
extension AbsenceChange: PackedCode { static let words = allCases }
extension GroupChange: PackedCode { static let words = allCases }
extension LeadPhone: PackedCode { static let words = allCases }
extension LeadState: PackedCode { static let words = allCases }
extension LeadChange: PackedCode { static let words = allCases }
extension Refusal: PackedCode { static let words = allCases }
