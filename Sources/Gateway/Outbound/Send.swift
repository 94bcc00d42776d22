import Contract
import SMPP
import Store

extension Gateway {
  /// `message.send`: durable before it is answered.
  func messageSend(_ params: MessageSend, _ caller: Requester) throws -> MessageSendResult {
    let traffic: TrafficClass
    switch params.class ?? .interactive {
    case .interactive: traffic = .interactive
    case .notice: traffic = .notice
    case .code: traffic = .code
    case .campaign: throw APIError.refused(.notAllowed, "a campaign goes by campaign.plan", field: "class")
    }
    guard params.text.contains(where: { !$0.isWhitespace }) else { throw APIError.refused(.emptyText) }
    if let limit = params.notAfter, limit.milliseconds <= now { throw APIError.refused(.tooLate) }
    let (phone, owner) = try recipient(params.to)
    let number = try sendingNumber(params.from, to: phone, owner: owner, caller)
    guard caller.mayUse(number.address) else {
      throw APIError(.forbidden, "this role may not send from this number")
    }
    try mayText(phone, from: number)
    guard let carrier = number.sendRoutes.first?.carrier, let segmenter = segmenters[carrier] else {
      throw APIError.refused(.noRoute)
    }
    guard let plan = segmenter.plan(params.text), plan.count <= settings.maximumSegments else {
      throw APIError.refused(.tooLong, "at most \(settings.maximumSegments) segments")
    }
    guard lane(number.id).depth + plan.count <= settings.queuePerNumber else {
      throw APIError.refused(.queueFull)
    }
    let conversation = try conversations.findOrOpen(number.id, phone.packed, at: now)
    if conversation.isNew {
      let (owner, _) = try self.owner(of: conversation, number: number)
      announce(conversation, .opened, owner, number)
    }
    let id = messages.reserve(1)
    try messages.insert(
      MessageRow(
        id: id, conversation: conversation.id, phone: phone.packed, number: number.id, outbound: true,
        traffic: traffic,
        campaign: nil,
        accepted: now, text: params.text, encoding: Int64(plan.encoding.stored), segments: plan.count,
        reference: plan.count > 1 ? try conversations.nextReference(conversation.id) : 0,
        notAfter: params.notAfter?.milliseconds
          ?? (traffic == .code ? now + settings.codeLives.wholeMilliseconds : nil)))
    for index in 0..<plan.count {
      try pend(
        PendingSegment(ref: SegmentRef(message: id, index: index), conversation: conversation.id), number.id,
        bulk: false)
    }
    return MessageSendResult(
      messageID: MessageID(id), conversationID: ConversationID(conversation.id), from: number.address,
      to: phone,
      encoding: plan.encoding.word, segments: plan.count, state: .queued)
  }

  private func recipient(_ to: Recipient) throws -> (PhoneNumber, owner: Int64?) {
    switch to {
    case .phone(let phone):
      guard !phone.isShortCode else { throw APIError.refused(.notTextable, field: "to") }
      return (phone, try directory.contacts(of: phone.packed).first?.ownerRep)
    case .contact(let id):
      guard
        let (owner, phone) = try database.map(
          """
          SELECT owner_rep, (SELECT phone FROM contact_phone WHERE contact_id = c.id ORDER BY position LIMIT 1)
          FROM contact c WHERE id = ?1
          """, .int(id.value), read: { ($0.intOrNil(0), $0.intOrNil(1)) }
        ).first
      else { throw APIError.notFound("contact", id) }
      guard let phone = phone.flatMap({ PhoneNumber(packed: $0) }) else { throw APIError.refused(.noPhone) }
      return (phone, owner)
    }
  }

  /// The number a sender stands for.
  func sender(_ from: Sender, _ caller: Requester) throws -> Number {
    switch from {
    case .rep(let id):
      guard let rep = directory.reps[id.value] else { throw APIError.notFound("rep", id) }
      guard rep.active else { throw APIError.refused(.repInactive) }
      guard let number = rep.home.flatMap({ directory.numbers[$0] }) else {
        throw APIError.refused(.noNumber)
      }
      return number
    case .number(let address):
      guard let number = directory.number(at: address) else {
        throw APIError.refused(.unknownNumber, field: "from")
      }
      return number
    }
  }

  /// Who sends when nobody is named: the number of the thread with this phone, else the contact's rep.
  private func sendingNumber(_ from: Sender?, to phone: PhoneNumber, owner: Int64?, _ caller: Requester)
    throws
    -> Number
  {
    let number: Number
    if let from {
      number = try sender(from, caller)
    } else if let thread = try conversations.with(phone: phone.packed).first(where: {
      directory.numbers[$0.number].map { caller.mayUse($0.address) } ?? false
    }), let known = directory.numbers[thread.number] {
      number = known
    } else if let owner {
      number = try sender(.rep(RepID(owner)), caller)
    } else {
      throw APIError.refused(.noOwner, "name the sender in from")
    }
    return number
  }

  /// Whether a number may text a phone at all.
  func mayText(_ phone: PhoneNumber, from number: Number) throws(APIError) {
    guard !phone.isShortCode else { throw .refused(.notTextable) }
    if let rep = directory.rep(withMobile: phone.packed), rep.id == number.rep {
      throw .refused(.privateMobile)
    }
    if settings.brand.country == "US" || settings.brand.country == "CA", !phone.description.hasPrefix("+1") {
      throw .refused(.countryNotEnabled)
    }
    guard !number.sendRoutes.isEmpty else { throw .refused(.noRoute) }
    do {
      let scopes = try consent.scopes(of: phone.packed)
      if scopes.contains(.brand) || scopes.contains(.number(number.id)) { throw APIError.refused(.optedOut) }
      if scopes.contains(.network(number.id)) { throw APIError.refused(.networkBlocked) }
      if !directory.isReachable(phone.packed) { throw APIError.refused(.notLive) }
    } catch let error as APIError {
      throw error
    } catch {
      throw .internalError
    }
  }
}
