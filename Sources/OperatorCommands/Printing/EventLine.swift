import Contract

/// An event as one line for people.
enum EventLine {
  static func text(_ event: FeedEvent, on terminal: Terminal = .output) -> String {
    let (word, style, rest) = parts(event.data)
    let name = word + String(repeating: " ", count: max(0, 9 - word.count))
    return terminal.styled(Words.clock(event.time), .dim) + "  " + terminal.styled(name, style) + "  "
      + Terminal.shown(rest)
  }

  /// A word for what happened, its colour, and the rest of the line.
  private static func parts(_ data: EventData) -> (String, Terminal.Style, String) {
    switch data {
    case .messageReceived(let message):
      let keyword = message.keyword.map { " (\($0))" } ?? ""
      let owner =
        message.repID.map { " for \($0)" } ?? " for the queue \(message.queueID?.description ?? "-")"
      let answers = message.campaignID.map { ", answers \($0)" } ?? ""
      return (
        "received", .cyan,
        "\(message.from) ⇒ \(message.to)\(owner)\(answers)\(keyword)\(message.lossy ? " (lossy)" : ""): \(message.text)"
      )
    case .messageStateChanged(let message):
      let why = Words.why(message.state, message.reason, message.error)
      let tail = (why.map { ": \($0)" } ?? "") + (message.inferred ? " (inferred)" : "")
      return (
        message.state.rawValue, Words.style(message.state),
        "\(message.messageID) \(message.from) → \(message.to)\(tail)"
      )
    case .consentChanged(let consent):
      let word = consent.kind == .optOut ? "opt-out" : "opt-in"
      let taken =
        consent.cancelled > 0 ? ", \(Words.count(consent.cancelled, "waiting message")) cancelled" : ""
      let scope = consent.scope == .number ? consent.number?.description ?? "one number" : "the brand"
      return (
        word, consent.kind == .optOut ? .red : .green,
        "\(consent.phone) for \(scope), by \(consent.keyword ?? consent.source.rawValue)\(taken)"
      )
    case .conversationChanged(let conversation):
      let owner =
        conversation.repID.map { " to \($0)" } ?? " in the queue \(conversation.queueID?.description ?? "-")"
      return (
        conversation.change.rawValue, .plain,
        "\(conversation.conversationID) \(conversation.number) with \(conversation.phone)\(owner)"
      )
    case .campaignProgress(let campaign):
      let counts = campaign.counts
      return (
        "campaign", campaign.state.map { Words.style($0) } ?? .plain,
        "\(campaign.campaignID)\(campaign.state.map { " \($0.rawValue)" } ?? ""): \(counts.queued) waiting, \(counts.sent) accepted, "
          + "\(counts.delivered) delivered, \(counts.cancelled) cancelled, \(Words.count(campaign.replyCount, "answer"))"
      )
    case .bindStateChanged(let bind):
      let tail =
        (bind.error.map { ": \($0)" } ?? "") + (bind.retryInMs.map { "; next attempt in \($0) ms" } ?? "")
      return (
        "bind", Words.style(bind.state),
        "\(bind.carrier) session \(bind.sessionIndex) \(bind.state.rawValue)\(tail)"
      )
    case .numberStateChanged(let number):
      return (
        "number", number.state == .active ? .green : .yellow,
        "\(number.number) \(number.state.rawValue), \(Words.count(number.rate, "segment")) per second"
      )
    case .messageQueued(let message):
      return (
        "queued", .plain,
        "\(message.messageID) \(message.from) → \(message.to): \(message.text ?? "(the text is no longer kept)")"
      )
    case .contactChanged(let contact):
      let name = [contact.firstName, contact.lastName].compactMap { $0 }.joined(separator: " ")
      let phones = contact.phones.map(\.description).joined(separator: ", ")
      return ("contact", .plain, "\(contact.contactID) \(name.isEmpty ? "-" : name), \(phones)")
    case .groupChanged(let group):
      return (
        "group", .plain,
        "\(group.groupID) \(group.name) \(group.change.rawValue), \(Words.count(group.contactIDs.count, "contact"))"
      )
    case .repChanged(let rep):
      return (
        "rep", .plain, "\(rep.repID) \(rep.name), \(rep.active ? "active" : "inactive")"
      )
    case .memberChanged(let member):
      return (
        "member", .plain, "\(member.memberID) \(member.name), \(member.active ? "active" : "inactive")"
      )
    case .queueChanged(let queue):
      return (
        "queue", .plain, "\(queue.queueID) \(queue.name), \(Words.count(queue.memberIDs.count, "member"))"
      )
    case .episodeChanged(let episode):
      let place = (episode.memberID?.description ?? episode.queueID?.description).map { " \($0)" } ?? ""
      return (
        "work", .plain,
        "\(episode.conversationID) \(episode.state.rawValue)\(place) (\(episode.change.rawValue))"
      )
    case .dispositionRecorded(let outcome):
      return (
        "outcome", .plain,
        "\(outcome.conversationID) \(outcome.disposition)\(outcome.memberID.map { " by \($0)" } ?? "")"
      )
    case .templateChanged(let template):
      return (
        "template", .plain, "\(template.templateID) \(template.name)\(template.removed ? ", removed" : "")"
      )
    case .leadChanged(let lead):
      return (
        "lead", .plain,
        "\(lead.leadID) \(lead.change.rawValue): \(lead.contactID)\(lead.repID.map { ", \($0)" } ?? "")"
      )
    case .calendarChanged(let calendar):
      return (
        "calendar", .plain,
        "\(calendar.repID) \(calendar.removed ? "has no working hours" : "works by \(calendar.timeZone)")"
      )
    case .keywordChanged(let keyword):
      let number = keyword.number.map { " for \($0)" } ?? ""
      return (
        "keyword", .plain,
        "\(keyword.keywordID) \(keyword.keyword)\(number)\(keyword.removed ? ", removed" : "")"
      )
    case .absenceChanged(let absence):
      let until = absence.endsAt.map { " until \($0)" } ?? ""
      return (
        "absence", .plain,
        "\(absence.absenceID) of \(absence.repID) \(absence.change.rawValue): from \(absence.startsAt)\(until)"
      )
    case .noteAdded(let note):
      return (
        "note", .plain, "\(note.conversationID)\(note.memberID.map { " by \($0)" } ?? ""): \(note.text)"
      )
    case .alertRaised(let alert):
      let subject = alert.subject.map { " \($0)" } ?? ""
      return (
        "alert", alert.severity == .info ? .plain : .red,
        "\(alert.severity.rawValue) \(alert.alert.rawValue)\(subject): \(alert.detail)"
      )
    case .dataReceived(let data):
      let port = data.receivedOctets.destinationPort.map { " for port \($0)" } ?? ""
      return ("data", .dim, "\(data.from) ⇒ \(data.to)\(port): \(data.receivedOctets.base64)")
    }
  }
}
