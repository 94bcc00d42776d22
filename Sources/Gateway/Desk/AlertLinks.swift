import Contract
import Settings
import Store

/// The links in alerts: each leads the rep who was alerted to the one conversation that the alert is about.
struct AlertLinks: Part {
  /// Milliseconds for which a link may be used, once.
  static let lasts: Int64 = 86_400_000

  let outbox: Outbox
  let settings: GatewaySettings
  let members: MemberTable
  let conversations: ConversationTable
  let table: LinkTable
  let secrets: Secrets

  /// The member who is a rep, while both may answer.
  func member(who rep: Int64) throws(StoreError) -> MemberTable.MemberRow? {
    try members.member(rep: rep).flatMap { $0.isActive ? $0 : nil }
  }

  /// A newer alert about a conversation: the rep's older links into it end.
  func renew(_ rep: Int64, _ conversation: Int64) throws(StoreError) {
    guard settings.desk?.alertLink == .once else { return }
    try table.remove(of: rep, into: conversation)
  }

  /// A link into a conversation; nil: the desk has no address, the rep is no member who signs in, or the conversation went to somebody else
  /// while the alert waited.
  ///
  /// Each way of an alert has a link of its own: whoever gets hold of one has used up that one alone.
  func link(for rep: Int64, into conversation: Int64) throws(StoreError) -> Draft? {
    guard let desk = settings.desk, try member(who: rep) != nil,
      try conversations.find(id: conversation)?.ownerRep == rep
    else { return nil }
    guard desk.alertLink == .once else {
      return Draft(text: "\(desk.address)/c/\(ConversationID(conversation))", row: nil)
    }
    let token = secrets.linkToken()
    return Draft(
      text: "\(desk.address)/a/\(token.text)",
      row: .init(
        token: Self.digest(token), rep: rep, conversation: conversation, expires: now + Self.lasts))
  }

  /// A link that opens something once it is kept.
  struct Draft {
    var text: String
    fileprivate var row: LinkTable.LinkRow?
  }

  func keep(_ link: Draft) throws(StoreError) {
    if let row = link.row { try table.add(row) }
  }

  func find(_ token: LinkToken) throws(StoreError) -> LinkTable.LinkRow? {
    try table.find(Self.digest(token), at: now)
  }

  private static func digest(_ token: LinkToken) -> [UInt8] { Hash.sha256(Array(token.text.utf8)) }

  // MARK: What ends them

  /// A conversation has another owner: others see no more of it by a link, from this transaction on.
  func handedOver(_ conversation: Int64, to rep: Int64?) throws(StoreError) {
    try table.remove(into: conversation, besides: rep)
    try members.closeSessions(on: conversation, besides: rep)
  }

  /// A rep is not active any more.
  func repLeft(_ rep: Int64) throws(StoreError) {
    try table.remove(of: rep)
    try members.closeLinkSessions(of: rep)
  }
}
