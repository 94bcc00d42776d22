import Configuration
import Contract
import Daemon
import Gateway
import NetIO

/// The end: everything is well again, comes to rest and is looked at.
extension Simulation {
  /// Everything is well again: all that waits has to come to an end.
  func comeToRest(since: Duration) {
    disk.trouble = SimulatedDisk.Trouble()
    guard clock.now - since < .seconds(3600) else {
      return witness.violated("rest", "an hour after the last trouble: \(whatWaits() ?? "something waits")")
    }
    if whatWaits() == nil {
      if witness.submits < Story.segments, let deed = more.first {
        more.removeFirst()
        happen(deed)
        return after(.seconds(5)) { [unowned self] in comeToRest(since: clock.now) }
      }
      for app in apps { app.read() }
      if let deed = effects {
        effects = nil
        // A carrier that was not well a moment ago may still have to connect again.
        let wellFrom = smscs.map { $0.isWellFrom + .seconds(15) }.reduce(slowNetworkUntil, max)
        return at(wellFrom) { [unowned self] in happen(deed) }
      }
      isOver = true
      return
    }
    after(.seconds(clock.now - since < .seconds(60) ? 5 : 30)) { [unowned self] in comeToRest(since: since) }
  }

  func whatWaits() -> String? {
    guard let gateway else { return "the gateway is down" }
    if !desk.isAtRest { return "a command is not answered" }
    if let smsc = smscs.first(where: { !$0.isAtRest }) {
      return "\(smsc.traits.name) has something to deliver"
    }
    if witness.waitsForParts { return "a long text waits for a part" }
    if gateway.assembly.inputs.count + gateway.assembly.outputs.count > 0 { return "inputs wait" }
    if gateway.assembly.gateway.hasJobs { return "long work is not through" }
    if gateway.assembly.gateway.holdsBackProgress { return "counts of a campaign are held back" }
    let flying = gateway.assembly.gateway.unanswered
    if flying > 0 { return "\(flying) segments are with a session" }
    guard let queries = makeQueries() else { return "the store cannot be read" }
    let numbers: Page<NumberView>? = answer(queries, .numberList(NumberList(limit: 200)))
    for number in numbers?.items ?? [] where number.queuedInteractive + number.queuedCampaign > 0 {
      return
        "\(number.queuedInteractive) messages and \(number.queuedCampaign) of campaigns wait in a lane of \(number.number): "
        + whyOneWaits(queries)
    }
    let campaigns: Page<CampaignView>? = answer(queries, .campaignList(CampaignList(limit: 200)))
    for campaign in campaigns?.items ?? [] where campaign.state == .running {
      let counts = campaign.counts
      if counts.queued + counts.sending > 0 {
        return "\(campaign.campaignID) has \(counts.queued) queued, \(counts.sending) sending"
      }
      // What was said by hand to be sent has no receipt to wait for.
      if counts.sent > staff.resolved.count {
        return "\(campaign.campaignID) has \(counts.sent) without a receipt"
      }
    }
    return nil
  }

  /// What `why` says of a message that waits.
  private func whyOneWaits(_ queries: Queries) -> String {
    let waiting = patiently { try queries.messages(MessageList(state: .queued, limit: 1), for: Self.admin) }
    guard let message = waiting?.items.first,
      let why = patiently({ try queries.why(MessageWhy(messageID: message.messageID), for: Self.admin) })
    else { return "nobody knows why" }
    let causes = why.spans.suffix(3).map { "\($0.cause.rawValue) \($0.ms) ms" }
    return "\(message.messageID) since \(causes.joined(separator: ", "))"
  }

  func makeQueries() -> Queries? {
    let clock = clock
    return try? Queries(
      path: Simulation.storePath, settings: configuration.rules, live: Nobody(),
      version: "simulated",
      started: 0, vfs: disk.name, clock: { clock.wallMilliseconds })
  }

  struct Nobody: LiveView {
    func snapshot() -> [LiveCarrier] { [] }
  }

  static let admin = Requester(role: "admin", uid: 0, seesText: true)

  func answer<R: Decodable>(_ queries: Queries, _ query: Query) -> R? {
    patiently { try ContractJSON.decode(R.self, from: try queries.answer(query, for: Self.admin)) }
  }

  func patiently<R>(_ ask: () throws -> R) -> R? {
    // A query has a second of the machine's own time, and this machine may be busy with other things.
    for _ in 0..<100 {
      do {
        return try ask()
      } catch let error as APIError where [.busy, .tooLarge].contains(error.code) {
        continue
      } catch {
        witness.violated("queries", "\(error)")
        return nil
      }
    }
    return nil
  }

  /// At rest: nothing lost, the feed as the store, and a reader from the beginning sees what the others saw.
  func lastLook() {
    guard let queries = makeQueries() else { return witness.violated("queries", "the store cannot be read") }
    witness.rest(queries)
    witness.compareTold(queries)
    if let gateway { auditMemory(gateway) }
    audit()
    let late = App("late", world: self, seed: 1)
    var position: Int64 = 0
    if let reader = makeReader() {
      var rows: [PackedRow] = []
      do {
        try reader.read(after: reader.oldest, maximumEvents: .max, maximumOctets: .max, into: &rows)
        for row in rows { ledger.read(row, after: &position, by: late) }
        if position != reader.newest || ledger.newest != reader.newest {
          witness.violated(
            "feed", "the feed ends at \(reader.newest), the readers at \(position) and \(ledger.newest)")
        }
      } catch {
        witness.violated("feed", "cannot be read from the oldest: \(error)")
      }
    }
    var cursor: PageCursor?
    var seen = 0
    var counted: [CampaignID: [TextMessageState: Int]] = [:]
    repeat {
      let next = MessageList(direction: .outbound, cursor: cursor, limit: 200)
      guard let page = patiently({ try queries.messages(next, for: Self.admin) }) else { return }
      for message in page.items {
        if let campaign = message.campaignID {
          counted[campaign, default: [:]][message.state, default: 0] += 1
        }
        compare(message, queries)
        seen += 1
        if seen % 61 == 0 || message.class != .campaign && seen % 7 == 0 { explain(message, queries) }
      }
      cursor = page.next
    } while cursor != nil
    let campaigns: Page<CampaignView>? = answer(queries, .campaignList(CampaignList(limit: 200)))
    for campaign in campaigns?.items ?? [] {
      let counts = campaign.counts
      let sum =
        counts.queued + counts.sending + counts.sent + counts.delivered + counts.failed + counts.expired
        + counts.unknown
        + counts.cancelled + counts.receiptMissing
      if sum != counts.total {
        witness.violated("states", "\(campaign.campaignID) counts \(sum) of \(counts.total)")
      }
      let found = counted[campaign.campaignID] ?? [:]
      // Recipients that were left out when their messages were made have none.
      if found[.cancelled, default: 0] > counts.cancelled {
        witness.violated("states", "\(campaign.campaignID) counts \(counts.cancelled) cancelled of more")
      }
      for (state, count) in [
        (TextMessageState.delivered, counts.delivered), (.failed, counts.failed), (.unknown, counts.unknown),
        (.sent, counts.sent), (.receiptMissing, counts.receiptMissing),
      ] where found[state, default: 0] != count {
        witness.violated(
          "states",
          "\(campaign.campaignID) counts \(count) \(state), the store has \(found[state, default: 0])")
      }
    }
  }

  /// Whether a session ended, or a time was over, without an answer to a message or to a part of it.
  func wasUnanswered(_ message: Int64, _ queries: Queries) -> Bool {
    let why = patiently { try queries.why(MessageWhy(messageID: MessageID(message)), for: Self.admin) }
    return why?.decisions.contains { $0.step == .unanswered } ?? false
  }

  /// Every wait of a message has its cause, and together they are its life.
  func explain(_ message: MessageView, _ queries: Queries) {
    guard let why = patiently({ try queries.why(MessageWhy(messageID: message.messageID), for: Self.admin) })
    else {
      return
    }
    let sum = why.spans.reduce(0) { $0 + $1.ms }
    if sum != why.lifeMs {
      witness.violated("why", "\(message.messageID) lived \(why.lifeMs) ms, of which \(sum) ms are explained")
    }
  }

  /// A message as the store has it against what the feed told of it.
  func compare(_ message: MessageView, _ queries: Queries) {
    let told = ledger.states[message.messageID.value]
    // A campaign's messages tell their ends: of the steps between, the last told may be one before.
    let isUnderWay = { (state: TextMessageState) in [.queued, .sending, .sent].contains(state) }
    let steps = message.class == .campaign && told.map(isUnderWay) == true && isUnderWay(message.state)
    if let told, told != message.state, !steps {
      witness.violated("states", "\(message.messageID) is \(message.state), and was told to be \(told)")
    }
    if told == nil, message.conversationID != nil, message.class != .campaign,
      [.delivered, .failed, .cancelled].contains(message.state),
      Phones.place(of: String(message.to.description.dropFirst())) != nil
    {
      witness.violated("states", "\(message.messageID) is \(message.state), and the feed never told of it")
    }
    // What a person said of it may be wrong.
    guard let phone = Phones.place(of: String(message.to.description.dropFirst())), message.segments == 1,
      Witness.isCounted(message.text), !staff.resolved.contains(message.messageID.value)
    else { return }
    let copies = witness.copies(phone, message.text)
    let has = copies > 0
    if message.state == .unknown, !witness.wasWritten(phone, message.text),
      !witness.flyingAtEnds.contains(message.messageID.value)
    {
      neverWritten += 1
      if neverWritten > witness.cutShort {
        witness.violated("states", "\(message.messageID) is unknown, and was never written")
      }
    }
    if [.receiptMissing, .sent].contains(message.state), copies == 1, witness.hasReceipt(phone, message.text)
    {
      witness.violated("states", "\(message.messageID) is \(message.state), and its receipt was acknowledged")
    }
    let what = "\(message.messageID) from \(message.from) to phone \(phone), \"\(message.text)\","
    if copies > 1,
      let why = patiently({ try queries.why(MessageWhy(messageID: message.messageID), for: Self.admin) }),
      !why.decisions.contains(where: { $0.step == .settled })
    {
      witness.violated("copies", "\(what) reached it \(copies) times, and was not in doubt")
    }
    if message.state == .delivered, !has {
      witness.violated("states", "\(what) is delivered, and the phone has it not")
    }
    if [.failed, .cancelled, .queued].contains(message.state), has {
      witness.violated("states", "\(what) is \(message.state), and the phone has it")
    }
  }
}
