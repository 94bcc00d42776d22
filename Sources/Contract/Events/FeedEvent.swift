// An event as a reader of the socket sees it: the decoding side, for clients and tests.

/// A CloudEvents 1.0 object of the feed.
public struct FeedEvent: Decodable, Equatable, Sendable {
  /// `evt_` and the sequence: stable, unique in its `source`.
  public let id: String
  /// `urn:tollgate:` and the store's identity.
  public let source: String
  /// The event's type.
  public let type: EventType
  /// What it is about.
  public let subject: String
  /// When it was committed; never decreases along the feed.
  public let time: Timestamp
  /// Its place in the feed, in decimal.
  public let sequence: String
  /// Events with one key are in order.
  public let partitionKey: String
  /// Its data.
  public let data: EventData

  enum CodingKeys: String, CodingKey {
    case specversion, id, source, type, subject, time, datacontenttype, sequence
    case partitionKey = "partitionkey"
    case data
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard try container.decode(String.self, forKey: .specversion) == "1.0" else {
      throw DecodingError.dataCorruptedError(
        forKey: .specversion, in: container, debugDescription: "expected 1.0")
    }
    id = try container.decode(String.self, forKey: .id)
    source = try container.decode(String.self, forKey: .source)
    type = try container.decode(EventType.self, forKey: .type)
    subject = try container.decode(String.self, forKey: .subject)
    time = try container.decode(Timestamp.self, forKey: .time)
    sequence = try container.decode(String.self, forKey: .sequence)
    partitionKey = try container.decode(String.self, forKey: .partitionKey)
    data =
      switch type {
      case .messageReceived: .messageReceived(try container.decode(MessageReceived.self, forKey: .data))
      case .messageStateChanged:
        .messageStateChanged(try container.decode(MessageStateChanged.self, forKey: .data))
      case .consentChanged: .consentChanged(try container.decode(ConsentChanged.self, forKey: .data))
      case .conversationChanged:
        .conversationChanged(try container.decode(ConversationChanged.self, forKey: .data))
      case .campaignProgress: .campaignProgress(try container.decode(CampaignProgress.self, forKey: .data))
      case .bindStateChanged: .bindStateChanged(try container.decode(BindStateChanged.self, forKey: .data))
      case .numberStateChanged:
        .numberStateChanged(try container.decode(NumberStateChanged.self, forKey: .data))
      case .alertRaised: .alertRaised(try container.decode(AlertRaised.self, forKey: .data))
      case .dataReceived: .dataReceived(try container.decode(DataReceived.self, forKey: .data))
      case .messageQueued: .messageQueued(try container.decode(MessageQueued.self, forKey: .data))
      case .contactChanged: .contactChanged(try container.decode(ContactChanged.self, forKey: .data))
      case .groupChanged: .groupChanged(try container.decode(GroupChanged.self, forKey: .data))
      case .repChanged: .repChanged(try container.decode(RepChanged.self, forKey: .data))
      case .memberChanged: .memberChanged(try container.decode(MemberChanged.self, forKey: .data))
      case .queueChanged: .queueChanged(try container.decode(QueueChanged.self, forKey: .data))
      case .episodeChanged: .episodeChanged(try container.decode(EpisodeChanged.self, forKey: .data))
      case .dispositionRecorded:
        .dispositionRecorded(try container.decode(DispositionRecorded.self, forKey: .data))
      case .noteAdded: .noteAdded(try container.decode(NoteAdded.self, forKey: .data))
      case .templateChanged: .templateChanged(try container.decode(TemplateChanged.self, forKey: .data))
      case .leadChanged: .leadChanged(try container.decode(LeadChanged.self, forKey: .data))
      case .absenceChanged: .absenceChanged(try container.decode(AbsenceChanged.self, forKey: .data))
      case .keywordChanged: .keywordChanged(try container.decode(KeywordChanged.self, forKey: .data))
      case .calendarChanged: .calendarChanged(try container.decode(CalendarChanged.self, forKey: .data))
      }
  }
}

/// Parameters of the notification `feed.event`.
public struct FeedEventParams: Decodable, Equatable, Sendable {
  /// The consumer it is for.
  public let consumer: String
  /// What to acknowledge once it is dealt with.
  public let cursor: Cursor
  /// Times it was sent before to this consumer since it was last acknowledged past.
  public let redelivered: Int
  /// The event.
  public let event: FeedEvent
}

/// Parameters of the notification `feed.skipped`: everything up to `cursor` was hidden by the filter or the role.
public struct FeedSkippedParams: Codable, Equatable, Sendable {
  /// The consumer it is for.
  public let consumer: String
  /// The last event skipped; may be acknowledged like an event's cursor.
  public let cursor: Cursor
}

/// Parameters of the notification `feed.heartbeat`, sent every 15 s to a subscribed connection.
public struct FeedHeartbeatParams: Codable, Equatable, Sendable {
  /// The consumer it is for.
  public let consumer: String
  /// Position of the newest event.
  public let newest: Cursor
  /// Events after the last one acknowledged.
  public let lag: Int
}

/// Parameters of the notification `feed.fenced`: another connection took the consumer over; nothing more follows here.
public struct FeedFencedParams: Codable, Equatable, Sendable {
  /// The consumer that was taken over.
  public let consumer: String
}

/// Parameters of the notification `feed.expired`: the next events are no longer kept, and delivery has ended. The consumer
/// subscribes again from where it chooses; nothing is left out silently.
public struct FeedExpiredParams: Codable, Equatable, Sendable {
  /// The consumer it is for.
  public let consumer: String
  /// Position before the oldest event still kept.
  public let oldest: Cursor
}
