/// The CloudEvents `type` of an event. Raw values are the packed form's octet and never change their meaning.
public enum EventType: UInt8, Hashable, Sendable, CaseIterable {
  case messageReceived = 1
  case messageStateChanged = 2
  case consentChanged = 3
  case conversationChanged = 4
  case campaignProgress = 5
  case bindStateChanged = 6
  case numberStateChanged = 7
  case alertRaised = 8
  case dataReceived = 9
  case messageQueued = 10
  case contactChanged = 11
  case groupChanged = 12
  case repChanged = 13
  case memberChanged = 14
  case queueChanged = 15
  case episodeChanged = 16
  case dispositionRecorded = 17
  case noteAdded = 18
  case templateChanged = 19
  case leadChanged = 20
  case absenceChanged = 21
  case keywordChanged = 22
  case calendarChanged = 23

  /// `sms.message.received.v1`.
  public var name: StaticString {
    switch self {
    case .messageReceived: "sms.message.received.v1"
    case .messageStateChanged: "sms.message.state_changed.v1"
    case .consentChanged: "sms.consent.changed.v1"
    case .conversationChanged: "sms.conversation.changed.v1"
    case .campaignProgress: "sms.campaign.progress.v1"
    case .bindStateChanged: "sms.bind.state_changed.v1"
    case .numberStateChanged: "sms.number.state_changed.v1"
    case .alertRaised: "sms.alert.raised.v1"
    case .dataReceived: "sms.data.received.v1"
    case .messageQueued: "sms.message.queued.v1"
    case .contactChanged: "sms.contact.changed.v1"
    case .groupChanged: "sms.group.changed.v1"
    case .repChanged: "sms.rep.changed.v1"
    case .memberChanged: "sms.member.changed.v1"
    case .queueChanged: "sms.queue.changed.v1"
    case .episodeChanged: "sms.episode.changed.v1"
    case .dispositionRecorded: "sms.disposition.recorded.v1"
    case .noteAdded: "sms.note.added.v1"
    case .templateChanged: "sms.template.changed.v1"
    case .leadChanged: "sms.lead.changed.v1"
    case .absenceChanged: "sms.absence.changed.v1"
    case .keywordChanged: "sms.keyword.changed.v1"
    case .calendarChanged: "sms.calendar.changed.v1"
    }
  }
}

extension EventType: CustomStringConvertible, Codable {
  public var description: String { name.description }

  public init?(_ text: some StringProtocol) {
    guard let type = EventType.allCases.first(where: { text == $0.description }) else { return nil }
    self = type
  }
  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(EventType.init(_:), expected: "an event type as sms.message.received.v1")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}
