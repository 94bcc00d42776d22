import Store

/// Plans that nobody committed in time: their recipients are removed, a slice at a time.
final class ExpiredPlans {
  /// Recipients that leave at a time.
  static let slice: Int64 = 1_000

  private let table: CampaignTable
  /// Expired plans that still have recipients.
  private var left: [Int64] = []

  init(_ table: CampaignTable) throws(StoreError) {
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) { left = try table.expiredWithRecipients() }

  /// Whether recipients wait to be removed.
  var isDue: Bool { !left.isEmpty }

  /// - Returns: the plans that expired now.
  func expire(before time: Int64) throws(StoreError) -> [(id: Int64, name: String?, recipients: Int64)] {
    let expired = try table.expirePlans(before: time).sorted { $0.id < $1.id }
    left += expired.map(\.id)
    return expired
  }

  func removeSome() throws(StoreError) {
    guard let plan = left.first else { return }
    if try table.removeRecipients(of: plan, limit: ExpiredPlans.slice) == 0 { left.removeFirst() }
  }
}
