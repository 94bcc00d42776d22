import Contract
import SMPP
import Store

extension Gateway {
  /// A text of somebody's becomes a message of its conversation: attributed, classified, told, answered where a rule
  /// says so; all in this transaction. `inbound`: the PDU to acknowledge, nil when it was acknowledged already.
  func accept(_ text: InboundText, from phone: PhoneNumber, to number: Number, _ inbound: InboundPDU?) throws
  {
    let id = messages.reserve(1)
    if let inbound {
      redelivery.acknowledged(
        inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: id)
    }
    if let holder = number.rep, let rep = directory.reps[holder], rep.mobile == phone.packed {
      try acceptPrivate(text, id, rep, number, phone)
    } else {
      try acceptFromContact(text, id, number, phone)
    }
    if let inbound { try acknowledge(inbound) }
  }

  private func acceptFromContact(_ text: InboundText, _ id: Int64, _ number: Number, _ phone: PhoneNumber)
    throws
  {
    let conversation = try conversations.findOrOpen(number.id, phone.packed, at: now)
    let (owner, contacts) = try owner(of: conversation, number: number)
    var (keyword, word) = Keyword.classify(text.text)
    if keyword == .optInIfOut {
      keyword = try consent.isSuppressed(phone.packed, from: number.id) ? .optInIfOut : .none
      if keyword == .none { word = "" }
    }
    let campaign = try conversation.isNew ? nil : answeredCampaign(conversation.id, before: id)
    try messages.insert(
      MessageRow(
        id: id, conversation: conversation.id, phone: phone.packed, number: number.id, outbound: false,
        traffic: .interactive,
        campaign: campaign?.id, accepted: min(text.receivedAt, now), text: text.text,
        encoding: Int64(text.encoding.stored),
        segments: text.segments, reference: 0, notAfter: nil),
      keyword: keyword.rawValue, flags: text.complete ? 0 : 1)
    try conversations.received(conversation, at: now)
    if conversation.isNew { announce(conversation, .opened, owner, number) }
    if owner.queue != conversation.queue, conversation.ownerRep == nil {
      try conversations.put(conversation.id, inQueue: owner.queue)
      if owner.queue != nil {
        alert(
          .unownedConversation, .info, subject: ConversationID(conversation.id).description,
          "a conversation waits in the default queue")
      }
    }
    if let campaign {
      if keyword == .optOut { campaign.tally.optOuts += 1 } else { campaign.tally.answers += 1 }
      campaign.isDirty = true
    }
    emit(
      .messageReceived(
        MessageReceived(
          messageID: MessageID(id), conversationID: ConversationID(conversation.id), from: phone,
          to: number.address,
          text: text.text, encoding: text.encoding.word, segments: text.segments, complete: text.complete,
          keywordClass: keyword.word, keyword: word.isEmpty ? nil : word.uppercased(),
          contactIDs: owner.contacts.map { ContactID($0) },
          candidateRepIDs: owner.candidates.isEmpty ? nil : owner.candidates.map { RepID($0) },
          repID: owner.rep.map { RepID($0) }, queue: owner.queue,
          campaignID: campaign.map { CampaignID($0.id) },
          carrier: directory.carriers[text.carrier] ?? "",
          receivedAt: Timestamp(milliseconds: text.receivedAt),
          carrierRedelivery: 0)))
    switch keyword {
    case .optOut:
      _ = try optOut(phone, number, word: word, message: id, text: text.text, confirms: true)
    case .optIn, .optInIfOut:
      try optIn(phone, number, conversation.id, word: word, message: id, text: text.text, keyword)
    case .help:
      if try !consent.isSuppressed(phone.packed, from: number.id) {
        try sendOwn(settings.brand.help, .help, in: conversation.id, phone.packed, number)
      }
    case .none:
      try alertRep(owner, contacts, conversation, number, phone)
    }
  }

  /// The newest campaign whose message had left for this thread before the answer came.
  private func answeredCampaign(_ conversation: Int64, before id: Int64) throws -> Campaign? {
    let found = try messages.campaignAnswered(in: conversation, before: id) { campaign, message in
      let owning = lanes.values.lazy.flatMap(\.runs).first {
        $0.campaign.id == campaign && $0.first <= message && message < $0.end
      }
      return owning.map { $0.next.message > message || ($0.next.message == message && $0.next.index > 0) }
        ?? true
    }
    return try found.flatMap { try campaigns.campaign($0) }
  }

  /// From a rep's own mobile to the rep's own number: never a contact's message. STOP there stops alerts.
  private func acceptPrivate(
    _ text: InboundText, _ id: Int64, _ rep: Rep, _ number: Number, _ phone: PhoneNumber
  ) throws {
    let conversation = try conversations.findOrOpen(number.id, phone.packed, role: .privateMobile, at: now)
    let (keyword, _) = Keyword.classify(text.text)
    try messages.insert(
      MessageRow(
        id: id, conversation: conversation.id, phone: phone.packed, number: number.id, outbound: false,
        traffic: .alert,
        campaign: nil,
        accepted: min(text.receivedAt, now), text: text.text, encoding: Int64(text.encoding.stored),
        segments: text.segments,
        reference: 0, notAfter: nil),
      keyword: keyword.rawValue)
    switch keyword {
    case .optOut: try setAlerts(of: rep, to: false)
    case .optIn, .optInIfOut: try setAlerts(of: rep, to: true)
    case .help, .none: break
    }
    if keyword == .optOut {
      // Alerts and copies leave from any number of the rep's, whichever the STOP was sent to.
      let held = directory.numbers.values.filter { $0.rep == rep.id }.map(\.id).sorted()
      var cancelled = 0
      for number in held {
        cancelled += try cancelQueued(to: phone.packed, scope: .number(number), roles: [.privateMobile])
      }
      released.network.append(.revoke(phone: phone.packed, numbers: held))
      note(.info, "rep=\(RepID(rep.id)) alerts stopped from the rep's mobile, \(cancelled) waiting taken out")
    }
  }

  private func setAlerts(of rep: Rep, to on: Bool) throws {
    try database.run("UPDATE rep SET alerts = ?2 WHERE id = ?1", .int(rep.id), .int(on ? 1 : 0))
    rep.alerts = on
  }

  /// Tells the rep on the private mobile, from the rep's own number, without the contact's full number; once per
  /// conversation and quiet period.
  private func alertRep(
    _ owner: Ownership, _ contacts: [Directory.PhoneContact], _ conversation: Conversation, _ number: Number,
    _ phone: PhoneNumber
  ) throws {
    guard settings.alertReps, let rep = owner.rep.flatMap({ directory.reps[$0] }), rep.alerts,
      let mobile = rep.mobile, mobile != phone.packed,
      let home = rep.home.flatMap({ directory.numbers[$0] }) ?? (number.rep == rep.id ? number : nil),
      // The mobile may be a contact's phone to another rep, and have opted out there.
      try !consent.isSuppressed(mobile, from: home.id)
    else { return }
    let last = try database.cached("SELECT at FROM alerted WHERE conversation_id = ?1").bind(
      1, conversation.id
    ).firstInt()
    if let last, now - last < settings.alertQuiet.wholeMilliseconds { return }
    let mark = try database.cached(
      "INSERT INTO alerted (conversation_id, at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = excluded.at")
    mark.bind(1, conversation.id)
    mark.bind(2, now)
    try mark.run()
    let named = contacts.first { !$0.name.isEmpty }?.name
    let who = named ?? "a number ending in \(phone.description.suffix(2))"
    let text = settings.alertText.replacing("{{contact}}", with: who).replacing(
      "{{brand}}", with: settings.brand.name)
    let thread = try conversations.findOrOpen(home.id, mobile, role: .privateMobile, at: now)
    try sendOwn(text, .alert, in: thread.id, mobile, home)
  }

  /// A text of the gateway's own, ahead of campaigns.
  func sendOwn(
    _ text: String, _ traffic: TrafficClass, in conversation: Int64, _ phone: Int64, _ number: Number
  ) throws {
    guard let carrier = number.sendRoutes.first?.carrier, let plan = segmenters[carrier]?.plan(text) else {
      return
    }
    let id = messages.reserve(1)
    try messages.insert(
      MessageRow(
        id: id, conversation: conversation, phone: phone, number: number.id, outbound: true, traffic: traffic,
        campaign: nil,
        accepted: now, text: text, encoding: Int64(plan.encoding.stored), segments: plan.count,
        reference: plan.count > 1 ? try conversations.nextReference(conversation) : 0,
        // A confirmation later than five minutes is no longer covered by the consent that was revoked.
        notAfter: traffic == .confirmation ? now + 5 * 60_000 : nil))
    for index in 0..<plan.count {
      try pend(
        PendingSegment(ref: SegmentRef(message: id, index: index), conversation: conversation), number.id,
        bulk: false)
    }
  }
}
