import CarrierSimulator
import Contract
import NetIO
import SocketServer

/// The company's operators: they order what the story says, each order when its time has come, with what is there then.
final class Staff {
  unowned let world: Simulation
  var reps: [RepID] = []
  var contacts: [ContactID] = []
  /// Chance of the order that is being given.
  var random: SeededRandom
  /// Groups, tags and consumers that were made.
  var groups: [GroupID] = []
  var consumers: [String] = []
  /// Groups of whoever fulfils conditions.
  var fittingGroups: [GroupID] = []
  /// The key of the last answered command of each method: with another body it is refused.
  var keys: [Method: String] = [:]
  /// Numbers whose rate is being set: of two at once nobody could tell which holds.
  var ratesUnderWay: Set<PhoneNumber> = []
  /// Messages whose outcome was given by hand.
  private(set) var resolved: Set<Int64> = []
  var made = 0
  /// Members who were added.
  var people: [Person] = []
  var queues: [QueueID] = []
  var templates: [TemplateID] = []
  /// Leads that were made, with the key of each one's contact.
  var leads: [(id: LeadID, ref: String)] = []
  /// Members who are reps.
  var repMembers: [RepID: Person] = [:]
  var absences: [AbsenceID] = []
  /// E-mails that were sent, and links that opened something.
  var mailed: Set<EmailID> = []
  var followed: Set<LinkToken> = []
  /// Reps who were to be away at some time.
  var mayBeAway: Set<RepID> = []
  /// Leases that somebody gave up.
  var leaseDrops = 0
  /// What members write and send in threads.
  var writing: [WriterKey: Writing] = [:]

  /// A role that has the first number and no other.
  private(set) lazy var team = Caller(
    role: Role(name: "team", may: ["*"], numbers: Set([address(0)].compactMap { $0 })), userID: 1,
    processID: 2)

  init(world: Simulation, seed: UInt64) {
    self.world = world
    random = SeededRandom(seed: seed)
  }

  func give(_ order: Order) {
    random = SeededRandom(seed: order.seed)
    if order.isRefused { giveInVain(order.method) } else { give(order.method) }
  }

  // MARK: Giving

  /// A command that is good; what it needs may have gone meanwhile, and then it is refused.
  func ask(_ command: Command, _ then: @escaping ([UInt8]) -> Void = { _ in }) {
    world.desk.give(command) { [unowned self] outcome in
      switch outcome {
      case .success(let json):
        if let key = command.idempotencyKey { keys[command.method] = key }
        then(json)
      case .failure(let error) where [.refused, .notFound].contains(error.code): break
      case .failure(let error): world.witness.violated("commands", "\(command.method): \(error)")
      }
    }
  }

  /// A command that has to be refused, as it is or since its key was used with another body.
  func askInVain(_ method: Method, as caller: Caller = Desk.admin, _ make: (_ key: String) -> Command) {
    var key = newKey()
    var isConflict = false
    if caller == Desk.admin, let used = keys[method], random.happens(0.3) { (key, isConflict) = (used, true) }
    let command = make(key)
    isConflict = isConflict && command.idempotencyKey == key
    world.desk.give(command, as: caller) { [unowned self] outcome in
      switch outcome {
      case .success:
        world.witness.violated("commands", "\(method) was answered, and had to be refused: \(command)")
      case .failure(let error) where isConflict && error.code != .idempotencyConflict:
        world.witness.violated("commands", "\(method) with a key of another body: \(error)")
      case .failure: break
      }
    }
  }

  func decoded<R: Decodable>(_ type: R.Type, _ json: [UInt8], _ method: Method) -> R? {
    world.decode(type, .success(json), method.rawValue)
  }

  // MARK: What there is

  func pick<T>(_ items: some Collection<T>) -> T? {
    items.dropFirst(Int(random.within(0, Int64(items.count) - 1))).first
  }

  func newKey() -> String { "staff-" + world.desk.key() }

  func milliseconds(_ least: Int64, _ most: Int64) -> Duration {
    .milliseconds(random.within(least, most))
  }

  func address(_ number: Int) -> PhoneNumber? { PhoneNumber(world.numbers[number].address) }

  var anyNumber: PhoneNumber? {
    address(Int(random.within(0, Int64(world.numbers.count) - 1)))
  }

  var anyPhone: E164? { E164(Phones.number(Int(random.within(0, Int64(world.story.phones) - 1)))) }

  /// A phone as one of the staff types it, some with brackets and without country code.
  var anyTypedPhone: TypedPhone? {
    anyPhone.flatMap { phone in
      guard phone.digits % 3 == 0 else { return TypedPhone(phone) }
      let digits = String(phone.digits)
      return TypedPhone(
        "(\(digits.dropFirst().prefix(3))) \(digits.dropFirst(4).prefix(3))-\(digits.dropFirst(7))")
    }
  }

  func someContacts(_ count: ClosedRange<Int64>) -> [ContactID] {
    let start = Int(random.within(0, Int64(contacts.count) - 1))
    let count = Int(random.within(count.lowerBound, count.upperBound))
    return (start..<start + min(count, contacts.count)).map { contacts[$0 % contacts.count] }
  }

  func after(_ time: Duration, _ body: @escaping () -> Void) { world.after(time, body) }

  // MARK: Orders

  func give(_ method: Method) {
    switch method {
    case .feedSubscribe: subscribe()
    case .feedAck: withConsumer { [unowned self] in acknowledge($0) }
    case .feedForget: withConsumer { [unowned self] in forget($0) }
    case .messageSend: send()
    case .messageSendMany: sendMany()
    case .campaignPlan, .campaignCommit: campaign { _ in }
    case .campaignPause, .campaignResume:
      // One that is under way has something that came back, or waits for its threads.
      if let running = pick(world.desk.campaigns.suffix(3)), random.happens(0.6) {
        pauseForAWhile(running)
      } else {
        campaign { [unowned self] in pauseForAWhile($0) }
      }
    case .campaignCancel: cancelACampaign()
    case .numberAdd, .numberImport: addNumber(by: method)
    case .numberSetRate: setRate()
    case .numberSetRoutes: setRoutes()
    case .numberPause, .numberResume: pauseANumber()
    case .numberAssign: assignNumber()
    case .repAdd, .repImport: addRep(by: method)
    case .repUpdate: updateRep()
    case .contactUpsert: upsert()
    case .contactTag:
      ask(.contactTag(.init(contactIDs: someContacts(1...40), tag: "vip", idempotencyKey: newKey())))
    case .contactUntag:
      ask(.contactUntag(.init(contactIDs: someContacts(1...40), tag: "vip", idempotencyKey: newKey())))
    case .groupCreate: if random.happens(0.3) { createFittingGroup() } else { createGroup { _ in } }
    case .groupAdd:
      withGroup { [unowned self] group in
        ask(.groupAdd(.init(group: .id(group), contactIDs: someContacts(1...30), idempotencyKey: newKey())))
      }
    case .groupRemove:
      withGroup { [unowned self] group in
        ask(
          .groupRemove(.init(group: .id(group), contactIDs: someContacts(1...30), idempotencyKey: newKey())))
      }
    case .consentRecord: recordConsent()
    case .consentImport: importConsent()
    case .conversationAssign: assignConversation()
    case .conversationMarkRead: markRead()
    case .pause, .resume: pauseSending()
    case .goLive: undoGoLive()
    case .testPhoneAdd, .testPhoneRemove: changeTestPhones()
    case .unknownResolve: resolve()
    case .quarantineRelease: withSetAside { [unowned self] in release($0) }
    case .quarantineForget:
      withSetAside { [unowned self] in
        ask(.quarantineForget(QuarantineForget(quarantineID: $0, idempotencyKey: newKey())))
      }
    case .memberAdd: addMember()
    case .memberUpdate: changeMember()
    case .memberInvite: invite()
    case .sessionEnrol: enrol()
    case .sessionOpen: signIn()
    case .sessionClose: signOut()
    case .sessionRedeem: followLink()
    case .emailSettle: deliverEmails()
    case .queueAdd, .queueUpdate, .queueJoin, .queueLeave, .memberPresence, .numberSetQueue, .serveNext,
      .serveWithdraw, .conversationTake, .conversationRelease, .conversationTransfer, .conversationSnooze,
      .conversationWake, .conversationComplete, .dispositionAdd:
      workInQueues(method)
    case .noteAdd, .draftPut, .leaseHold, .leaseDrop, .templatePut, .templateRemove: write(method)
    case .leadCreate, .leadAssign, .leadClaim, .leadMarkHot, .leadClose: workOnLeads(method)
    case .calendarSet: setCalendar()
    case .calendarClear: clearCalendar()
    case .keywordPut: putKeyword()
    case .keywordRemove: removeKeyword()
    case .absenceSet: goAway()
    case .absenceClear: comeBack()
    case .clockAccept: ask(.clockAccept(.init(idempotencyKey: newKey())))
    default: preconditionFailure("\(method) is no order")
    }
  }

  // MARK: The feed

  func subscribe(_ then: @escaping (String) -> Void = { _ in }) {
    let consumer = "export-\(random.within(1, 3))"
    let newest = world.ledger.newest
    let from: [FeedStart] = [
      .acked, .oldest, .newest, .cursor(Cursor(random.within(0, newest))),
      .time(Timestamp(milliseconds: world.clock.wallMilliseconds - random.within(0, 60_000))),
    ]
    ask(.feedSubscribe(FeedSubscribe(consumer: consumer, start: pick(from)))) { [unowned self] _ in
      if !consumers.contains(consumer) { consumers.append(consumer) }
      then(consumer)
    }
  }

  func withConsumer(_ then: @escaping (String) -> Void) {
    if let consumer = pick(consumers) { then(consumer) } else { subscribe(then) }
  }

  func acknowledge(_ consumer: String) {
    let cursor = Cursor(random.within(0, world.ledger.newest))
    ask(.feedAck(FeedAck(consumer: consumer, cursor: cursor))) { [unowned self] json in
      guard let acked = decoded(FeedAckResult.self, json, .feedAck) else { return }
      if acked.cursor < cursor {
        world.witness.violated("feed", "\(consumer) acknowledged \(cursor): \(acked.cursor)")
      }
    }
  }

  func forget(_ consumer: String) {
    consumers.removeAll { $0 == consumer }
    ask(.feedForget(FeedForget(consumer: consumer, idempotencyKey: newKey())))
  }

  // MARK: Texts

  func send() {
    let number = Int(random.within(0, Int64(world.numbers.count) - 1))
    let kinds: [MessageClass] = [.interactive, .notice, .code]
    let kind = pick(kinds) ?? .interactive
    let latest = world.clock.wallMilliseconds + random.within(500, 60_000)
    made += 1
    let to: Recipient?
    if random.happens(0.5) {
      to = pick(contacts).map { Recipient.contact($0) }
    } else {
      to = anyTypedPhone.map { Recipient.phone($0) }
    }
    guard let to else { return }
    ask(
      .messageSend(
        MessageSend(
          from: random.happens(0.7)
            ? address(number).map { Sender.number($0) } : pick(reps).map { Sender.rep($0) }, to: to,
          text: Desk.text("n\(made)", parts: Int(random.within(1, 3))), idempotencyKey: newKey(), class: kind,
          notAfter: random.happens(0.4) ? Timestamp(milliseconds: latest) : nil,
          metadata: random.happens(0.3) ? ["order": "\(made)"] : nil,
          templateID: random.happens(0.2) ? pick(templates) : nil)))
  }

  private static let blank = "  "

  /// Some of them to nobody, or with nothing to say: those are refused, and no other is kept back.
  func sendMany() {
    let texts = (0..<random.within(1, 5)).compactMap { _ -> MessageInput? in
      guard let phone = anyTypedPhone else { return nil }
      made += 1
      let isGood = random.happens(0.8)
      return MessageInput(
        from: anyNumber.map { .number($0) },
        to: random.happens(0.2) ? .contact(ContactID(1 << 40)) : .phone(phone),
        text: isGood ? Desk.text("n\(made)", parts: Int(random.within(1, 3))) : Staff.blank,
        metadata: random.happens(0.3) ? ["order": "\(made)"] : nil)
    }
    guard !texts.isEmpty else { return }
    ask(.messageSendMany(MessageSendMany(messages: texts, idempotencyKey: newKey()))) { [unowned self] json in
      guard let sent = decoded(MessageSendManyResult.self, json, .messageSendMany) else { return }
      var isWhole = sent.results.count == texts.count && sent.accepted + sent.refused == texts.count
      for (input, item) in zip(texts, sent.results) {
        switch item.status {
        case .accepted: isWhole = isWhole && item.messageID != nil && input.text != Staff.blank
        case .refused: isWhole = isWhole && item.messageID == nil && item.reason != nil
        }
      }
      if !isWhole {
        world.witness.violated("commands", "\(texts.count) texts of one call are answered with \(sent)")
      }
    }
  }

  /// A conversation is read, all of it.
  func markRead() {
    guard let conversation = pick(world.witness.conversations) else { return }
    ask(
      .conversationMarkRead(ConversationMarkRead(conversationID: conversation, idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let view = decoded(ConversationView.self, json, .conversationMarkRead) else { return }
      if view.unread != 0 || view.lastReadMessageID == nil {
        world.witness.violated("read", "\(conversation) was read, and has \(view.unread) unread")
      }
    }
  }

  func recordConsent() {
    guard let phone = anyTypedPhone else { return }
    let isOut = random.happens(0.5)
    let number = random.happens(0.5) ? anyNumber : nil
    func record(_ kind: ConsentKind) {
      ask(
        .consentRecord(
          ConsentRecord(
            phone: phone, kind: kind, scope: number == nil || random.happens(0.3) ? .brand : .number,
            number: number,
            source: .operator, evidence: "said so on the phone", idempotencyKey: newKey())))
    }
    record(isOut ? .optOut : .optIn)
  }

  /// A list of another system: some of its lines are no phones.
  func importConsent() {
    let phones = (0..<random.within(1, 6)).compactMap { _ in anyTypedPhone }
    let inputs = phones.map { OptOutInput(phone: $0.text, evidence: "list, line \(made)") }
    ask(
      .consentImport(
        ConsentImport(
          optOuts: inputs + [OptOutInput(phone: "ask Anna", evidence: "list")],
          dryRun: random.happens(0.2) ? true : nil, idempotencyKey: newKey())))
  }

  func assignConversation() {
    guard let conversation = pick(world.witness.conversations), let rep = pick(reps) else { return }
    ask(
      .conversationAssign(
        ConversationAssign(conversationID: conversation, repID: rep, idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard !mayBeAway.contains(rep) else { return }
      world.witness.gave(conversation, to: rep)
      guard let given = decoded(ConversationView.self, json, .conversationAssign) else { return }
      if given.repID != rep {
        world.witness.violated(
          "owner", "\(conversation) was given to \(rep), and is answered to be another's")
      }
    }
  }

  // MARK: Campaigns

  /// A small one, planned and committed; then what is done with it.
  func campaign(commits: Bool = true, _ then: @escaping (CampaignID) -> Void) {
    let audiences: [Audience] =
      [Audience(contactIDs: someContacts(10...60))]
      + (groups.suffix(2) + fittingGroups.suffix(1)).map { Audience(group: .id($0)) }
    let number = world.nextCampaign
    world.nextCampaign += 1
    let plan = CampaignPlan(
      from: random.happens(0.2) ? anyNumber.map { Sender.number($0) } : nil,
      audience: pick(audiences) ?? Audience(tag: "all"),
      text: Desk.text("c\(number)", parts: Int(random.within(1, 3)))
        + (random.happens(0.3) ? " {{first_name}}" : ""),
      defaults: ["first_name": "you"], copyToRep: random.happens(0.2), name: "order \(number)",
      idempotencyKey: newKey())
    ask(.campaignPlan(plan)) { [unowned self] json in
      guard let planned = decoded(CampaignPlanResult.self, json, .campaignPlan) else { return }
      guard commits else { return then(planned.campaignID) }
      world.desk.commit(planned.campaignID) { then(planned.campaignID) }
    }
  }

  func pauseForAWhile(_ campaign: CampaignID) {
    let (first, long) = (milliseconds(0, 1_000), milliseconds(300, 10_000))
    let (pause, resume) = (newKey(), newKey())
    after(first) { [unowned self] in
      ask(.campaignPause(CampaignPause(campaignID: campaign, idempotencyKey: pause))) { [unowned self] _ in
        after(long) { [unowned self] in
          ask(.campaignResume(CampaignResume(campaignID: campaign, idempotencyKey: resume)))
        }
      }
    }
  }

  func cancelACampaign() {
    let commits = random.happens(0.6)
    let (wait, pauses) = (milliseconds(0, 3_000), random.happens(0.4))
    campaign(commits: commits) { [unowned self] campaign in
      if commits, pauses {
        ask(.campaignPause(CampaignPause(campaignID: campaign, idempotencyKey: newKey())))
      }
      after(wait) { [unowned self] in world.desk.cancel(campaign) }
    }
  }

  // MARK: Unknown outcomes

  /// Settles some of what is unknown. Who says what became of a text has seen the phone, and is seldom wrong.
  func resolve() {
    // Nobody is asked while no process runs: a connection of its own would bring the log into the file.
    guard world.isUp, let queries = world.makeQueries(),
      let list: Page<UnknownView> = world.answer(queries, .unknownList(UnknownList(limit: 50)))
    else { return }
    for item in list.items.prefix(Int(random.within(1, 4))) {
      let resolution = pick(UnknownResolution.allCases) ?? .sent
      resolved.insert(item.messageID.value)
      if resolution == .retry { world.witness.retriedByHand(item.to) }
      ask(
        .unknownResolve(
          UnknownResolve(
            messageID: item.messageID, segment: random.happens(0.5) ? item.segment : nil,
            resolution: resolution,
            note: "looked into it", idempotencyKey: newKey())))
    }
  }
}
