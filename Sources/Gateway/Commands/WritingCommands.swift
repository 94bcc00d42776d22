import Contract
import Store

/// `note.*`, `draft.*`, `lease.*`: what people write in a thread beside what they send.
struct WritingCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let conversations: ConversationTable
  let episodes: EpisodeTable
  let writing: Writing

  func add(_ params: NoteAdd, _ caller: Requester) throws(APIError) -> Decision {
    let (conversation, number) = try known(params.conversationID, caller)
    guard !params.text.isBlank else { throw .refused(.emptyText) }
    try check(params.text, CommandLimits.note)
    return Decision { () throws(StoreError) in
      NoteView(
        try writing.leave(
          .init(conversation: conversation.id, member: caller.member?.id, text: params.text, at: now), number)
      )
    }
  }

  func put(_ params: DraftPut, _ caller: Requester) throws(APIError) -> Decision {
    let member = try acting(caller)
    let (conversation, _) = try known(params.conversationID, caller)
    try check(params.text, CommandLimits.text)
    let known = try read(try writing.drafts.draft(of: member, in: conversation.id))
    if let revision = params.revision, revision != Int(known.revision) {
      throw .refused(.notSeen, "the draft's revision is \(known.revision)", field: "revision")
    }
    return Decision { () throws(StoreError) in
      try writing.keep(params.text, of: member, in: conversation.id)
      return DraftView(
        try writing.drafts.draft(of: member, in: conversation.id), in: params.conversationID)
    }
  }

  func hold(_ params: LeaseHold, _ caller: Requester) throws(APIError) -> Decision {
    let member = try acting(caller)
    let (conversation, _) = try known(params.conversationID, caller)
    let scope = caller.scope
    let isOwn = try isOwn(conversation.id, ownedBy: conversation.ownerRep, scope, episodes)
    guard scope.member == nil || isOwn else {
      throw APIError(.forbidden, "the conversation is not yours to answer")
    }
    if let other = try read(try writing.writer(in: conversation.id, besides: member)) { throw .leased(other) }
    return Decision { () throws(StoreError) in
      let lease = DraftTable.Lease(member: member, until: now + DraftTable.held)
      try writing.drafts.hold(lease, in: conversation.id)
      return LeaseView(lease, in: params.conversationID)
    }
  }

  func drop(_ params: LeaseDrop, _ caller: Requester) throws(APIError) -> Decision {
    let member = try acting(caller)
    if let thread = caller.member?.thread, thread != params.conversationID.value {
      throw .notFound("conversation", params.conversationID)
    }
    // Also of a thread that the member sees no more.
    return Decision { () throws(StoreError) in
      try writing.drafts.drop(of: member, in: params.conversationID.value)
      return Done()
    }
  }

  private func known(_ id: ConversationID, _ caller: Requester) throws(APIError) -> (Conversation, Number) {
    try known(id, conversations, directory, episodes, caller)
  }

  /// What the schema says, for callers inside the process.
  private func check(_ text: String, _ most: Int) throws(APIError) {
    guard text.unicodeScalars.count <= most else { throw .invalid("text", "at most \(most) characters") }
  }
}

extension CommandRules {
  /// The member in whose session a request acts.
  func acting(_ caller: Requester) throws(APIError) -> Int64 {
    guard let member = caller.member else { throw APIError.noSession }
    return member.id
  }
}

extension APIError {
  static func leased(_ lease: DraftTable.Lease) -> APIError {
    .refused(
      .leased,
      "\(MemberID(lease.member)) is writing there, until \(Timestamp(milliseconds: lease.until)) unless they send first"
    )
  }
}
