import TestSupport
import Testing

@testable import Contract

/// What a field is called, and that none is ignored.
@Suite struct FieldTests {
  private func request(_ method: Method, _ params: JSONValue) throws -> Request {
    let json = try ContractJSON.encode(
      JSONValue.object([
        "jsonrpc": .string("2.0"), "id": .integer(1), "method": .string(method.rawValue), "params": params,
      ]))
    return json.withUnsafeBytes { Request.decode(line: $0) }
  }

  @Test(arguments: Method.allCases) func everyParameterOfTheSchemaIsReadAndNoOther(method: Method) throws {
    let sample = SchemaSample.full(method.description.paramsSchema)
    let params = try #require(try request(method, sample).call.get().params)
    #expect(type(of: params).method == method)
    #expect(try ContractJSON.decode(JSONValue.self, from: ContractJSON.encode(params)) == sample)
  }

  @Test(arguments: Method.allCases) func everyFieldOfAResultIsThatOfItsSchema(method: Method) throws {
    func written<Params: MethodParams>(_ params: Params, _ sample: JSONValue) throws -> JSONValue {
      let result = try ContractJSON.decode(Params.Result.self, from: ContractJSON.encode(sample))
      return try ContractJSON.decode(JSONValue.self, from: ContractJSON.encode(result))
    }
    let asked = SchemaSample.full(method.description.paramsSchema)
    let params = try #require(try request(method, asked).call.get().params)
    // Whether it is a repeated answer is of interest to few, and not in every type.
    let sample = SchemaSample.full(method.description.resultSchema).without("replayed")
    #expect(try written(params, sample).without("replayed") == sample)
  }

  @Test(arguments: Method.allCases) func anUnknownFieldIsRefusedByNameAtAnyDepth(method: Method) throws {
    let schema = try #require(Schemas.definitions[method.description.paramsSchema])
    let cases = SchemaSample.misspelt(SchemaSample.full(schema), schema)
    #expect(!cases.isEmpty)
    for (params, path) in cases {
      guard case .failure(let error) = try request(method, params).call else {
        Issue.record("\(method.rawValue) took \(path)")
        continue
      }
      #expect(error == .invalid(path, "unknown field"))
    }
  }

  @Test(arguments: [
    (
      "campaign.plan", #"{"audience":{"tag":"vip","exclude_tag":"nl"},"text":"t","idempotency_key":"k"}"#,
      "audience.exclude_tag"
    ),
    ("feed.subscribe", #"{"consumer":"crm","filter":{"type":["sms.message.received.v1"]}}"#, "filter.type"),
    ("feed.subscribe", #"{"consumer":"crm","start":{"cursor":"cur_1","tme":1}}"#, "start.tme"),
    (
      "contact.upsert", #"{"contacts":[{"phones":["+12025550143"]},{"phone":"+12025550144"}]}"#,
      "contacts[1].phone"
    ),
    (
      "number.set_routes", #"{"number":"+18885550101","routes":[{"carrier":"a","rates":3}]}"#,
      "routes[0].rates"
    ),
  ]) func aMisspeltFieldIsNotIgnored(method: String, params: String, path: String) throws {
    let line = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#
    let request = Array(line.utf8).withUnsafeBytes { Request.decode(line: $0) }
    guard case .failure(let error) = request.call else {
      Issue.record("taken")
      return
    }
    #expect(error.message == "\(path): unknown field")
    #expect(error.data == [.init("path", .text(path))])
  }

  /// Ids that are not ours to name: JSON-RPC's, CloudEvents', SMPP's; and two places in a list.
  private let otherIDs: Set<String> = [
    "request.id", "reply.id", "event.id", "bind_view.system_id", "receipt_view.receipt_id",
    "receipt_view.carrier_message_id", "why_decision.carrier_message_id", "quarantine_view.quarantine_id",
    "quarantine.get.params.quarantine_id", "quarantine.release.params.quarantine_id",
    "quarantine.forget.params.quarantine_id",
  ]

  @Test func aFieldThatHoldsAnIDIsNamedAfterWhatItIdentifies() {
    let ids = Set([
      "rep_id", "contact_id", "message_id", "conversation_id", "campaign_id", "group_id",
      "member_id", "session_id", "queue_id", "episode_id", "disposition_id", "note_id", "template_id",
      "lead_id",
      "absence_id", "keyword_id", "email_id",
    ])
    func referred(_ schema: JSONValue) -> [String] {
      if let text = schema["$ref"]?.string { return [String(text.dropFirst("#/$defs/".count))] }
      return (schema["anyOf"]?.array ?? []).flatMap(referred)
    }
    for (name, definition) in Schemas.definitions {
      guard case .object(let properties)? = definition["properties"] else { continue }
      for (field, schema) in properties {
        let one = Set(referred(schema)).intersection(ids)
        let many = Set(schema["items"].map(referred) ?? []).intersection(ids).map { $0 + "s" }
        if one.count + many.count == 0 {
          let looksLikeOne =
            ["id", "ids"].contains(field) || field.hasSuffix("_id") || field.hasSuffix("_ids")
          #expect(!looksLikeOne || otherIDs.contains("\(name).\(field)"), "\(name).\(field)")
        } else {
          let fits = one.union(many).contains { field == $0 || field.hasSuffix("_" + $0) }
          #expect(fits, "\(name).\(field)")
        }
      }
    }
  }
}

extension JSONValue {
  fileprivate func without(_ name: String) -> JSONValue {
    .object((object ?? [:]).filter { $0.key != name })
  }
}
