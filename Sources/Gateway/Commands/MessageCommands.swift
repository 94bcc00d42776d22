import Carriers
import Contract
import SMPP
import Settings
import Store

/// `message.send`, `consent.record`, `conversation.assign`: one person's words to another.
struct MessageCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let settings: GatewaySettings
  let phones: Phones
  let directory: Directory
  let routes: Routes
  let permission: Permission
  let ownership: Ownership
  let lanes: Lanes
  let barrier: Barrier
  let composer: Composer
  let alerts: RepAlerts
  let episodes: Episodes
  let writing: Writing
  let templates: TemplateTable
  let leads: Leads
  let views: Views

  // MARK: message.send

  /// A text that may be sent: recording it cannot be refused.
  private struct Acceptable {
    /// The thread it goes into, if there is one, and somebody may have to be told of another who writes there.
    var thread: Int64?
    var traffic: TrafficClass
    var accept: () throws(StoreError) -> MessageSendResult
  }

  func send(_ params: MessageSend, _ caller: Requester) throws(APIError) -> Decision {
    let text = try decide(params, caller)
    if let refusal = try unaware(params, text.thread, caller) {
      return Decision(refusing: refusal) { () throws(StoreError) in
        guard let member = caller.member?.id, let thread = text.thread else { return }
        try writing.keepRefused(params.text, of: member, in: thread)
      }
    }
    return Decision { () throws(StoreError) in
      let sent = try text.accept()
      if text.traffic == .interactive, let member = caller.member?.id {
        try writing.sent(by: member, in: sent.conversationID.value)
      }
      return sent
    }
  }

  /// Why whoever sends into a thread does not know of another who does; nil: nothing has happened there that the sender has not seen, and
  /// no other member writes.
  private func unaware(_ params: MessageSend, _ thread: Int64?, _ caller: Requester) throws(APIError)
    -> APIError?
  {
    if let seen = params.seenMessageID {
      guard let thread, try read(try composer.messages.row(seen.value))?.conversation == thread else {
        throw .notFound("message", seen)
      }
      let newest = try read(try composer.messages.newest(in: thread))
      if let newest, newest > seen.value {
        return .refused(.notSeen, "the newest message is \(MessageID(newest))", field: "seen_message_id")
      }
    }
    guard params.takeOver != true, let thread, let member = caller.member?.id else { return nil }
    return try read(try writing.writer(in: thread, besides: member)).map { .leased($0) }
  }

  /// Each text is decided and recorded by itself, in their order, so that each sees those before it.
  func sendMany(_ params: MessageSendMany, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.texts).contains(params.messages.count) else {
      throw .invalid("messages", "1 to \(CommandLimits.texts)")
    }
    return Decision { () throws(StoreError) in
      var result = MessageSendManyResult(accepted: 0, refused: 0, results: [])
      for (index, input) in params.messages.enumerated() {
        let text: Acceptable
        do throws(APIError) {
          let params = MessageSend(
            from: input.from, to: input.to, text: input.text, class: input.class, notAfter: input.notAfter,
            parameters: input.parameters, metadata: input.metadata)
          text = try decide(params, caller)
        } catch {
          if let failure = reads.failure { throw failure }
          result.refused += 1
          result.results.append(
            SendItem(
              index: index, status: .refused,
              reason: error.refusal ?? (error.code == .forbidden ? .notAllowed : .invalidField),
              detail: error.message))
          continue
        }
        let sent = try text.accept()
        result.accepted += 1
        result.results.append(
          SendItem(
            index: index, status: .accepted, messageID: sent.messageID, conversationID: sent.conversationID,
            from: sent.from, to: sent.to, encoding: sent.encoding, segments: sent.segments))
      }
      return result
    }
  }

  private func decide(_ params: MessageSend, _ caller: Requester) throws(APIError) -> Acceptable {
    let traffic: TrafficClass
    switch params.class ?? .interactive {
    case .interactive: traffic = .interactive
    case .notice: traffic = .notice
    case .code: traffic = .code
    case .campaign: throw .refused(.notAllowed, "send campaigns with campaign.plan", field: "class")
    case .outOfOffice:
      throw .refused(.notAllowed, "the gateway itself sends what absence.set says", field: "class")
    }
    guard !params.text.isBlank else { throw .refused(.emptyText) }
    if let limit = params.notAfter, limit.milliseconds <= now { throw .refused(.tooLate) }
    let (phone, owner, contact) = try recipient(params.to, caller)
    let number = try sendingNumber(params.from, to: phone, owner: owner, caller)
    guard try mayUse(number, to: phone, caller) else {
      throw APIError(.forbidden, "this role may not send from this number")
    }
    let notAfter =
      params.notAfter?.milliseconds
      ?? (traffic == .code ? now + settings.spans.codeLives.wholeMilliseconds : nil)
    let text = TextInQuestion(phone: phone.packed, number: number, traffic: traffic, notAfter: notAfter)
    if case .never(let reason) = try read(try permission.verdict(text)) { throw .refused(reason) }
    let merged = try merged(params.text, contact, number)
    guard let plan = routes.segmenter(of: number)?.plan(merged), plan.count <= settings.maximumSegments
    else {
      throw .refused(.tooLong, "at most \(settings.maximumSegments) segments")
    }
    let parameters = try checked(params.parameters ?? [:], number)
    let metadata = try checked(metadata: params.metadata)
    if let id = params.templateID {
      // One that was removed meanwhile refuses nobody's text.
      let row = try read(try templates.template(id.value))
      let isKnown: Bool
      if let row {
        isKnown = try read(try templates.isSeen(row, by: caller.scope))
      } else {
        isKnown = try read(try templates.wasThere(id.value))
      }
      guard isKnown else { throw .notFound("template", id) }
    }
    guard lanes[number.id].depth + plan.count <= settings.queuePerNumber else { throw .refused(.queueFull) }
    // Looked up only for who may be told of another.
    let thread =
      caller.member == nil && params.seenMessageID == nil
      ? nil : try read(try ownership.conversations.find(number.id, phone.packed))?.id
    return Acceptable(thread: thread, traffic: traffic) { () throws(StoreError) in
      let conversation = try ownership.thread(number, phone.packed)
      let id = try composer.compose(
        .init(
          text: merged, traffic: traffic, number: number, phone: phone.packed,
          conversation: conversation.id, notAfter: notAfter, parameters: parameters,
          metadata: metadata, template: params.templateID?.value), plan)
      if traffic == .interactive {
        try episodes.answered(in: conversation.id, by: caller.member?.id, number)
        try leads.texted(in: conversation)
      }
      return MessageSendResult(
        messageID: MessageID(id), conversationID: ConversationID(conversation.id), from: number.address,
        to: phone, encoding: plan.encoding.word, segments: plan.count, state: .queued)
    }
  }

  /// Whether a caller may text a phone from a number. A member who is a rep may in threads that the rep owns, and may open one from
  /// a number that the rep holds; who answers a queue, in the threads that the member has.
  private func mayUse(_ number: Number, to phone: PhoneNumber, _ caller: Requester) throws(APIError) -> Bool {
    let scope = caller.scope
    guard scope.member != nil else { return caller.mayUse(number.address) }
    guard let thread = try read(try ownership.conversations.find(number.id, phone.packed)) else {
      return scope.rep != nil && scope.rep == number.rep
    }
    return try isOwn(thread.id, ownedBy: thread.ownerRep, scope, episodes.table)
  }

  /// Each parameter is one that a carrier of the number takes from messages, with a value of its form.
  private func checked(_ parameters: [String: String], _ number: Number) throws(APIError) -> [String: String]
  {
    let known = number.sendRoutes.compactMap { routes.profiles[$0.carrier] }.flatMap(\.parameters)
      .filter(\.isFromMessage)
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      let field = "parameters.\(name)"
      let found = known.filter { $0.name == name }
      guard let first = found.first else {
        throw .invalid(field, "a name of carriers.NAME.parameters with from_message, of the number's carrier")
      }
      guard found.allSatisfy({ $0.octets(of: value) != nil }) else {
        throw .invalid(field, "a value of type \(first.form.rawValue)")
      }
    }
    return parameters
  }

  /// The text with its merge fields filled in, as a campaign's are. What stands in double braces never reaches a person.
  private func merged(_ text: String, _ contact: Int64?, _ number: Number) throws(APIError) -> String {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
    let merge = MergeText(text)
    try merge.checkReadable()
    guard let field = merge.fields.first else { return text }
    let found = try contact.map { (id) throws(APIError) in
      try read(try ownership.contacts.candidates(.contacts([id]), after: .min, limit: 1))
    }
    guard let found = found?.first else {
      throw .refused(
        .missingField, "the text has merge fields, and the phone is not one contact's", field: field)
    }
    let values = MergeFields(
      firstName: found.firstName, lastName: found.lastName,
      repName: number.rep.flatMap { directory.reps[$0]?.name },
      attributes: ContactTable.attributes(found.attributes))
    do throws(MergeText.MissingField) {
      return try merge.merge(values)
    } catch {
      throw .refused(.missingField, "the contact has no \(error.name)", field: error.name)
    }
  }

  /// - Returns: the phone; who owns the contact; the one contact who is meant.
  private func recipient(_ to: Recipient, _ caller: Requester) throws(APIError) -> (
    PhoneNumber, owner: Int64?, contact: Int64?
  ) {
    switch to {
    case .phone(let typed):
      let phone = try textable(typed)
      var contacts: [ContactTable.PhoneContact] = []
      for contact in try read(try ownership.contacts.contacts(of: phone.digits))
      where try read(try ownership.contacts.isSeen(contact: contact.id, by: caller.scope)) {
        contacts.append(contact)
      }
      return (PhoneNumber(phone), contacts.first?.ownerRep, contacts.count == 1 ? contacts[0].id : nil)
    case .contact(let id):
      guard let (owner, phone) = try read(try ownership.contacts.addressee(id.value)),
        try read(try ownership.contacts.isSeen(contact: id.value, by: caller.scope))
      else { throw .notFound("contact", id) }
      guard let phone = phone.flatMap({ PhoneNumber(packed: $0) }) else { throw .refused(.noPhone) }
      return (phone, owner, id.value)
    }
  }

  /// A phone to text. Whoever wrote to us exists, whatever a list of numbers says.
  private func textable(_ typed: TypedPhone) throws(APIError) -> E164 {
    do throws(APIError) {
      return try phones.phone(typed, field: "to")
    } catch {
      guard let phone = E164(typed.text),
        try !read(try ownership.conversations.with(phone: phone.digits)).isEmpty
      else { throw error }
      return phone
    }
  }

  /// Who sends. A rep sends by the open thread with this phone that the rep owns, else from home. If nobody is named, the contact's
  /// owner does; without an owner it is the number of the newest thread.
  private func sendingNumber(_ from: Sender?, to phone: PhoneNumber, owner: Int64?, _ caller: Requester)
    throws(APIError) -> Number
  {
    if caller.scope.member != nil { return try membersNumber(from, to: phone, caller.scope) }
    if case .number? = from, let from { return try directory.sender(from, caller) }
    let threads = try read(try ownership.conversations.with(phone: phone.packed)).compactMap { thread in
      directory.numbers[thread.number].flatMap { caller.mayUse($0.address) ? ($0, thread.owner) : nil }
    }
    func number(of rep: Int64) -> Number? { threads.first { $0.1 == rep }?.0 }
    if let from {
      if let rep = from.rep, directory.reps[rep]?.isActive == true, let known = number(of: rep) {
        return known
      }
      return try directory.sender(from, caller)
    }
    if let owner, directory.reps[owner]?.isActive == true {
      if let known = number(of: owner) { return known }
      let home = directory.reps[owner]?.home.flatMap { directory.numbers[$0] }
      if let home, caller.mayUse(home.address) { return home }
    }
    if let newest = threads.first { return newest.0 }
    if let owner { return try directory.sender(.rep(RepID(owner)), caller) }
    throw .refused(.noOwner, "expected a sender in from")
  }

  /// A member sends by a thread with the phone that is the member's, on the number that is named if one is; a rep else from the rep's
  /// home number.
  private func membersNumber(_ from: Sender?, to phone: PhoneNumber, _ scope: AccessScope) throws(APIError)
    -> Number
  {
    if let named = from?.rep, named != scope.rep {
      throw APIError(.forbidden, "a member sends only as the member: leave out from")
    }
    for thread in try read(try ownership.conversations.with(phone: phone.packed)) {
      guard let number = directory.numbers[thread.number] else { continue }
      if case .number(let address)? = from, address != number.address { continue }
      if try isOwn(thread.id, ownedBy: thread.owner, scope, episodes.table) { return number }
    }
    guard let rep = scope.rep, from?.rep != nil || from == nil else {
      throw APIError(.forbidden, "no conversation with this phone from there is yours to answer")
    }
    return try directory.number(of: .rep(RepID(rep)))
  }

  // MARK: consent.record

  /// An opt-out that came another way holds before it is answered, as a STOP does.
  func recordConsent(_ params: ConsentRecord, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.evidence).contains(params.evidence.unicodeScalars.count) else {
      throw .invalid("evidence", "1 to 1000 characters")
    }
    let number = try params.number.map { (address) throws(APIError) in try directory.known(address, caller) }
    let scope: SuppressionScope
    // By default as wide as a STOP to that number; without a number, for the brand.
    let usual: ConsentScope = settings.optOutScope == .number && number != nil ? .number : .brand
    switch params.scope ?? usual {
    case .brand: scope = .brand
    case .number:
      guard let number else { throw .invalid("number", "required for this scope") }
      scope = .number(number.id)
    }
    // For the whole company a caller with some of the numbers may close, as a STOP does, and not open.
    guard params.kind == .optOut || scope != .brand || caller.isUnrestricted else {
      throw APIError(.forbidden, "this role may not record an opt-in for all numbers: give scope number")
    }
    let evidence = ConsentEvidence(
      source: params.source ?? .api, number: number?.id, text: params.evidence, by: caller.role)
    // An opt-out is rather recorded once more than once less, and can be taken back for what it was recorded.
    let isLiberal = params.kind == .optOut || E164(params.phone.text) != nil
    let phone = PhoneNumber(
      try isLiberal
        ? phones.anyPhone(params.phone, field: "phone") : phones.phone(params.phone, field: "phone"))
    return Decision { () throws(StoreError) in
      var cancelled = 0
      switch params.kind {
      case .optOut: cancelled = try barrier.optOut(phone, scope, number, evidence).cancelled
      case .optIn:
        try barrier.consent.optIn(phone.packed, scope, evidence)
        barrier.consent.emitChange(phone, .optIn, scope, number, evidence, cancelled: 0)
      }
      guard let record = try views.newestConsent(of: phone) else {
        throw .misuse("consent", "a record that is not stored")
      }
      return ConsentRecordResult(record: record, cancelled: cancelled)
    }
  }

  // MARK: conversation.mark_read

  /// What was read stays read: an earlier message changes nothing.
  func markRead(_ params: ConversationMarkRead, _ caller: Requester) throws(APIError) -> Decision {
    let (conversation, number) = try known(params.conversationID, caller)
    let message: Int64
    if let named = params.messageID {
      guard try read(try composer.messages.row(named.value))?.conversation == conversation.id else {
        throw .notFound("message", named)
      }
      message = named.value
    } else {
      message = try read(try composer.messages.newest(in: conversation.id)) ?? 0
    }
    return Decision { () throws(StoreError) in
      if message > conversation.readTo { try ownership.markRead(conversation, to: message, number) }
      return try view(conversation.id)
    }
  }

  private func known(_ id: ConversationID, _ caller: Requester) throws(APIError) -> (Conversation, Number) {
    try known(id, ownership.conversations, directory, episodes.table, caller)
  }

  private func view(_ conversation: Int64) throws(StoreError) -> ConversationView {
    guard let view = try views.conversation(conversation) else {
      throw .misuse("conversation", "a conversation that is not stored")
    }
    return view
  }

  // MARK: conversation.assign

  func assign(_ params: ConversationAssign, _ caller: Requester) throws(APIError) -> Decision {
    let (conversation, number) = try known(params.conversationID, caller)
    switch (params.repID, params.queueID) {
    case (let id?, nil):
      let rep = try directory.known(id, caller)
      guard rep.isActive else { throw .refused(.repInactive) }
      return Decision { () throws(StoreError) in
        let owner = try ownership.assign(conversation, to: rep, number)
        let isNew = conversation.ownerRep != owner.rep
        if isNew, let answers = owner.rep.flatMap({ directory.reps[$0] }),
          let phone = PhoneNumber(packed: conversation.phone)
        {
          try alerts.tell(
            answers, settings.alertAssigned, number, phone,
            try ownership.contacts.contacts(of: conversation.phone),
            in: conversation.id)
        }
        return try view(conversation.id)
      }
    case (nil, let id?):
      guard try read(try episodes.queues.queue(id.value)) != nil else { throw .notFound("queue", id) }
      return Decision { () throws(StoreError) in
        try ownership.assign(conversation, toQueue: id.value, number)
        return try view(conversation.id)
      }
    case (nil, nil), (.some, .some): throw .invalid("rep_id", "expected rep_id or queue_id")
    }
  }
}

extension CommandRules {
  /// A thread that is the caller's to see and change.
  func known(
    _ id: ConversationID, _ conversations: ConversationTable, _ directory: Directory,
    _ episodes: EpisodeTable,
    _ caller: Requester
  ) throws(APIError) -> (Conversation, Number) {
    guard let conversation = try read(try conversations.find(id: id.value)),
      let number = directory.numbers[conversation.number],
      caller.scope.sees(number.address, of: conversation.ownerRep.map({ RepID($0) }))
        ? true : try read(try episodes.isSeen(conversation.id, by: caller.scope))
    else { throw .notFound("conversation", id) }
    return (conversation, number)
  }

  /// Whether a thread is a member's to answer.
  func isOwn(_ conversation: Int64, ownedBy rep: Int64?, _ scope: AccessScope, _ episodes: EpisodeTable)
    throws(APIError) -> Bool
  {
    if let rep, rep == scope.rep { return true }
    return try read(try episodes.isOwn(conversation, of: scope))
  }

  /// What the schema says of metadata, for callers inside the process.
  func checked(metadata: [String: String]?) throws(APIError) -> [String: String] {
    let metadata = metadata ?? [:]
    let isGood = metadata.allSatisfy {
      CommandLimits.metadataName.contains($0.key.unicodeScalars.count)
        && $0.value.unicodeScalars.count <= CommandLimits.metadataValue
    }
    guard metadata.count <= CommandLimits.metadata, isGood else {
      throw .invalid("metadata", "at most \(CommandLimits.metadata) names and values")
    }
    return metadata
  }
}
