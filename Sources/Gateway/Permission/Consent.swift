import Contract
import Settings
import Store

/// Which phones must not be texted, with records of when and why.
///
/// Consent belongs to (phone, scope), never to a contact. Records are never changed or removed.
final class Consent: Part {
  let outbox: Outbox
  private let table: ConsentTable
  private let settings: GatewaySettings
  /// Phones with any suppression, so that most look-ups need no query; nil if there are more than `heldInMemory`.
  private var suppressed: Set<Int64>?

  /// How many suppressed phones are kept in memory, at about ten octets each.
  static let heldInMemory = 500_000

  init(_ outbox: Outbox, _ table: ConsentTable, _ settings: GatewaySettings) throws(StoreError) {
    self.outbox = outbox
    self.table = table
    self.settings = settings
    suppressed = []
    try reload()
  }

  /// Reads the suppressed phones from the store: at the start, and after a lost batch.
  func reload() throws(StoreError) { suppressed = try table.phones(atMost: Consent.heldInMemory) }

  /// Phones that another has and this one lacks. To have more is no fault: an opt-in leaves its phone in.
  func lacks(of other: Consent) -> [Int64] {
    guard let suppressed else { return [] }
    return (other.suppressed ?? []).subtracting(suppressed).sorted()
  }

  /// Every scope in which this phone is suppressed.
  func scopes(of phone: Int64) throws(StoreError) -> [SuppressionScope] {
    if let suppressed, !suppressed.contains(phone) { return [] }
    return try table.scopes(of: phone)
  }

  /// Whether a text from `number` to `phone` is forbidden.
  func isSuppressed(_ phone: Int64, from number: NumberID) throws(StoreError) -> Bool {
    if let suppressed, !suppressed.contains(phone) { return false }
    return try table.scopes(of: phone).contains { $0.covers(number) }
  }

  /// Records a revocation.
  /// - Returns: false if the scope was suppressed already; the record is added anyway.
  @discardableResult
  func optOut(_ phone: Int64, _ scope: SuppressionScope, _ evidence: ConsentEvidence) throws(StoreError)
    -> Bool
  {
    let record = try table.record(phone, .optOut, scope, at: now, evidence)
    // The set may have more phones than the store, never fewer: an opt-in leaves the phone in the set.
    suppressed?.insert(phone)
    if let count = suppressed?.count, count > Consent.heldInMemory { suppressed = nil }
    guard try table.close(scope, of: phone, by: record, at: now) else { return false }
    try table.touch(phone, scope, at: now)
    return true
  }

  /// Whether the same words were recorded for an opt-in before.
  func hasOptIn(_ phone: Int64, _ scope: SuppressionScope, _ evidence: String) throws(StoreError) -> Bool {
    try table.hasRecord(phone, .optIn, scope, evidence)
  }

  /// Records that consent was given again.
  /// - Returns: false if nothing was suppressed.
  @discardableResult
  func optIn(_ phone: Int64, _ scope: SuppressionScope, _ evidence: ConsentEvidence) throws(StoreError)
    -> Bool
  {
    try table.record(phone, .optIn, scope, at: now, evidence)
    guard try table.open(scope, of: phone) else { return false }
    try table.touch(phone, scope, at: now)
    return true
  }

  /// The scope of an opt-out sent to a number. The one place that decides this.
  func scope(ofOptOutTo number: Number) -> SuppressionScope {
    switch settings.optOutScope {
    case .brand: .brand
    case .number: .number(number.id)
    }
  }

  func emitChange(
    _ phone: PhoneNumber, _ kind: ConsentKind, _ scope: SuppressionScope, _ number: Number?,
    _ evidence: ConsentEvidence, cancelled: Int
  ) {
    let layer: ConsentLayer
    if case .network = scope { layer = .network } else { layer = .ours }
    emit(
      .consentChanged(
        ConsentChanged(
          phone: phone, kind: kind, scope: scope == .brand ? .brand : .number, number: number?.address,
          layer: layer, source: evidence.source, keyword: evidence.word?.uppercased(),
          messageID: evidence.message.map { MessageID($0) }, consentText: evidence.consentText,
          cancelled: cancelled,
          at: Timestamp(milliseconds: now))))
  }
}
