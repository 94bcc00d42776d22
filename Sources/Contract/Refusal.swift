/// Why the gateway will not do what was asked: `data.reason` of error -32030. Closed: within protocol 1 it only grows.
public enum Refusal: String, Codable, Sendable, CaseIterable {
  /// The phone has opted out, of the brand or of the number.
  case optedOut = "opted_out"
  /// The toll-free network blocks (number, phone); only a START to the network lifts it.
  case networkBlocked = "network_blocked"
  /// `from` is no number of ours, or `to` no usable phone.
  case unknownNumber = "unknown_number"
  /// The phone cannot receive texts: it is a short code, or a carrier has said so.
  case notTextable = "not_textable"
  /// The phone's country is not one the brand texts.
  case countryNotEnabled = "country_not_enabled"
  /// The phone is a rep's private mobile and may not be texted as a contact from here.
  case privateMobile = "private_mobile"
  /// The number's lane holds as many messages as it may.
  case queueFull = "queue_full"
  /// The text needs more segments than a message may have.
  case tooLong = "too_long"
  /// The text is empty, or nothing but white space.
  case emptyText = "empty_text"
  /// No carrier carries the number outbound.
  case noRoute = "no_route"
  /// The rep has no home number, and none was named.
  case noNumber = "no_number"
  /// The rep is not active.
  case repInactive = "rep_inactive"
  /// The contact has no owner, and no sender was named.
  case noOwner = "no_owner"
  /// The contact has no phone.
  case noPhone = "no_phone"
  /// `not_after` is already past.
  case tooLate = "too_late"
  /// The plan was not committed within 24 h.
  case planExpired = "plan_expired"
  /// What the plan was made of has changed too much to commit it.
  case planChanged = "plan_changed"
  /// The audience has nobody who may be texted.
  case emptyAudience = "empty_audience"
  /// A merge field is missing for a contact and has no default; `data.field` names it, `data.contacts` counts them.
  case missingField = "missing_field"
  /// The message or campaign is final: nothing is left to change.
  case alreadyFinal = "already_final"
  /// The campaign is not in a state that allows this.
  case wrongState = "wrong_state"
  /// It is there already: a number, a group's name, a phone twice in one audience.
  case duplicate
  /// A field's value cannot be used; `data.field` names it.
  case invalidField = "invalid_field"
  /// A limit on how many there may be is reached; `data.limit` names it.
  case limitReached = "limit_reached"
  /// The named carrier is not in the configuration.
  case unknownCarrier = "unknown_carrier"
  /// A rule of the gateway forbids it for messages of this class.
  case notAllowed = "not_allowed"
  /// The gateway is not live, and the phone is none of the test phones.
  case notLive = "not_live"
}
