import Contract
import SMPP
import Store

/// A whole text from a phone.
struct InboundText {
  var text: String
  var encoding: TextEncoding
  var segments: Int
  /// False when parts never came.
  var complete: Bool
  /// The text may not be what was written.
  var lossy = false
  /// What came, where the text is not all of it.
  var original: OriginalOctets?
  /// The carrier's own optional parameters that are shown.
  var parameters: [String: String] = [:]
  var carrier: CarrierKey
  var receivedAt: Int64
  /// A person released it after it was set aside: its keyword is not obeyed.
  var isReleased = false
}

extension InboundText {
  /// Most octets of a text as a JSON string: a line of the socket holds it, beside all else of its message. The longest text of
  /// 255 parts has fewer.
  static let longestAsJSON = 140_000

  /// The same text, cut where a line of the socket ends: only octets that are no text of a phone's come so far. It is lossy then.
  var fittingIntoALine: InboundText {
    // A control character is six octets in JSON; no octet is more.
    guard text.utf8.count > InboundText.longestAsJSON / 6 else { return self }
    var octets = 2
    for index in text.unicodeScalars.indices {
      let scalar = text.unicodeScalars[index]
      octets += scalar.value < 0x20 ? 6 : scalar == "\"" || scalar == "\\" ? 2 : UTF8.width(scalar)
      guard octets > InboundText.longestAsJSON else { continue }
      var cut = self
      cut.text = String(text.unicodeScalars[..<index])
      cut.lossy = true
      return cut
    }
    return self
  }
}

/// A text of somebody's becomes a message of its conversation: attributed, classified, emitted, answered where a rule
/// says so; all in one transaction.
struct Acceptance: Part {
  let outbox: Outbox
  let directory: Directory
  let consent: Consent
  let ownership: Ownership
  let lanes: Lanes
  let campaigns: Campaigns
  let barrier: Barrier
  let keywords: KeywordAnswers
  let optIns: OptIns
  let alerts: RepAlerts
  let repAnswers: RepAnswers
  let replies: AbsenceReplies
  let messages: MessageTable
  let originals: ReceivedOctetsTable
  let parameters: ParameterTable
  let counts: CarrierCountTable

  /// - Returns: its id.
  func accept(_ text: InboundText, from phone: PhoneNumber, to number: Number) throws(StoreError) -> Int64 {
    let text = text.fittingIntoALine
    let id = messages.reserve(1)
    if let rep = directory.rep(withMobile: phone.packed) {
      try acceptPrivate(text, id, rep, number, phone)
    } else {
      try acceptFromContact(text, id, number, phone)
    }
    return id
  }

  private func acceptFromContact(_ text: InboundText, _ id: Int64, _ number: Number, _ phone: PhoneNumber)
    throws(StoreError)
  {
    let (keyword, word, joined) = try classify(text, from: phone, to: number)
    // Before the thread: its owner and its contacts are then known.
    if let joined, !text.isReleased { try optIns.takeIn(phone, number, joined) }
    let (conversation, owner) = try ownership.ownedThread(number, phone.packed)
    let campaign = try conversation.isNew ? nil : answeredCampaign(conversation.id, before: id)
    try insert(
      text, id, conversation, number, phone, .interactive, campaign: campaign?.id, keyword: keyword)
    try ownership.received(conversation, owner, number, isKeyword: keyword != .none)
    if let campaign {
      if keyword == .optOut { campaign.tally.optOuts += 1 } else { campaign.tally.answers += 1 }
      campaign.isDirty = true
    }
    emit(
      MessageReceived(
        messageID: MessageID(id), conversationID: ConversationID(conversation.id), from: phone,
        to: number.address,
        text: text.text, encoding: text.encoding.word, segments: text.segments, complete: text.complete,
        lossy: text.lossy, receivedOctets: text.original?.view,
        parameters: text.parameters.isEmpty ? nil : text.parameters, keywordClass: keyword.word,
        keyword: word.isEmpty ? nil : word.uppercased(),
        contactIDs: owner.contacts.map { ContactID($0.id) },
        candidateRepIDs: owner.candidates.isEmpty ? nil : owner.candidates.map { RepID($0) },
        repID: owner.rep.map { RepID($0) }, queueID: owner.queue.map { QueueID($0) },
        campaignID: campaign.map { CampaignID($0.id) },
        carrier: directory.carriers[text.carrier] ?? "",
        receivedAt: Timestamp(milliseconds: min(text.receivedAt, now)),
        carrierRedelivery: 0))
    if keyword == .none {
      try alerts.raise(owner, number, phone, text.text, in: conversation.id)
      return try replies.answer(text, owner, number, phone, in: conversation.id)
    }
    if text.isReleased { return }
    try keywords.obey(
      .init(
        keyword: keyword, word: word, phone: phone, number: number, conversation: conversation.id,
        message: id,
        text: text.text, joined: joined, lossy: text.lossy))
  }

  /// The keyword that a text is: a built-in one, or one of the company's.
  private func classify(_ text: InboundText, from phone: PhoneNumber, to number: Number) throws(StoreError)
    -> (keyword: Keyword, word: String, joined: OptInKeywords.Row?)
  {
    var (keyword, word) = Keyword.classify(text.text)
    if keyword == .optInIfOut, try !consent.isSuppressed(phone.packed, from: number.id) {
      (keyword, word) = (.none, "")
    }
    var joined: OptInKeywords.Row?
    if keyword == .none, let found = try optIns.keyword(text, from: phone, to: number) {
      (keyword, word, joined) = (.joined, found.word, found)
    }
    if let count = keyword.count { counts.count(text.carrier, count) }
    return (keyword, word, joined)
  }

  private func insert(
    _ text: InboundText, _ id: Int64, _ conversation: Conversation, _ number: Number, _ phone: PhoneNumber,
    _ traffic: TrafficClass, campaign: Int64? = nil, keyword: Keyword
  ) throws(StoreError) {
    var flags: MessageFlags = []
    if !text.complete { flags.insert(.incomplete) }
    if text.lossy { flags.insert(.lossy) }
    try messages.insert(
      MessageRow(
        id: id, conversation: conversation.id, phone: phone.packed, number: number.id, outbound: false,
        traffic: traffic, campaign: campaign, accepted: min(text.receivedAt, now), text: text.text,
        encoding: Int64(text.encoding.stored), segments: text.segments, reference: 0, notAfter: nil),
      keyword: keyword.rawValue, flags: flags.rawValue)
    if !text.parameters.isEmpty { try parameters.add(text.parameters, of: id) }
    if let original = text.original { try originals.add(original, of: id) }
  }

  /// The newest campaign whose message had left for this thread before the answer came.
  private func answeredCampaign(_ conversation: Int64, before id: Int64) throws(StoreError) -> Campaign? {
    let found = try messages.campaignAnswered(in: conversation, before: id) { campaign, message in
      lanes.hasLeft(message, of: campaign)
    }
    guard let found else { return nil }
    return try campaigns.campaign(found)
  }

  /// From a rep's own mobile, to whichever number of ours: never a contact's message, but an answer to one. STOP there stops the rep's
  /// alerts by text, and no e-mail.
  private func acceptPrivate(
    _ text: InboundText, _ id: Int64, _ rep: Rep, _ number: Number, _ phone: PhoneNumber
  ) throws(StoreError) {
    let conversation = try ownership.conversations.findOrOpenPrivate(number.id, phone.packed, at: now)
    let keyword = Keyword.classify(text.text).keyword
    try insert(text, id, conversation, number, phone, .alert, keyword: keyword)
    switch keyword {
    case .optOut: try stopAlerts(of: rep, phone)
    case .optIn, .optInIfOut:
      guard !text.isReleased else { break }
      try directory.setTexts(true, of: rep, at: now)
      emitChange(of: rep)
    case .none where !text.isReleased:
      try repAnswers.relay(text, from: rep, phone, to: number, in: conversation.id)
    case .help, .joined, .none: break
    }
  }

  // MARK: What is set aside

  /// A STOP in a text that becomes no message: to a number that is not ours, or by a carrier that does not receive for the number.
  /// It holds all the same. It proves nothing to the toll-free network, and nobody confirms it.
  func honourStop(_ text: String, from phone: PhoneNumber, to number: Number?) throws(StoreError) {
    let (keyword, word) = Keyword.classify(text)
    guard keyword == .optOut else { return }
    if let rep = directory.rep(withMobile: phone.packed) {
      if rep.alertBy.texts { try stopAlerts(of: rep, phone) }
      return
    }
    let scope = number.map { consent.scope(ofOptOutTo: $0) } ?? .brand
    // The carrier may bring it again and again.
    guard try !consent.scopes(of: phone.packed).contains(scope) else { return }
    try barrier.optOut(
      phone, scope, number,
      ConsentEvidence(source: .keyword, number: number?.id, word: word, text: text))
  }

  private func stopAlerts(of rep: Rep, _ phone: PhoneNumber) throws(StoreError) {
    try directory.setTexts(false, of: rep, at: now)
    emitChange(of: rep)
    // Alerts and copies leave from any number of the rep's, whichever the STOP was sent to.
    let held = directory.numbers(heldBy: rep.id)
    var cancelled = 0
    for number in held {
      cancelled += try barrier.cancelQueued(to: phone.packed, scope: .number(number), roles: [.privateMobile])
    }
    post(.revoke(phone: phone.packed, numbers: held))
    note(
      .info,
      "rep=\(RepID(rep.id)) alerts by text stopped by a text from the rep's mobile; \(cancelled) waiting alerts cancelled"
    )
  }
}

extension Keyword {
  /// What counts the texts that are this keyword.
  fileprivate var count: CarrierCount? {
    switch self {
    case .none: nil
    case .optOut: .optOutTexts
    case .optIn, .optInIfOut: .optInTexts
    case .help: .helpTexts
    case .joined: .keywordTexts
    }
  }
}
