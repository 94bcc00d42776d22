// Decoded calls: what the rules switch over.

/// A call that changes state; the writer runs it in a transaction.
public enum Command: Hashable, Sendable {
  case feedSubscribe(FeedSubscribe)
  case feedAck(FeedAck)
  case feedForget(FeedForget)
  case messageSend(MessageSend)
  case campaignPlan(CampaignPlan)
  case campaignCommit(CampaignCommit)
  case campaignPause(CampaignPause)
  case campaignResume(CampaignResume)
  case campaignCancel(CampaignCancel)
  case numberAdd(NumberAdd)
  case numberSetRate(NumberSetRate)
  case numberSetRoutes(NumberSetRoutes)
  case numberPause(NumberPause)
  case numberResume(NumberResume)
  case numberAssign(NumberAssign)
  case repAdd(RepAdd)
  case repUpdate(RepUpdate)
  case contactUpsert(ContactUpsert)
  case contactTag(ContactTag)
  case contactUntag(ContactUntag)
  case groupCreate(GroupCreate)
  case groupAdd(GroupAdd)
  case groupRemove(GroupRemove)
  case consentRecord(ConsentRecord)
  case conversationAssign(ConversationAssign)
  case pause(PauseSending)
  case resume(ResumeSending)
  case goLive(GoLive)
  case testPhoneAdd(TestPhoneAdd)
  case testPhoneRemove(TestPhoneRemove)
  case unknownResolve(UnknownResolve)
  case clockAccept(ClockAccept)

  /// The parameters, without their type.
  public var params: any CommandParams {
    switch self {
    case .feedSubscribe(let params): params
    case .feedAck(let params): params
    case .feedForget(let params): params
    case .messageSend(let params): params
    case .campaignPlan(let params): params
    case .campaignCommit(let params): params
    case .campaignPause(let params): params
    case .campaignResume(let params): params
    case .campaignCancel(let params): params
    case .numberAdd(let params): params
    case .numberSetRate(let params): params
    case .numberSetRoutes(let params): params
    case .numberPause(let params): params
    case .numberResume(let params): params
    case .numberAssign(let params): params
    case .repAdd(let params): params
    case .repUpdate(let params): params
    case .contactUpsert(let params): params
    case .contactTag(let params): params
    case .contactUntag(let params): params
    case .groupCreate(let params): params
    case .groupAdd(let params): params
    case .groupRemove(let params): params
    case .consentRecord(let params): params
    case .conversationAssign(let params): params
    case .pause(let params): params
    case .resume(let params): params
    case .goLive(let params): params
    case .testPhoneAdd(let params): params
    case .testPhoneRemove(let params): params
    case .unknownResolve(let params): params
    case .clockAccept(let params): params
    }
  }

  /// The method it came as.
  public var method: Method { type(of: params).method }

  /// The caller's key: a repeat of (role, method, key) gets the first result again.
  public var idempotencyKey: String? { params.repeatKey }
}

/// A call that reads; answered from a read-only view.
public enum Query: Hashable, Sendable {
  case feedConsumers(FeedConsumers)
  case messageGet(MessageGet)
  case messageList(MessageList)
  case messageWhy(MessageWhy)
  case messageEstimate(MessageEstimate)
  case campaignGet(CampaignGet)
  case campaignList(CampaignList)
  case campaignRecipients(CampaignRecipients)
  case numberList(NumberList)
  case numberGet(NumberGet)
  case repList(RepList)
  case repGet(RepGet)
  case contactList(ContactList)
  case contactGet(ContactGet)
  case groupList(GroupList)
  case groupGet(GroupGet)
  case consentGet(ConsentGet)
  case consentList(ConsentList)
  case conversationList(ConversationList)
  case conversationGet(ConversationGet)
  case conversationMessages(ConversationMessages)
  case carrierList(CarrierList)
  case carrierTrace(CarrierTrace)
  case carrierReceipts(CarrierReceipts)
  case status(StatusGet)
  case metrics(MetricsGet)
  case testPhoneList(TestPhoneList)
  case unknownList(UnknownList)
  case quarantineList(QuarantineList)
  case verify(VerifyStore)
}

/// A call about the connection itself; answered where the socket is.
public enum SessionCall: Hashable, Sendable {
  case hello(Hello)
  case feedUnsubscribe(FeedUnsubscribe)
}
