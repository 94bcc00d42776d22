import Contract
import Testing

@Suite struct SchemaTests {
  @Test(arguments: Method.allCases) func everyMethodHasItsSchemas(method: Method) throws {
    let row = method.description
    #expect(row.method == method)
    #expect(!row.summary.isEmpty)
    for name in [row.paramsSchema, row.resultSchema] {
      let definition = try #require(Schemas.definitions[name], "\(name)")
      #expect(definition["type"] == .string("object"))
      #expect(definition["additionalProperties"] == .bool(false))
      #expect(definition["description"]?.string?.isEmpty == false)
    }
  }

  @Test func everyEventHasItsSchema() {
    for type in EventType.allCases { #expect(Schemas.definitions[type.description] != nil) }
  }

  @Test func nothingInTheSchemasIsLeftOver() {
    let methods = Set(Method.allCases.flatMap { [$0.description.paramsSchema, $0.description.resultSchema] })
    for name in Schemas.definitions.keys where name.hasSuffix(".params") || name.hasSuffix(".result") {
      #expect(methods.contains(name), "\(name)")
    }
  }

  @Test func everyReferenceStaysInsideItsDocument() throws {
    func references(_ value: JSONValue) -> [String] {
      switch value {
      case .object(let object):
        object.flatMap { key, inner in
          if key == "$ref", let text = inner.string { return [text] }
          return references(inner)
        }
      case .array(let items): items.flatMap(references)
      default: []
      }
    }
    for name in Schemas.definitions.keys {
      let document = try #require(Schemas.document(name))
      for reference in references(document) {
        #expect(reference.hasPrefix("#/$defs/"))
        #expect(document["$defs"]?[String(reference.dropFirst(8))] != nil, "\(name): \(reference)")
      }
    }
  }

  @Test func theListsOfTheSchemasAreThoseOfTheCode() {
    func listed(_ name: String) -> [String]? {
      Schemas.definitions[name]?["enum"]?.array?.compactMap(\.string)
    }
    #expect(listed("refusal") == Refusal.allCases.map(\.rawValue))
    #expect(listed("event_type") == EventType.allCases.map(\.description))
    #expect(listed("text_message_state") == TextMessageState.allCases.map(\.rawValue))
    #expect(listed("message_encoding") == MessageEncoding.allCases.map(\.rawValue))
    #expect(listed("alert_code") == AlertCode.allCases.map(\.rawValue))
    #expect(listed("consent_source") == ConsentSource.allCases.map(\.rawValue))
    #expect(listed("receipt_reason") == ReceiptReason.allCases.map(\.rawValue))
    #expect(listed("receipt_state") == ReceiptState.allCases.map(\.rawValue))
    #expect(listed("verify_kind") == VerifyKind.allCases.map(\.rawValue))
    #expect(listed("verify_verdict") == VerifyVerdict.allCases.map(\.rawValue))
    #expect(listed("unknown_policy") == UnknownPolicy.allCases.map(\.rawValue))
    #expect(listed("unknown_resolution") == UnknownResolution.allCases.map(\.rawValue))
    #expect(listed("message_class") == MessageClass.allCases.map(\.rawValue))
    #expect(listed("why_cause") == WhyCause.allCases.map(\.rawValue))
    #expect(listed("why_step") == WhyStep.allCases.map(\.rawValue))
    #expect(listed("bind_state") == BindState.allCases.map(\.rawValue))
    #expect(listed("campaign_state") == CampaignState.allCases.map(\.rawValue))
    #expect(
      Schemas.definitions["error"]?["properties"]?["code"]?["enum"]?.array?.compactMap(\.integer)
        == ErrorCode.allCases.map { Int64($0.rawValue) })
  }

  @Test func theCheckerFindsWhatIsWrong() {
    func problems(_ json: String, _ name: String = "message.send.params") -> Int {
      SchemaChecker.problems(json: Array(json.utf8), against: name).count
    }
    #expect(problems(#"{"to":"con_1","text":"t","idempotency_key":"k"}"#) == 0)
    #expect(problems(#"{"to":"con_1","text":"t"}"#) == 1)
    #expect(problems(#"{"to":"rep_1","text":"t","idempotency_key":"k"}"#) == 1)
    #expect(problems(#"{"to":"con_1","text":5,"idempotency_key":"k"}"#) == 1)
    #expect(problems(#"{"to":"con_1","text":"t","idempotency_key":"k","x":1}"#) == 1)
    #expect(problems(#"{"to":"con_1","text":"t","idempotency_key":"k","class":"bulk"}"#) == 1)
    #expect(problems(#"{"to":"con_1","text":"t","idempotency_key":""}"#) == 1)
    #expect(problems(#"{"limit":201}"#, "rep.list.params") == 1)
    #expect(problems(#"{"limit":0}"#, "rep.list.params") == 1)
    #expect(problems("[]", "rep.list.params") == 1)
    #expect(problems("{}", "no.such") == 1)
    #expect(
      problems(
        #"{"audience":{"all":true},"text":"t","idempotency_key":"k","defaults":{"a":1}}"#,
        "campaign.plan.params") == 1)
  }

  /// Every result type, filled, is as its schema says; the parameters too, by way of the same structures.
  @Test func typicalResultsAreAsTheirSchemasSay() throws {
    func check(_ value: some Encodable, _ name: String) throws {
      let json = try ContractJSON.encode(value)
      #expect(SchemaChecker.problems(json: json, against: name) == [], "\(name)")
    }
    let phone = try #require(E164("+12025550143"))
    let number = try #require(PhoneNumber("+18885550101"))
    let now = Timestamp(milliseconds: 1_795_366_991_412)
    let message = MessageView(
      messageID: MessageID(1), conversationID: ConversationID(2), direction: .outbound, class: .interactive,
      from: number,
      to: PhoneNumber(phone), text: "Hi", encoding: .gsm7, segments: 1, state: .failed,
      error: "ESME_RINVDSTADR",
      reason: .optedOut, inferred: true, campaignID: CampaignID(3), contactID: ContactID(4), repID: RepID(5),
      carrier: "c", keyword: "STOP", createdAt: now, sentAt: now, doneAt: now, notAfter: now)
    try check(MessageGetResult(message: message), "message.get.result")
    try check(MessageListResult(items: [message], next: PageCursor(7)), "message.list.result")
    try check(
      MessageEstimateResult(
        encoding: .ucs2, segments: 2, units: 80, unitsLeft: 54, unitLimit: 67, notGsm7: ["é"]),
      "message.estimate.result")
    let view = NumberView(
      number: number, kind: .tollFree, state: .active, rate: 3, repID: RepID(1), home: true,
      routes: [NumberRoute(carrier: "c", direction: .both, rate: 3, priority: 0)], queuedInteractive: 0,
      queuedCampaign: 9, createdAt: now)
    try check(NumberListResult(items: [view]), "number.list.result")
    let contact = ContactView(
      contactID: ContactID(1), ref: "r", firstName: "A", lastName: "B", phones: [phone], repID: RepID(1),
      tags: ["t"],
      attributes: ["a": "b"], optedOut: false, createdAt: now)
    try check(ContactListResult(items: [contact]), "contact.list.result")
    try check(
      ContactUpsertResult(
        created: 1, updated: 0, refused: 1,
        results: [
          UpsertItem(index: 0, status: .created, contactID: ContactID(1)),
          UpsertItem(index: 1, status: .refused, reason: .invalidField, detail: "phones[0]"),
        ]), "contact.upsert.result")
    try check(
      CampaignPlanResult(
        campaignID: CampaignID(1), recipients: 2, segments: 2, numbers: 1, seconds: 1,
        skipped: [SkippedCount(reason: .optedOut, count: 1)],
        samples: [
          PlanSample(contactID: ContactID(1), from: number, to: PhoneNumber(phone), text: "t", segments: 1)
        ], expiresAt: now, replayed: true), "campaign.plan.result")
    let bind = BindView(
      carrier: "c", session: 0, type: "transceiver", state: .waiting, systemID: "x", inFlight: 0, window: 10,
      since: now, retryAt: now, lastError: "ESME_RINVPASWD")
    try check(
      StatusGetResult(
        version: "1", store: "s", startedAt: now, paused: false, pauseReason: nil, ready: true,
        readiness: "1 of 1 carriers bound", numbers: 1,
        reps: 1,
        contacts: 1, conversations: 1, campaignsRunning: 0, quarantined: 0,
        queue: QueueView(interactive: 0, campaign: 0, inFlight: 0, unknown: 0),
        feed: FeedView(oldest: Cursor(0), newest: Cursor(9), consumers: 1, maxLag: 3), binds: [bind],
        live: false, testPhones: 2),
      "status.result")
    try check(MetricsGetResult(at: now, text: "x 5\n"), "metrics.result")
    try check(
      FeedSubscribe(
        consumer: "crm", from: .time(now), filter: EventFilter(types: [.messageReceived], numbers: [number])),
      "feed.subscribe.params")
    try check(FeedSubscribe(consumer: "crm", from: .cursor(Cursor(3))), "feed.subscribe.params")
    try check(FeedSubscribe(consumer: "crm", from: .newest), "feed.subscribe.params")
  }
}
