import Contract
import Gateway

/// What whoever replays the feed knows at its end, of everything but messages.
struct Told {
  /// A scope of a phone's that opt-outs close.
  struct Scope: Hashable {
    var phone: PhoneNumber
    /// nil: all of the brand's.
    var number: PhoneNumber?
    var layer: ConsentLayer
  }

  struct Owner: Equatable, CustomStringConvertible {
    var rep: RepID?
    var queue: QueueID?

    var description: String { rep.map { "\($0)'s" } ?? queue.map { "the queue \($0)'s" } ?? "nobody's" }
  }

  var numbers: [PhoneNumber: NumberStateChanged] = [:]
  var campaigns: [CampaignID: CampaignProgress] = [:]
  var statesTold: [CampaignID: Set<CampaignState>] = [:]
  /// Who owns each thread: a rep, or a queue.
  var owners: [ConversationID: Owner] = [:]
  /// The last message that is read of each thread.
  var readTo: [ConversationID: MessageID] = [:]
  /// Every rep each thread was told to be.
  var givenTo: [ConversationID: Set<RepID>] = [:]
  var closed: Set<Scope> = []
  /// Who is away, by an absence.
  var away: [RepID: AbsenceID] = [:]
  /// Where in the feed each thread's texts of ours and changes of its work and owner stand; and where each of our texts does.
  var moves: [ConversationID: [Int64]] = [:]
  var queuedAt: [MessageID: Int64] = [:]
  /// What became of each lead.
  var leads: [LeadID: Lead] = [:]
  /// Texts that are the opt-in keyword, and the messages by which phones opted in.
  var joins: [MessageID: PhoneNumber] = [:]
  var optIns: Set<MessageID> = []
  /// Of a phone: how often a word of its own closed what was open; each is confirmed once at most.
  var closings: [PhoneNumber: Int] = [:]
}

extension Witness {
  func told(_ event: FeedEvent) {
    switch event.data {
    case .messageReceived(let received):
      let owner = Told.Owner(rep: received.repID, queue: received.queueID)
      if feed.owners[received.conversationID] != owner {
        violated(
          "owner",
          "\(received.conversationID) is told to be \(feed.owners[received.conversationID]?.description ?? "nothing"), a text in it is \(owner)"
        )
      }
      if let rep = received.repID, feed.away[rep] != nil {
        violated("away", "a text in \(received.conversationID) is told to be \(rep)'s, who is away")
      }
      if received.repID != nil, received.keywordClass == .none { forReps += 1 }
      joined(received)
      told(received)
    case .consentChanged(let change):
      let number = change.scope == .brand ? nil : change.number
      let scope = Told.Scope(phone: change.phone, number: number, layer: change.layer)
      if change.kind == .optIn {
        feed.closed.remove(scope)
        if let message = change.messageID { feed.optIns.insert(message) }
      } else if feed.closed.insert(scope).inserted, change.layer == .ours, change.source == .keyword {
        feed.closings[change.phone, default: 0] += 1
      }
    case .conversationChanged(let change):
      feed.owners[change.conversationID] = .init(rep: change.repID, queue: change.queueID)
      if let before = feed.readTo[change.conversationID],
        change.lastReadMessageID.map({ $0 < before }) ?? true
      {
        violated("read", "\(change.conversationID) was read to \(before), and is told to be less")
      }
      feed.readTo[change.conversationID] = change.lastReadMessageID
      // What is read says who has it as yet: its owner may be about to be found anew.
      if let rep = change.repID, feed.away[rep] != nil, change.change != .read {
        violated("away", "\(change.conversationID) is told to be \(rep)'s, who is away")
      }
      if let rep = change.repID { feed.givenTo[change.conversationID, default: []].insert(rep) }
    case .leadChanged(let change): follow(change)
    case .absenceChanged(let change): told(change)
    case .numberStateChanged(let change): feed.numbers[change.number] = change
    case .campaignProgress(var progress):
      // Counts alone leave the state as it was, and a state is told once.
      if let state = progress.state {
        if !feed.statesTold[progress.campaignID, default: []].insert(state).inserted,
          state != .running, state != .paused
        {
          violated("told", "\(progress.campaignID) is told twice to be \(state)")
        }
      } else {
        progress.state = feed.campaigns[progress.campaignID]?.state
      }
      feed.campaigns[progress.campaignID] = progress
    default: break
    }
  }

  /// An absence begins once at most, and ends where it began.
  private func told(_ change: AbsenceChanged) {
    let known = feed.away[change.repID]
    switch change.change {
    case .set:
      if change.state == .over || (known == change.absenceID) != (change.state == .inForce) {
        violated("away", "\(change.absenceID) is told to be set and \(change.state)")
      }
    case .started:
      if known != nil || change.state != .inForce {
        violated(
          "away", "\(change.absenceID) is told to begin, while \(known.map { "\($0)" } ?? "none") is in force"
        )
      }
      feed.away[change.repID] = change.absenceID
    case .ended, .cleared:
      if change.state != .over {
        violated("away", "\(change.absenceID) is told to be over and \(change.state)")
      }
      if known == change.absenceID { feed.away[change.repID] = nil }
    }
  }

  /// A text of ours, or a change of the work or the owner, in a thread.
  func moved(_ conversation: ConversationID, _ message: MessageID?, at sequence: Int64) {
    feed.moves[conversation, default: []].append(sequence)
    if let message { feed.queuedAt[message] = sequence }
  }

  /// A text was accepted while another member wrote in its thread, as far as who gave the commands knows. The feed, behind `newest`, has to
  /// tell why that was over: the thread changed hands, or something was sent in between.
  func sentAgainstLease(_ message: MessageID, in conversation: ConversationID, after newest: Int64) {
    againstLease.append((message, conversation, newest))
  }

  private func compareLeases() {
    for (message, conversation, newest) in againstLease {
      guard let at = feed.queuedAt[message] else {
        violated("told", "\(message) was accepted, and the feed never told of it")
        continue
      }
      if feed.moves[conversation]?.contains(where: { newest < $0 && $0 < at }) != true {
        violated("writing", "\(message) was sent into \(conversation) while another wrote there")
      }
    }
  }

  /// A thread was given to a rep by a command that was answered: the feed has to tell of it.
  func gave(_ conversation: ConversationID, to rep: RepID) { given.append((conversation, rep)) }

  // MARK: The end

  /// The feed as it was told against the store, at rest.
  func compareTold(_ queries: Queries) {
    for (conversation, rep) in given where feed.givenTo[conversation]?.contains(rep) != true {
      violated("told", "\(conversation) was given to \(rep), and the feed never told of it")
    }
    if forReps > 30, toMobiles == 0 {
      violated("effect", "\(forReps) texts of contacts came, and no rep was told on the mobile")
    }
    compareLeases()
    compareLeads(queries)
    compareJoins(queries)
    compareOwners(queries)
    compareAbsences(queries)
    compareNumbers(queries)
    compareCampaigns(queries)
    compareConsent(queries)
  }

  private func compareOwners(_ queries: Queries) {
    var cursor: PageCursor?
    repeat {
      let page: Page<ConversationView>? = world.answer(
        queries, .conversationList(ConversationList(cursor: cursor, limit: 200)))
      for conversation in page?.items ?? [] {
        let owner = Told.Owner(rep: conversation.repID, queue: conversation.queueID)
        let told = feed.owners[conversation.conversationID]
        if told != owner {
          violated(
            "told",
            "\(conversation.conversationID) is \(owner), and told to be \(told?.description ?? "nothing")")
        }
        if let rep = conversation.repID, feed.away[rep] != nil {
          violated("away", "\(conversation.conversationID) is \(rep)'s, who is away")
        }
        if let rep = conversation.absentRepID, feed.away[rep] == nil {
          violated("away", "\(conversation.conversationID) was not given back to \(rep), who is there")
        }
        if conversation.lastReadMessageID != feed.readTo[conversation.conversationID] {
          violated("read", "\(conversation.conversationID) is read, and the feed does not say to where")
        }
      }
      cursor = page?.next
    } while cursor != nil
  }

  private func compareAbsences(_ queries: Queries) {
    var cursor: PageCursor?
    var found: [RepID: AbsenceID] = [:]
    repeat {
      let page: Page<AbsenceView>? = world.answer(
        queries, .absenceList(AbsenceList(state: .inForce, cursor: cursor, limit: 200)))
      for absence in page?.items ?? [] { found[absence.repID] = absence.absenceID }
      cursor = page?.next
    } while cursor != nil
    if found != feed.away { violated("away", "\(found) are away, and told to be \(feed.away)") }
  }

  private func compareNumbers(_ queries: Queries) {
    let list: Page<NumberView>? = world.answer(queries, .numberList(NumberList(limit: 200)))
    for number in list?.items ?? [] {
      guard let told = feed.numbers[number.number] else {
        violated("told", "\(number.number) is there, and the feed never told of it")
        continue
      }
      if told.state != number.state || told.rate != number.rate || told.repID != number.repID {
        violated(
          "told",
          "\(number.number) is \(number.state), \(number.rate)/s, \(number.repID.map { "\($0)" } ?? "nobody")'s; the feed says \(told)"
        )
      }
    }
  }

  private func compareCampaigns(_ queries: Queries) {
    let list: Page<CampaignView>? = world.answer(queries, .campaignList(CampaignList(limit: 200)))
    for campaign in list?.items ?? [] where campaign.committedAt != nil {
      guard let told = feed.campaigns[campaign.campaignID] else {
        violated("told", "\(campaign.campaignID) was committed, and the feed never told of it")
        continue
      }
      let (here, there) = (campaign.counts, told.counts)
      if told.state != campaign.state || there.delivered != here.delivered || there.failed != here.failed
        || there.unknown != here.unknown || there.cancelled != here.cancelled || there.sent != here.sent
      {
        violated(
          "told",
          "\(campaign.campaignID) is \(campaign.state) \(here), the feed says \(told.state?.rawValue ?? "nothing") \(there)"
        )
      }
    }
  }

  private func compareConsent(_ queries: Queries) {
    for phone in 0..<world.story.phones {
      guard let number = E164(Phones.number(phone)) else { continue }
      let scopes = feed.closed.filter { $0.phone == PhoneNumber(number) }
      guard !scopes.isEmpty || phone % 8 == 0 else { continue }
      let found: ConsentGetResult? = world.answer(queries, .consentGet(ConsentGet(phone: TypedPhone(number))))
      guard let found else { continue }
      if Set(found.blockedBy) != Set(scopes.compactMap(\.number))
        || found.optedOutOfBrand != scopes.contains(where: { $0.number == nil })
      {
        violated(
          "told",
          "phone \(phone) is out of \(found.blockedBy), of all: \(found.optedOutOfBrand); the feed says \(scopes)"
        )
      }
    }
    for (phone, count) in confirmations.sorted(by: { $0.key < $1.key }) {
      guard let number = PhoneNumber(Phones.number(phone)) else { continue }
      let most = feed.closings[number, default: 0] + retries[phone, default: 0]
      if count > most { violated("stop", "phone \(phone) got \(count) confirmations of \(most) opt-outs") }
    }
  }
}
