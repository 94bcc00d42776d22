import CarrierSimulator
import CommandFrame
import Contract
import NetIO
import SocketClient

/// The demo's course of events: acts, waits, and shows each thing as it happens.
struct DemoStory {
  let stage: DemoStage
  var cast: DemoCast { stage.cast }

  /// What the app at the feed has read, in order.
  var feed: [FeedEvent] = []
  /// What phones got and sent, as the carrier saw it.
  var received: [CarrierSimulator.PhoneMessage] = []
  var sent: [CarrierSimulator.PhoneMessage] = []
  var network: [CarrierSimulator.PhoneMessage] = []
  var receipts = 0
  var campaign: CampaignID?
  /// Whom the agent was served, in order, and what came at last.
  var served: [ConversationView] = []
  var lastServing: ServingOutcome?
  private var start = MonotonicClock.now
  private var campaignDone = false
  private var stopSent = false
  private var otherSent = false
  private var answerSent = false
  /// What the refused send to the opted-out phone said.
  var refusalAfterStop: String?

  static let consumer = "crm"

  init(_ stage: DemoStage) throws { self.stage = stage }

  // MARK: Course

  mutating func play() throws {
    try title("Start a carrier and the gateway")
    try stage.wait(10, for: "the bind") { try stage.call(Status()).ready }
    try Output.line("  bound over SMPP 3.4 to a carrier on 127.0.0.1; the state is in \(stage.directory)")

    try title("Add three reps, each with a toll-free number, and sixty contacts")
    try stage.operate("go-live")
    try stage.operate(
      "rep", "import", cast.data + "/reps.csv", "--carrier", "simulated", "--rate", "\(stage.rate)")
    try stage.operate("contact", "import", cast.data + "/contacts.csv")

    try title("An app subscribes to the feed as \"\(Self.consumer)\"")
    _ = try stage.call(FeedSubscribe(consumer: Self.consumer, start: .newest))

    try title("\(cast.star.firstName) writes to everybody who asked about the open house")
    try send()

    let deadline = MonotonicClock.now + .seconds(22)
    while !isOver {
      if Interrupt.came { throw Failure(.software, "interrupted") }
      guard MonotonicClock.now < deadline else {
        try Output.line("  (the demo took too long)")
        break
      }
      try look(for: .milliseconds(20))
      try act()
    }
    try playLead()
    try playAgent()
    // Late doubles would come now.
    let quiet = MonotonicClock.now + .milliseconds(1200)
    while MonotonicClock.now < quiet { try look(for: .milliseconds(20)) }
  }

  private mutating func send() throws {
    let reps = try stage.call(RepList()).items
    guard let rep = reps.first(where: { $0.name == cast.star.name }) else {
      throw Failure(.software, "the rep \(cast.star.name) is not there")
    }
    let plan = try stage.call(
      CampaignPlan(
        from: .rep(rep.repID), audience: Audience(tag: DemoCast.tag), text: DemoCast.text, copyToRep: true,
        name: "Open house", idempotencyKey: "demo-plan"))
    try Output.line(
      "  the plan: \(plan.recipients) messages, \(Words.count(plan.segments, "segment")), about \(plan.seconds) s at \(stage.rate) a second"
    )
    if let sample = plan.samples.first {
      try Output.line("  such as: \(Terminal.shown(sample.text))")
    }
    start = MonotonicClock.now
    campaign = try stage.call(CampaignCommit(campaignID: plan.campaignID, idempotencyKey: "demo-commit"))
      .campaignID
  }

  /// Somebody fills in a form, a manager gives the lead to a rep, and the rep answers the alert from the own mobile.
  private mutating func playLead() throws {
    let (lead, rep) = (cast.lead, cast.closer)
    try title(
      "\(lead.person.firstName) fills in the \(DemoCast.form), and a manager gives the lead to \(rep.firstName)"
    )
    let names = lead.person.name.split(separator: " ").map(String.init)
    try stage.operate(
      "lead", "create", "--source", DemoCast.form, "--first-name", names[0], "--last-name", names[1],
      "--cell",
      lead.cell, "--field", "interest=loft", "--consent", "Yes, text me about homes.")
    guard let made = try stage.call(LeadList()).items.first else {
      throw Failure(.software, "the lead is not there")
    }
    start = MonotonicClock.now
    try stage.operate("lead", "assign", made.leadID.description, rep.name)
    try look(until: { story in story.received.contains { "+" + $0.to == rep.mobile } })
    stage.simulator.send(
      DemoCast.toTheLead, from: String(rep.mobile.dropFirst()), to: String(rep.number.dropFirst()))
    try look(until: { story in
      story.inbound(from: lead.person) != nil && story.receipts >= story.received.count
    })
    try stage.operate("lead", "show", made.leadID.description)
  }

  /// Two people write to a number that no rep holds. An agent signs in to a page, is served who has waited longest, and then the other.
  private mutating func playAgent() throws {
    let (desk, agent) = (DemoCast.desk, DemoCast.agent)
    try title("Two people write to the front desk, and an agent answers whoever has waited longest")
    try stage.operate("queue", "add", desk.queue, "--outcome", "answered=Answered", "--require-outcome", "on")
    try stage.operate("number", "add", desk.number, "--carrier", "simulated", "--rate", "\(stage.rate)")
    try stage.operate("number", "queue", desk.number, desk.queue)
    try stage.operate("member", "add", agent.login, agent.name, "--role", "agent")
    try stage.operate("queue", "join", desk.queue, agent.login)
    try stage.operate("template", "put", DemoCast.template.name, DemoCast.template.text)
    start = MonotonicClock.now
    for visitor in DemoCast.visitors {
      let names = visitor.name.split(separator: " ").map(String.init)
      _ = try stage.call(
        ContactUpsert(contacts: [
          ContactInput(phones: [visitor.phone], firstName: names[0], lastName: names[1])
        ]))
      stage.simulator.send(
        visitor.text, from: String(visitor.phone.dropFirst()), to: String(desk.number.dropFirst()))
      try look(until: { story in
        story.sent.contains { $0.text == visitor.text } && story.isInLine(visitor.phone)
      })
    }
    let page = try signIn(agent.login)
    _ = try stage.call(MemberPresence(presence: .available), on: page)
    var serving = try stage.call(ServeNext(), on: page)
    try say("←", agent.name, "asks for the next conversation", .bold)
    for answer in DemoCast.deskAnswers {
      guard let conversation = serving.conversation else { break }
      served.append(conversation)
      let isFirst = served.count == 1
      try say("←", agent.name, "is served \(cast.name(conversation.phone))", .bold)
      let template = isFirst ? try stage.call(TemplateList()).items.first?.templateID : nil
      let text =
        try template.map {
          try stage.call(
            TemplateRender(templateID: $0, conversationID: conversation.conversationID), on: page
          ).text
        } ?? answer
      _ = try stage.call(
        MessageSend(
          from: .number(conversation.number), to: .phone(TypedPhone(conversation.phone)), text: text,
          idempotencyKey: "demo-desk-\(served.count)", templateID: template), on: page)
      serving =
        try stage.call(
          ConversationComplete(
            conversationID: conversation.conversationID, disposition: "answered", serveNext: true), on: page
        ).serving ?? ServingView(outcome: .empty, depth: 0)
    }
    lastServing = serving.outcome
    if serving.outcome == .empty { try say("←", agent.name, "nobody waits: please hang tight", .bold) }
    try look(until: { story in
      story.received.contains { $0.text == DemoCast.deskAnswers[1] } && story.receipts >= story.received.count
    })
    if let last = served.last {
      try stage.operate("conversation", "why", last.conversationID.description)
    }
  }

  /// Uses an invite, as the page does for somebody who opens the link.
  private func signIn(_ login: String) throws -> APIClient {
    guard let member = try stage.call(MemberList()).items.first(where: { $0.login == login }) else {
      throw Failure(.software, "the member \(login) is not there")
    }
    let invite = try stage.call(MemberInvite(memberID: member.memberID))
    func octets(_ count: Int) -> String {
      Base64URL.text(of: (0..<count).map { _ in UInt8.random(in: 0...255) })
    }
    let page = try stage.openPage()
    let opening = try stage.call(
      SessionEnrol(token: invite.token, salt: octets(16), proof: octets(32), device: "the demo's page"),
      on: page)
    page.actsIn = opening.token
    return page
  }

  private func isInLine(_ phone: String) -> Bool {
    feed.contains {
      if case .episodeChanged(let episode) = $0.data, episode.state == .waiting {
        return inbound(phone)?.conversationID == episode.conversationID
      }
      return false
    }
  }

  /// Looks for at most ten seconds.
  private mutating func look(until isSeen: (DemoStory) -> Bool) throws {
    let deadline = MonotonicClock.now + .seconds(10)
    while !isSeen(self), MonotonicClock.now < deadline {
      if Interrupt.came { throw Failure(.software, "interrupted") }
      try look(for: .milliseconds(20))
    }
  }

  private var isOver: Bool {
    campaignDone && answerSent && thanksCame && refusalAfterStop != nil && receipts >= received.count
  }

  private var thanksCame: Bool {
    feed.contains {
      if case .messageReceived(let message) = $0.data { return message.text == DemoCast.thanks }
      return false
    }
  }

  /// What people do once they see something.
  private mutating func act() throws {
    let stopper = cast.audience[DemoCast.stopper]
    let outgoing = received.count { $0.from == cast.star.number.dropFirst() }
    if !stopSent, outgoing >= 8 {
      stopSent = true
      stage.simulator.send("STOP", from: stopper.digits, to: String(cast.star.number.dropFirst()))
    }
    if !otherSent, outgoing >= 14, let person = cast.contacts.first(where: { $0.owner == cast.other.name }) {
      otherSent = true
      stage.simulator.send(
        DemoCast.toTheOther, from: person.digits, to: String(cast.other.number.dropFirst()))
    }
    if !answerSent, let question = inbound(from: cast.audience[DemoCast.asker]) {
      answerSent = true
      try say(
        "→", cast.star.firstName, "answers in \(question.conversationID), before the rest of the campaign",
        .bold)
      _ = try stage.call(
        MessageSend(
          from: .number(question.to), to: .phone(question.from), text: DemoCast.answer,
          idempotencyKey: "demo-answer"))
    }
    if refusalAfterStop == nil, feed.contains(where: { $0.type == .consentChanged }),
      let phone = E164(stopper.phone)
    {
      do {
        _ = try stage.client.call(
          MessageSend(
            from: PhoneNumber(cast.star.number).map(Sender.number), to: .phone(PhoneNumber(phone)),
            text: "One more thing", idempotencyKey: "demo-after-stop"))
        refusalAfterStop = "accepted"
      } catch let error as APIError {
        refusalAfterStop =
          error.data.compactMap { item in
            if item.key == "reason", case .text(let reason) = item.value { reason } else { nil }
          }.first ?? error.message
        try say(
          "✗", cast.star.firstName,
          "tries to write to \(stopper.firstName) again: refused, \(refusalAfterStop ?? "")", .yellow)
      }
    }
  }

  func inbound(from person: DemoCast.Person) -> MessageReceived? { inbound(person.phone) }

  private func inbound(_ phone: String) -> MessageReceived? {
    feed.lazy.compactMap { event -> MessageReceived? in
      if case .messageReceived(let message) = event.data, message.from.description == phone {
        message
      } else {
        nil
      }
    }.first
  }

  // MARK: Looking

  /// Takes what has happened at the carrier and on the feed, and shows it in that order.
  private mutating func look(for time: Duration) throws {
    var notifications: [FeedNotification] = []
    do {
      while let notification = try stage.client.nextNotification(within: notifications.isEmpty ? time : .zero)
      {
        notifications.append(notification)
      }
    } catch {
      throw Failure(calling: nil, error)
    }
    var happened: [CarrierSimulator.Event] = []
    stage.events.drain(into: &happened)
    for event in happened { try show(event) }
    var newest: Cursor?
    for notification in notifications {
      switch notification {
      case .event(let params):
        feed.append(params.event)
        newest = params.cursor
        try show(params.event)
      case .skipped(let params): newest = params.cursor
      case .heartbeat, .fenced, .expired, .unknown: break
      }
    }
    if let newest { _ = try stage.call(FeedAck(consumer: Self.consumer, cursor: newest)) }
  }

  private mutating func show(_ event: CarrierSimulator.Event) throws {
    switch event {
    case .received(let message):
      received.append(message)
      try say("→", cast.name(message.to), message.text, .plain)
    case .sent(let message):
      sent.append(message)
      try say("⇐", cast.name(message.from), message.text, .cyan)
    case .network(let message):
      network.append(message)
      try say("⇢", cast.name(message.to), message.text, .dim)
    case .receipt: receipts += 1
    case .bound, .unbound, .handshakeFailed: break
    }
  }

  private mutating func show(_ event: FeedEvent) throws {
    switch event.data {
    case .messageReceived(let message):
      let owner = cast.reps.first { PhoneNumber($0.number) == message.to }?.firstName
      let place = owner.map { "for \($0)" } ?? "in line"
      try say("  feed", cast.name(message.from), "\(message.conversationID), \(place)", .green)
    case .consentChanged(let consent):
      let what =
        consent.kind == .optIn
        ? "agreed to be texted"
        : consent.layer == .network
          ? "and the toll-free network blocks \(cast.name(consent.number?.description ?? "-")) for this phone"
          : "opted out by \(consent.keyword ?? "?"); \(Words.count(consent.cancelled, "waiting message")) cancelled"
      try say("  feed", cast.name(consent.phone), what, consent.kind == .optIn ? .green : .red)
    case .campaignProgress(let progress):
      if progress.state == .completed, !campaignDone {
        campaignDone = true
        let counts = progress.counts
        try say(
          "  feed", "the campaign",
          "completed: \(counts.sent + counts.delivered) sent, \(counts.delivered) of them delivered so far, \(counts.cancelled) cancelled",
          .green)
      }
    case .messageStateChanged, .conversationChanged, .bindStateChanged, .numberStateChanged, .alertRaised,
      .dataReceived, .messageQueued, .contactChanged, .groupChanged, .repChanged, .memberChanged,
      .queueChanged, .episodeChanged, .dispositionRecorded, .noteAdded,
      .templateChanged, .absenceChanged, .keywordChanged, .calendarChanged:
      break
    case .leadChanged(let lead):
      try say("  feed", "the lead", "\(lead.leadID) \(lead.change.rawValue)", .green)
    }
  }

  private func title(_ text: String) throws {
    try Output.line("\n" + Terminal.output.styled(text, .bold))
  }

  private func say(_ mark: String, _ who: String, _ text: String, _ style: Terminal.Style) throws {
    let components = (MonotonicClock.now - start).components
    let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
    let time = "\(tenths / 10).\(tenths % 10) s"
    let padded = String(repeating: " ", count: max(0, 7 - time.count)) + time
    let name = who + String(repeating: " ", count: max(0, 20 - Terminal.columns(who)))
    let line = "\(padded)  \(mark) \(name)  \(Terminal.shown(text))"
    let width = Terminal.output.width ?? 132
    try Output.line(Terminal.output.styled(Terminal.cut(line, to: width), style))
  }
}
