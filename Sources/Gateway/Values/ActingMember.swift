import Contract

/// A member in whose open session a request acts.
struct ActingMember: Equatable {
  let id: Int64
  let session: Int64
  let roles: Set<MemberRole>
  /// The rep who the member is.
  let rep: Int64?
  /// The only thread that the session is for: the link of an alert opened it.
  var thread: Int64? = nil
  /// When the session was found to be open, in milliseconds since 1970 UTC.
  let at: Int64

  /// Whether all threads of the member's queues are the member's to see, and to give to others.
  var supervises: Bool { thread == nil && roles.contains(.supervisor) }

  /// Whether threads and contacts of the whole company are the member's to see.
  var seesAll: Bool { thread == nil && !roles.isDisjoint(with: [.manager, .operator, .admin]) }

  /// Whether one of the roles gives a method.
  func may(_ method: Method) -> Bool {
    guard thread == nil || ActingMember.ofLinks.contains(method) else { return false }
    return ActingMember.everybodys.contains(method)
      || roles.contains { ActingMember.rights[$0]?.contains(method) ?? false }
  }

  private static let everybodys: Set<Method> = [.sessionGet, .sessionList, .sessionClose]

  /// What whoever answers a thread does in it.
  private static let ofAnswering = methods(
    "conversation.list", "conversation.get", "conversation.messages", "conversation.mark_read",
    "conversation.why", "conversation.snooze", "conversation.wake", "conversation.complete", "message.send",
    "contact.get",
    "inbox.list", "disposition.*", "conversation.open", "note.*", "draft.*", "lease.*", "template.list",
    "template.render", "search.find")
  /// What remains of it in a session that a link opened.
  private static let ofLinks = methods(
    "session.get", "session.close", "conversation.get", "conversation.open", "conversation.messages",
    "conversation.mark_read", "conversation.complete", "message.send", "note.*", "draft.*", "lease.*",
    "template.list", "template.render")
  private static let ofLeads = methods("lead.list", "lead.get", "lead.claim", "lead.mark_hot", "lead.close")
  private static let ofTemplates = methods("template.*")
  private static let ofAbsences = methods("absence.*", "calendar.*")
  private static let ofQueues = methods(
    "queue.list", "queue.get", "serve.*", "conversation.release", "conversation.transfer", "member.presence")

  private static let rights: [MemberRole: Set<Method>] = [
    .rep: ofAnswering.union(ofTemplates).union(ofLeads).union(ofAbsences),
    .agent: ofAnswering.union(ofQueues),
    .supervisor: ofAnswering.union(ofQueues).union(ofTemplates).union(
      methods("conversation.take", "queue.join", "queue.leave", "member.list", "member.get")),
    .manager: methods(
      "campaign.*", "contact.*", "group.*", "consent.*", "conversation.*", "message.*", "rep.list", "rep.get",
      "number.list", "number.get", "member.list", "member.get", "status", "queue.*", "inbox.list",
      "disposition.*", "note.*", "draft.*", "lease.*", "template.*", "search.find", "member.presence",
      "number.set_queue", "lead.*", "keyword.*"
    ).union(ofQueues).union(ofAbsences),
    .operator: methods(
      "carrier.list", "carrier.receipts", "number.*", "rep.list", "rep.get", "status", "metrics", "pause",
      "resume", "queue.list", "queue.get", "verify"),
    .admin: methods("member.*", "rep.*", "queue.*", "status").union(ofAbsences),
  ]

  private static func methods(_ patterns: String...) -> Set<Method> {
    Set(Method.allCases.filter { method in patterns.contains { method.fits($0) } })
  }
}

/// Roles as the store keeps them: a bit each, by their place in the contract.
extension Set<MemberRole> {
  init(bits: Int64) {
    self = Set(
      MemberRole.allCases.enumerated().filter { bits & (1 << Int64($0.offset)) != 0 }.map(\.element))
  }

  var bits: Int64 {
    MemberRole.allCases.enumerated().reduce(0) { $0 | (contains($1.element) ? 1 << Int64($1.offset) : 0) }
  }

  /// In the contract's order.
  var inOrder: [MemberRole] { MemberRole.allCases.filter(contains) }

  /// Whether signing in asks for a code.
  var needSecondFactor: Bool { !isDisjoint(with: [.manager, .operator, .admin, .supervisor]) }
}
