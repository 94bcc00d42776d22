// The one table of methods: everything that has to know them all (dispatch, roles, schemas, help) derives from it.

/// Every method of the local socket, by its name on the wire.
public enum Method: String, CaseIterable, Sendable, Hashable {
  /// First line of every connection, and required.
  case hello
  /// Starts or resumes a named consumer on this connection.
  case feedSubscribe = "feed.subscribe"
  /// Acknowledges every event up to a cursor; durable before it is answered.
  case feedAck = "feed.ack"
  /// Ends the consumer's delivery on this connection; its position stays.
  case feedUnsubscribe = "feed.unsubscribe"
  /// Lists the consumers and how far each is behind.
  case feedConsumers = "feed.consumers"
  /// Removes a consumer, so that the feed need not be kept for it.
  case feedForget = "feed.forget"
  /// Accepts one text for sending; answered once it is durable.
  case messageSend = "message.send"
  /// One message.
  case messageGet = "message.get"
  /// Messages, newest first.
  case messageList = "message.list"
  /// What was decided about a message, by which rule, and where its time went.
  case messageWhy = "message.why"
  /// How a text would travel: by the same code that sends it.
  case messageEstimate = "message.estimate"
  /// Fixes recipients, phones, numbers and texts; sends nothing.
  case campaignPlan = "campaign.plan"
  /// Sends a plan; from here recipients only leave it, each with a reason.
  case campaignCommit = "campaign.commit"
  /// One campaign.
  case campaignGet = "campaign.get"
  /// Campaigns, newest first.
  case campaignList = "campaign.list"
  /// A campaign's recipients and what became of each.
  case campaignRecipients = "campaign.recipients"
  /// Holds what has not been handed over.
  case campaignPause = "campaign.pause"
  /// Goes on after a pause.
  case campaignResume = "campaign.resume"
  /// Takes back what has not been handed over, for good.
  case campaignCancel = "campaign.cancel"
  /// Adds a number of ours.
  case numberAdd = "number.add"
  /// Our numbers.
  case numberList = "number.list"
  /// One number.
  case numberGet = "number.get"
  /// Changes a number's rate; holds from the next permit on.
  case numberSetRate = "number.set_rate"
  case numberSetRoutes = "number.set_routes"
  /// Holds a number: it receives and sends nothing.
  case numberPause = "number.pause"
  /// Lets a held number send again.
  case numberResume = "number.resume"
  /// Gives a number to a rep, from now on.
  case numberAssign = "number.assign"
  /// Adds a rep.
  case repAdd = "rep.add"
  /// The reps.
  case repList = "rep.list"
  /// One rep.
  case repGet = "rep.get"
  /// Changes what is given, leaves the rest.
  case repUpdate = "rep.update"
  /// Gives a rep a number, from now on.
  case repAssign = "rep.assign"
  /// Adds or changes contacts, each by itself: what cannot be used is refused and the others go in.
  case contactUpsert = "contact.upsert"
  /// Contacts.
  case contactList = "contact.list"
  /// One contact.
  case contactGet = "contact.get"
  /// Gives contacts a tag.
  case contactTag = "contact.tag"
  /// Takes a tag from contacts.
  case contactUntag = "contact.untag"
  /// Adds a group.
  case groupCreate = "group.create"
  /// Groups.
  case groupList = "group.list"
  /// One group and a page of its members.
  case groupGet = "group.get"
  /// Puts contacts into a group.
  case groupAdd = "group.add"
  /// Takes contacts out of a group.
  case groupRemove = "group.remove"
  /// What holds for a phone, and how it came about.
  case consentGet = "consent.get"
  /// Consent records, newest first.
  case consentList = "consent.list"
  /// Records an opt-out or opt-in that came another way; an opt-out holds before it is answered.
  case consentRecord = "consent.record"
  /// Conversations, the most recently active first.
  case conversationList = "conversation.list"
  /// One conversation.
  case conversationGet = "conversation.get"
  /// A conversation's messages, newest first.
  case conversationMessages = "conversation.messages"
  /// Gives a conversation to a rep; answers still leave from its own number.
  case conversationAssign = "conversation.assign"
  /// The carriers and their sessions.
  case carrierList = "carrier.list"
  /// What went over the wire between a carrier and us, as far as the trace still has it.
  case carrierTrace = "carrier.trace"
  /// Receipts that matched no message, or came too late, each with the reason.
  case carrierReceipts = "carrier.receipts"
  /// The state of the whole gateway.
  case status
  /// Counters, gauges and histograms in Prometheus' text format, named once and for all.
  case metrics
  /// Stops sending; inbound goes on. Survives a restart.
  case pause
  /// Ends a pause.
  case resume
  /// Lets texts leave to every phone; undone, to the test phones alone. Survives a restart.
  case goLive = "go_live"
  /// Phones that may be texted before the gateway is live.
  case testPhoneAdd = "test_phone.add"
  /// Takes phones from the list; what is queued to them does not leave.
  case testPhoneRemove = "test_phone.remove"
  /// The phones that may be texted before the gateway is live.
  case testPhoneList = "test_phone.list"
  /// The clock that jumped is right: time goes by it again, and what waited for it goes on.
  case clockAccept = "clock.accept"
  /// Segments whose outcome is not known.
  case unknownList = "unknown.list"
  /// Says what became of a message whose outcome is not known, or has it sent again.
  case unknownResolve = "unknown.resolve"
  /// Inbound PDUs that were acknowledged and set aside.
  case quarantineList = "quarantine.list"
  /// Goes over a slice of the store, and says what is lost, doubled or stuck.
  case verify

  /// The method's row of the table.
  public var description: MethodDescription {
    switch self {
    case .hello:
      .init(Hello.self, .session, summary: "First line of every connection, and required.") {
        .session(.hello($0))
      }
    case .feedSubscribe:
      .init(FeedSubscribe.self, .command, summary: "Starts or resumes a named consumer on this connection.") {
        .command(.feedSubscribe($0))
      }
    case .feedAck:
      .init(
        FeedAck.self, .command,
        summary: "Acknowledges every event up to a cursor; durable before it is answered."
      ) { .command(.feedAck($0)) }
    case .feedUnsubscribe:
      .init(
        FeedUnsubscribe.self, .session,
        summary: "Ends the consumer's delivery on this connection; its position stays."
      ) { .session(.feedUnsubscribe($0)) }
    case .feedConsumers:
      .init(FeedConsumers.self, .query, summary: "Lists the consumers and how far each is behind.") {
        .query(.feedConsumers($0))
      }
    case .feedForget:
      .init(
        FeedForget.self, .command, summary: "Removes a consumer, so that the feed need not be kept for it."
      ) { .command(.feedForget($0)) }
    case .messageSend:
      .init(MessageSend.self, .command, summary: "Accepts one text for sending; answered once it is durable.")
      { .command(.messageSend($0)) }
    case .messageGet: .init(MessageGet.self, .query, summary: "One message.") { .query(.messageGet($0)) }
    case .messageList:
      .init(MessageList.self, .query, summary: "Messages, newest first.") { .query(.messageList($0)) }
    case .messageWhy:
      .init(
        MessageWhy.self, .query,
        summary: "What was decided about a message, by which rule, and where its time went."
      ) { .query(.messageWhy($0)) }
    case .messageEstimate:
      .init(MessageEstimate.self, .query, summary: "How a text would travel: by the same code that sends it.")
      { .query(.messageEstimate($0)) }
    case .campaignPlan:
      .init(
        CampaignPlan.self, .command, summary: "Fixes recipients, phones, numbers and texts; sends nothing."
      ) { .command(.campaignPlan($0)) }
    case .campaignCommit:
      .init(
        CampaignCommit.self, .command,
        summary: "Sends a plan; from here recipients only leave it, each with a reason."
      ) { .command(.campaignCommit($0)) }
    case .campaignGet: .init(CampaignGet.self, .query, summary: "One campaign.") { .query(.campaignGet($0)) }
    case .campaignList:
      .init(CampaignList.self, .query, summary: "Campaigns, newest first.") { .query(.campaignList($0)) }
    case .campaignRecipients:
      .init(CampaignRecipients.self, .query, summary: "A campaign's recipients and what became of each.") {
        .query(.campaignRecipients($0))
      }
    case .campaignPause:
      .init(CampaignPause.self, .command, summary: "Holds what has not been handed over.") {
        .command(.campaignPause($0))
      }
    case .campaignResume:
      .init(CampaignResume.self, .command, summary: "Goes on after a pause.") {
        .command(.campaignResume($0))
      }
    case .campaignCancel:
      .init(CampaignCancel.self, .command, summary: "Takes back what has not been handed over, for good.") {
        .command(.campaignCancel($0))
      }
    case .numberAdd:
      .init(NumberAdd.self, .command, summary: "Adds a number of ours.") { .command(.numberAdd($0)) }
    case .numberList: .init(NumberList.self, .query, summary: "Our numbers.") { .query(.numberList($0)) }
    case .numberGet: .init(NumberGet.self, .query, summary: "One number.") { .query(.numberGet($0)) }
    case .numberSetRate:
      .init(NumberSetRate.self, .command, summary: "Changes a number's rate; holds from the next permit on.")
      { .command(.numberSetRate($0)) }
    case .numberSetRoutes:
      .init(
        NumberSetRoutes.self, .command,
        summary: "Replaces a number's routes; what waits leaves by the new ones."
      ) { .command(.numberSetRoutes($0)) }
    case .numberPause:
      .init(NumberPause.self, .command, summary: "Holds a number: it receives and sends nothing.") {
        .command(.numberPause($0))
      }
    case .numberResume:
      .init(NumberResume.self, .command, summary: "Lets a held number send again.") {
        .command(.numberResume($0))
      }
    case .numberAssign:
      .init(NumberAssign.self, .command, summary: "Gives a number to a rep, from now on.") {
        .command(.numberAssign($0))
      }
    case .repAdd: .init(RepAdd.self, .command, summary: "Adds a rep.") { .command(.repAdd($0)) }
    case .repList: .init(RepList.self, .query, summary: "The reps.") { .query(.repList($0)) }
    case .repGet: .init(RepGet.self, .query, summary: "One rep.") { .query(.repGet($0)) }
    case .repUpdate:
      .init(RepUpdate.self, .command, summary: "Changes what is given, leaves the rest.") {
        .command(.repUpdate($0))
      }
    case .repAssign:
      .init(RepAssign.self, .command, summary: "Gives a rep a number, from now on.") {
        .command(.repAssign($0))
      }
    case .contactUpsert:
      .init(
        ContactUpsert.self, .command,
        summary:
          "Adds or changes contacts, each by itself: what cannot be used is refused and the others go in."
      ) { .command(.contactUpsert($0)) }
    case .contactList: .init(ContactList.self, .query, summary: "Contacts.") { .query(.contactList($0)) }
    case .contactGet: .init(ContactGet.self, .query, summary: "One contact.") { .query(.contactGet($0)) }
    case .contactTag:
      .init(ContactTag.self, .command, summary: "Gives contacts a tag.") { .command(.contactTag($0)) }
    case .contactUntag:
      .init(ContactUntag.self, .command, summary: "Takes a tag from contacts.") {
        .command(.contactUntag($0))
      }
    case .groupCreate:
      .init(GroupCreate.self, .command, summary: "Adds a group.") { .command(.groupCreate($0)) }
    case .groupList: .init(GroupList.self, .query, summary: "Groups.") { .query(.groupList($0)) }
    case .groupGet:
      .init(GroupGet.self, .query, summary: "One group and a page of its members.") { .query(.groupGet($0)) }
    case .groupAdd:
      .init(GroupAdd.self, .command, summary: "Puts contacts into a group.") { .command(.groupAdd($0)) }
    case .groupRemove:
      .init(GroupRemove.self, .command, summary: "Takes contacts out of a group.") {
        .command(.groupRemove($0))
      }
    case .consentGet:
      .init(ConsentGet.self, .query, summary: "What holds for a phone, and how it came about.") {
        .query(.consentGet($0))
      }
    case .consentList:
      .init(ConsentList.self, .query, summary: "Consent records, newest first.") { .query(.consentList($0)) }
    case .consentRecord:
      .init(
        ConsentRecord.self, .command,
        summary: "Records an opt-out or opt-in that came another way; an opt-out holds before it is answered."
      ) { .command(.consentRecord($0)) }
    case .conversationList:
      .init(ConversationList.self, .query, summary: "Conversations, the most recently active first.") {
        .query(.conversationList($0))
      }
    case .conversationGet:
      .init(ConversationGet.self, .query, summary: "One conversation.") { .query(.conversationGet($0)) }
    case .conversationMessages:
      .init(ConversationMessages.self, .query, summary: "A conversation's messages, newest first.") {
        .query(.conversationMessages($0))
      }
    case .conversationAssign:
      .init(
        ConversationAssign.self, .command,
        summary: "Gives a conversation to a rep; answers still leave from its own number."
      ) { .command(.conversationAssign($0)) }
    case .carrierList:
      .init(CarrierList.self, .query, summary: "The carriers and their sessions.") {
        .query(.carrierList($0))
      }
    case .carrierTrace:
      .init(
        CarrierTrace.self, .query,
        summary: "What went over the wire between a carrier and us, as far as the trace still has it."
      ) { .query(.carrierTrace($0)) }
    case .carrierReceipts:
      .init(
        CarrierReceipts.self, .query,
        summary: "Receipts that matched no message, or came too late, each with the reason."
      ) { .query(.carrierReceipts($0)) }
    case .status:
      .init(StatusGet.self, .query, summary: "The state of the whole gateway.") { .query(.status($0)) }
    case .metrics:
      .init(
        MetricsGet.self, .query,
        summary: "Counters, gauges and histograms in Prometheus' text format, named once and for all."
      ) {
        .query(.metrics($0))
      }
    case .pause:
      .init(PauseSending.self, .command, summary: "Stops sending; inbound goes on. Survives a restart.") {
        .command(.pause($0))
      }
    case .resume: .init(ResumeSending.self, .command, summary: "Ends a pause.") { .command(.resume($0)) }
    case .goLive:
      .init(
        GoLive.self, .command,
        summary: "Lets texts leave to every phone; undone, to the test phones alone. Survives a restart."
      ) { .command(.goLive($0)) }
    case .testPhoneAdd:
      .init(
        TestPhoneAdd.self, .command, summary: "Phones that may be texted before the gateway is live."
      ) { .command(.testPhoneAdd($0)) }
    case .testPhoneRemove:
      .init(
        TestPhoneRemove.self, .command,
        summary: "Takes phones from the list; what is queued to them does not leave."
      ) { .command(.testPhoneRemove($0)) }
    case .testPhoneList:
      .init(
        TestPhoneList.self, .query, summary: "The phones that may be texted before the gateway is live."
      ) { .query(.testPhoneList($0)) }
    case .clockAccept:
      .init(
        ClockAccept.self, .command,
        summary: "The clock that jumped is right: time goes by it again, and what waited for it goes on."
      ) { .command(.clockAccept($0)) }
    case .unknownList:
      .init(UnknownList.self, .query, summary: "Segments whose outcome is not known.") {
        .query(.unknownList($0))
      }
    case .verify:
      .init(
        VerifyStore.self, .query,
        summary: "Goes over a slice of the store, and says what is lost, doubled or stuck."
      ) { .query(.verify($0)) }
    case .unknownResolve:
      .init(
        UnknownResolve.self, .command,
        summary: "Says what became of a message whose outcome is not known, or has it sent again."
      ) { .command(.unknownResolve($0)) }
    case .quarantineList:
      .init(QuarantineList.self, .query, summary: "Inbound PDUs that were acknowledged and set aside.") {
        .query(.quarantineList($0))
      }
    }
  }
}
