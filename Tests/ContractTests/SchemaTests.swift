import TestSupport
import Testing

@testable import Contract

@Suite struct SchemaTests {
  @Test(arguments: Method.allCases) func everyMethodHasItsSchemasAndOneSummary(method: Method) throws {
    #expect(method.description.method == method)
    #expect(!Schemas.summary(of: method).isEmpty)
    let params = try #require(Schemas.definitions[method.description.paramsSchema])
    #expect(params["type"] == .string("object") && params["additionalProperties"] == .bool(false))
    #expect(Schemas.definitions[method.description.resultSchema] != nil)
  }

  @Test func everyFieldSaysWhatItMeans() {
    for (name, definition) in Schemas.definitions {
      let owners = [definition] + (definition["allOf"]?.array ?? [])
      for (field, schema) in owners.flatMap({ Array($0["properties"]?.object ?? [:]) }) {
        let told = schema["description"] ?? Schemas.referred(by: schema)?.schema["description"]
        let isPlain = schema["const"] != nil || field == "items"
        #expect(told?.string?.isEmpty == false || isPlain, "\(name).\(field)")
      }
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

  private func references(_ value: JSONValue) -> [String] {
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

  @Test func everyReferenceStaysInsideItsDocument() throws {
    var documents = try Schemas.definitions.keys.map { try #require(Schemas.document($0)) }
    documents += [Schemas.openRPC(version: "1"), Schemas.asyncAPI(version: "1")]
    for document in documents {
      for reference in references(document) {
        let place = try #require(
          reference.hasPrefix("#/") ? reference.dropFirst(2).split(separator: "/") : nil)
        #expect(place.reduce(document) { $0?[String($1)] } != nil, "\(reference)")
      }
    }
  }

  @Test func theBundlesSayEveryMethodAndEvent() throws {
    let methods = try #require(Schemas.openRPC(version: "1")["methods"]?.array)
    #expect(methods.map { $0["name"]?.string } == Method.allCases.map(\.rawValue))
    for method in methods {
      let required = try #require(method["params"]?.array).map { $0["required"] == .bool(true) }
      #expect(required == required.sorted { $0 && !$1 }, "required ones first")
    }
    let messages = try #require(Schemas.asyncAPI(version: "1")["components"]?["messages"]?.object)
    #expect(messages.count == EventType.allCases.count + 4)
  }

  /// Validators and generated code must not break on what a later version adds.
  @Test func whatWeSendIsOpenToFieldsAndWordsThatAreNotKnownYet() throws {
    let asked = Schemas.used(by: Method.allCases.map { Schemas.reference($0.description.paramsSchema) })
    func closed(_ schema: JSONValue) -> [String] {
      switch schema {
      case .array(let items): return items.flatMap(closed)
      case .object(let object):
        let keys = ["additionalProperties", "unevaluatedProperties"].filter { object[$0] == .bool(false) }
        // A word that a reader may not know stands beside any text.
        let options = object["anyOf"]?.array ?? []
        let isOpen = options.contains(.object(["type": .string("string")]))
        let words =
          isOpen ? [] : Schemas.referred(by: schema).map { $0.schema["enum"] == nil ? [] : [$0.name] } ?? []
        return keys + words + object.filter { $0.key != "anyOf" || !isOpen }.values.flatMap(closed)
      default: return []
      }
    }
    var seen = 0
    for (name, schema) in Schemas.published where asked[name] == nil && schema["enum"] == nil {
      seen += 1
      #expect(closed(schema) == [], "\(name)")
    }
    #expect(seen > 100)
    // A definition that callers use too is closed where they use it.
    for definition in ["number_route"] {
      #expect(Schemas.published[definition]?["additionalProperties"] == nil)
    }
    for (name, schema) in Schemas.published where schema["enum"] != nil {
      #expect(schema["description"]?.string?.hasSuffix("Later versions may add words.") == true, "\(name)")
    }
  }

  @Test func everyErrorSaysWhatItMeansWhatToDoAndItsData() throws {
    for code in ErrorCode.allCases {
      let error = try #require(Schemas.errors.values.first { $0["code"]?.integer == Int64(code.rawValue) })
      #expect(error["message"]?.string?.isEmpty == false && error["x-what-to-do"]?.string?.isEmpty == false)
      let fields = error["data"]?["properties"]?.object ?? [:]
      for (field, schema) in fields { #expect(schema["description"] != nil, "\(code) \(field)") }
      // And the schema of an error knows them all.
      let all = Schemas.definitions["error"]?["properties"]?["data"]?["properties"]?.object ?? [:]
      #expect(Set(fields.keys).isSubset(of: all.keys))
    }
    #expect(SchemaChecker.problems(.invalid("limit", "1 to 200")) == [])
    #expect(SchemaChecker.problems(APIError(.invalidParams, "no path")) != [])
    #expect(SchemaChecker.problems(APIError(.forbidden, "more", data: [.init("why", .text("x"))])) != [])
  }

  /// Keys are optional, and taken wherever something changes. An acknowledgement, a subscription, a sign-out and a wish taken back may be repeated as they
  /// are. What answers with a secret takes none: its answer would be kept.
  @Test(arguments: Method.allCases.filter { $0.description.kind == .command })
  func everyCommandTakesAKeyAndNoneNeedsOne(method: Method) {
    let params = Schemas.definitions[method.description.paramsSchema]
    let isRepeatable = [
      .feedSubscribe, .feedAck, .memberInvite, .sessionEnrol, .sessionOpen, .sessionRedeem, .sessionClose,
      .serveWithdraw, .leaseHold, .leaseDrop,
    ].contains(method)
    #expect((params?["properties"]?["idempotency_key"] == nil) == isRepeatable)
    #expect(params?["required"]?.array?.contains(.string("idempotency_key")) != true)
  }

  @Test func theListsOfTheSchemasAreThoseOfTheCode() {
    #expect(
      Schemas.definitions["event_type"]?["enum"]?.array?.compactMap(\.string)
        == EventType.allCases.map(\.description))
    #expect(
      Set(Schemas.errors.values.compactMap { $0["code"]?.integer })
        == Set(ErrorCode.allCases.map { Int64($0.rawValue) }))
  }

  @Test func theCheckerFindsWhatIsWrong() {
    func problems(_ json: String, _ name: String = "message.send.params") -> Int {
      SchemaChecker.problems(json: Array(json.utf8), against: name).count
    }
    #expect(problems(#"{"to":"con_1","text":"t","idempotency_key":"k"}"#) == 0)
    #expect(problems(#"{"to":"con_1"}"#) == 1)
    #expect(problems(#"{"from":"con_1","to":"con_1","text":"t","idempotency_key":"k"}"#) == 1)
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

  @Test(arguments: [FeedStart.time(Timestamp(milliseconds: 7)), .cursor(Cursor(3)), .newest, .oldest, .acked])
  func aSubscriptionMayStartAnywhere(start: FeedStart) throws {
    let json = try ContractJSON.encode(FeedSubscribe(consumer: "crm", start: start))
    #expect(SchemaChecker.problems(json: json, against: "feed.subscribe.params") == [])
    #expect(try ContractJSON.decode(FeedSubscribe.self, from: json).start == start)
  }
}
