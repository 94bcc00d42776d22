import CarrierSimulator
import CommandFrame
import Contract
import NetIO

/// The end of the demo: every claim, checked against what the carrier saw and what the daemon says.
extension DemoStory {
  /// Prints the claims. Returns whether all of them hold.
  func check() throws -> Bool {
    try Output.line("\n" + Terminal.output.styled("Every claim, checked", .bold))
    var passed = true
    func claim(_ text: String, _ holds: Bool, _ found: String) throws {
      passed = passed && holds
      let mark = Terminal.output.styled(holds ? "✓" : "✗", holds ? .green : .red)
      try Output.line("  \(mark) \(text)" + (holds ? "" : ": " + Terminal.output.styled(found, .red)))
    }
    let star = String(cast.star.number.dropFirst())
    let audience = cast.audience
    let stopper = audience[DemoCast.stopper]

    let wrong = audience.enumerated().filter { place, person in
      let own = DemoCast.text.replacing("{{first_name}}", with: person.firstName)
      let times = received.count { $0.to == person.digits && $0.text == own && $0.from == star }
      return times != (place == DemoCast.stopper ? 0 : 1)
    }
    try claim(
      "\(audience.count - 1) of \(audience.count) contacts got \(cast.star.firstName)'s text once, by their own first name, from \(cast.star.number)",
      wrong.isEmpty, "false for " + wrong.map(\.element.name).joined(separator: ", "))

    let most = busiestSecond(of: star)
    try claim(
      "\(cast.star.firstName)'s number never sent more than its \(stage.rate) segments in any second (the most was \(most))",
      most <= stage.rate && most > 0, "\(most) in one second")

    try checkCampaign(claim)
    try checkConversations(claim)
    try checkStop(stopper, claim)

    let help = received.filter { $0.to == audience[DemoCast.helper].digits && $0.text == DemoStage.brandHelp }
      .count
    try claim("HELP was answered once, with the brand's text", help == 1, "\(help) times")
    let answers = received.filter { $0.to == audience[DemoCast.asker].digits && $0.text == DemoCast.answer }
    try claim(
      "\(cast.star.firstName)'s own answer reached \(audience[DemoCast.asker].firstName), from the number of the thread",
      answers.count == 1 && answers.first?.from == star, "\(answers.count) times")

    try checkLead(claim)
    try checkDesk(claim)
    try checkPrivacy(claim)
    try checkFeed(claim)
    return passed
  }

  /// What phones sent but for the reps' own mobiles, of which no app is told.
  private var fromContacts: [CarrierSimulator.PhoneMessage] {
    sent.filter { message in !cast.reps.contains { $0.mobile == "+" + message.from } }
  }

  private typealias Claim = (String, Bool, String) throws -> Void

  /// Segments of one number in its fullest half-open second, by the carrier's clock.
  private func busiestSecond(of number: String) -> Int {
    let times = received.filter { $0.from == number }.flatMap {
      Array(repeating: $0.at, count: max(1, $0.parts))
    }.sorted()
    var most = 0
    var first = 0
    for (index, time) in times.enumerated() {
      while time - times[first] >= .seconds(1) { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }

  private func checkCampaign(_ claim: Claim) throws {
    guard let campaign else { return try claim("the campaign was committed", false, "no") }
    let view = try stage.call(CampaignGet(campaignID: campaign))
    let counts = view.counts
    let expected = cast.audience.count - 1
    try claim(
      "\(expected) messages have a receipt that says delivered; 1 message was cancelled; none is unknown",
      view.state == .completed && counts.delivered == expected && counts.cancelled == 1
        && counts.unknown == 0,
      "\(view.state.rawValue), \(counts.delivered) delivered, \(counts.cancelled) cancelled, \(counts.unknown) unknown"
    )
  }

  private func checkConversations(_ claim: Claim) throws {
    var wrong: [String] = []
    var threads: Set<ConversationID> = []
    let reps = try stage.call(RepList(limit: 200)).items
    var answered = 0
    for message in fromContacts {
      guard let person = cast.person(message.from), let event = inbound(from: person) else {
        wrong.append(cast.name(message.from))
        continue
      }
      answered += 1
      threads.insert(event.conversationID)
      let conversation = try stage.call(ConversationGet(conversationID: event.conversationID))
      // Nobody's: it waits in a queue.
      let owner = reps.first { $0.repID == conversation.repID }?.name ?? ""
      let isRight =
        owner == person.owner && (owner.isEmpty == (conversation.queueID != nil))
        && conversation.phone.description == person.phone
        && conversation.number.description == "+" + message.to
      let texts = try stage.call(
        ConversationMessages(conversationID: conversation.conversationID, limit: 200)
      ).items
      if !isRight || !texts.contains(where: { $0.direction == .inbound && $0.text == message.text }) {
        wrong.append(person.name)
      }
    }
    let people = Set(fromContacts.map(\.from)).count
    try claim(
      "\(answered) texts came in from \(people) people; each person has a conversation, with the right rep or queue",
      wrong.isEmpty && threads.count == people && people >= 6,
      "false for \(wrong.joined(separator: ", ")); \(threads.count) conversations")
    let long = sent.contains { $0.text == DemoCast.long && $0.parts > 1 }
    let whole = inbound(from: cast.audience[DemoCast.longWriter])?.text == DemoCast.long
    try claim(
      "a long answer with an emoji came in several parts and was put together", long && whole, "it was not")
  }

  private func checkStop(_ stopper: DemoCast.Person, _ claim: Claim) throws {
    guard let phone = E164(stopper.phone), let stop = sent.first(where: { $0.from == stopper.digits }) else {
      return try claim("\(stopper.firstName) texted STOP", false, "no")
    }
    let after = received.filter { $0.to == stopper.digits && $0.at >= stop.at }
    try claim(
      "\(stopper.name) texted STOP while a message still waited: the message was cancelled, and nothing was sent afterwards",
      after.isEmpty && !received.contains { $0.to == stopper.digits }, "\(after.count) messages after")
    let byNetwork = network.filter { $0.to == stopper.digits }
    try claim(
      "the toll-free network confirmed the STOP; we added no second confirmation", byNetwork.count == 1,
      "\(byNetwork.count) texts of the network")
    let consent = try stage.call(ConsentGet(phone: TypedPhone(phone)))
    try claim(
      "the opt-out is on record with its evidence, and a further send is refused (\(refusalAfterStop ?? "-"))",
      consent.optedOutOfBrand && consent.records.contains { $0.keyword == "STOP" && $0.messageID != nil }
        && ["opted_out", "network_blocked"].contains(refusalAfterStop ?? ""),
      "opted out: \(consent.optedOutOfBrand), refusal: \(refusalAfterStop ?? "none")")
  }

  private func checkLead(_ claim: Claim) throws {
    let (person, rep) = (cast.lead.person, cast.closer)
    let number = String(rep.number.dropFirst())
    let lead = try stage.call(LeadList()).items.first
    let alerts = received.filter {
      "+" + $0.to == rep.mobile && $0.from == number && $0.text.contains("lead")
    }
    try claim(
      "\(rep.firstName) was told of the lead once, from the own number, without \(person.firstName)'s phone",
      alerts.count == 1 && !alerts[0].text.contains(person.digits.dropFirst()), "\(alerts.count) times")
    let texts = received.filter { $0.to == person.digits }
    try claim(
      "the answer from \(rep.firstName)'s own mobile reached \(person.firstName) from \(rep.number), and the lead counts as texted",
      texts.map(\.text) == [DemoCast.toTheLead] && texts[0].from == number && lead?.state == .contacted,
      "\(texts.count) texts; the lead is \(lead?.state.rawValue ?? "not there")")
    guard let lead, let phone = E164(person.phone) else { return }
    let consent = try stage.call(ConsentGet(phone: TypedPhone(phone)))
    try claim(
      "\(person.firstName)'s consent is on record with its words",
      consent.records.contains { $0.kind == .optIn && $0.evidence?.contains("text me") == true },
      "\(lead.leadID) has no record")
  }

  private func checkDesk(_ claim: Claim) throws {
    let agent = DemoCast.agent.name
    try claim(
      "\(agent) was served the longest wait first, then the other, and then told to hang tight",
      served.map(\.phone.description) == DemoCast.visitors.map(\.phone) && lastServing == .empty,
      served.map(\.phone.description).joined(separator: ", "))
    let number = String(DemoCast.desk.number.dropFirst())
    let answers = zip(DemoCast.visitors, DemoCast.deskAnswers).map { visitor, answer in
      received.count { $0.to == visitor.phone.dropFirst() && $0.from == number && $0.text == answer }
    }
    try claim(
      "both got \(agent)'s answer once, from \(DemoCast.desk.number), the first from a template",
      answers == [1, 1], "\(answers) times")
    guard let first = served.first else { return }
    let outcomes = try stage.call(DispositionList(conversationID: first.conversationID)).items
    let story = try stage.call(ConversationWhy(conversationID: first.conversationID))
    try claim(
      "the outcome is on record, and every millisecond of the wait has its cause",
      outcomes.map(\.disposition) == ["answered"] && story.serves.count == 1
        && zip(story.waits, story.waits.dropFirst()).allSatisfy { $0.endedAt == $1.startedAt },
      "\(outcomes.count) outcomes, \(story.serves.count) serves")
  }

  private func checkPrivacy(_ claim: Claim) throws {
    let mobiles = cast.reps.map(\.mobile)
    let alerts = received.filter { message in mobiles.contains("+" + message.to) }
    let leaks = alerts.filter { alert in
      cast.contacts.contains { alert.text.contains($0.digits) || alert.text.contains($0.digits.dropFirst()) }
    }
    try claim(
      "\(Words.count(alerts.count, "alert")) reached the reps' own mobiles, none with a contact's number",
      alerts.count >= 3 && leaks.isEmpty, "\(alerts.count) alerts, \(leaks.count) with a number")
    let toContacts = received.filter { !mobiles.contains("+" + $0.to) }
    let shown =
      toContacts.contains { message in mobiles.contains { message.text.contains($0.dropFirst(2)) } }
      || feed.contains { event in mobiles.contains { "\(event)".contains($0.dropFirst(1)) } }
    try claim("no rep's mobile appears in a text to a contact or in an event", !shown, "it does")
  }

  private func checkFeed(_ claim: Claim) throws {
    let sequences = feed.compactMap { Int64($0.sequence) }
    let ordered = zip(sequences, sequences.dropFirst()).allSatisfy { $1 == $0 + 1 }
    let inboundEvents = feed.count { $0.type == .messageReceived }
    try claim(
      "the app read \(feed.count) events in order without a gap; \(inboundEvents) of them are inbound texts",
      ordered && inboundEvents == fromContacts.count,
      "\(inboundEvents) of \(fromContacts.count); in order: \(ordered)")
    let consumers = try stage.call(FeedConsumers()).items
    let lag = consumers.first { $0.consumer == Self.consumer }?.lag
    try claim("the app has acknowledged all of them", lag == 0, "\(lag.map(String.init) ?? "no consumer")")
  }
}
