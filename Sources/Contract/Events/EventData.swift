/// The data of any event, by its type.
public enum EventData: Equatable, Sendable {
  case messageReceived(MessageReceived)
  case messageStateChanged(MessageStateChanged)
  case consentChanged(ConsentChanged)
  case conversationChanged(ConversationChanged)
  case campaignProgress(CampaignProgress)
  case bindStateChanged(BindStateChanged)
  case numberStateChanged(NumberStateChanged)
  case alertRaised(AlertRaised)
  case dataReceived(DataReceived)
  case messageQueued(MessageQueued)
  case contactChanged(ContactChanged)
  case groupChanged(GroupChanged)
  case repChanged(RepChanged)
  case memberChanged(MemberChanged)
  case queueChanged(QueueChanged)
  case episodeChanged(EpisodeChanged)
  case dispositionRecorded(DispositionRecorded)
  case noteAdded(NoteAdded)
  case templateChanged(TemplateChanged)
  case leadChanged(LeadChanged)
  case absenceChanged(AbsenceChanged)
  case keywordChanged(KeywordChanged)
  case calendarChanged(CalendarChanged)

  /// The CloudEvents `type`.
  public var type: EventType {
    switch self {
    case .messageReceived: .messageReceived
    case .messageStateChanged: .messageStateChanged
    case .consentChanged: .consentChanged
    case .conversationChanged: .conversationChanged
    case .campaignProgress: .campaignProgress
    case .bindStateChanged: .bindStateChanged
    case .numberStateChanged: .numberStateChanged
    case .alertRaised: .alertRaised
    case .dataReceived: .dataReceived
    case .messageQueued: .messageQueued
    case .contactChanged: .contactChanged
    case .groupChanged: .groupChanged
    case .repChanged: .repChanged
    case .memberChanged: .memberChanged
    case .queueChanged: .queueChanged
    case .episodeChanged: .episodeChanged
    case .dispositionRecorded: .dispositionRecorded
    case .noteAdded: .noteAdded
    case .templateChanged: .templateChanged
    case .leadChanged: .leadChanged
    case .absenceChanged: .absenceChanged
    case .keywordChanged: .keywordChanged
    case .calendarChanged: .calendarChanged
    }
  }
}
