import TestSupport
import Testing

@testable import Contract

/// What a caller may send is bounded, in the schema, and the decoder holds it to that.
@Suite struct BoundTests {
  private func call(_ method: Method, _ params: JSONValue) throws -> Result<Call, APIError> {
    let json = try ContractJSON.encode(
      JSONValue.object([
        "jsonrpc": .string("2.0"), "id": .integer(1), "method": .string(method.rawValue), "params": params,
      ]))
    return json.withUnsafeBytes { Request.decode(line: $0).call }
  }

  /// Every leaf of a schema, through its references, with its path.
  private func leaves(_ schema: JSONValue, _ path: String) -> [(JSONValue, String)] {
    if let (_, target) = Schemas.referred(by: schema) { return leaves(target, path) }
    if let options = schema["anyOf"]?.array { return options.flatMap { leaves($0, path) } }
    if case .object(let properties)? = schema["properties"] {
      return properties.flatMap { leaves($0.value, "\(path).\($0.key)") }
    }
    if let items = schema["items"] { return [(schema, path)] + leaves(items, path + "[]") }
    if let value = schema["additionalProperties"], case .object = value {
      return [(schema, path)] + leaves(value, path + ".*")
    }
    return [(schema, path)]
  }

  @Test(arguments: Method.allCases) func everythingACallerMaySendHasBoundsInTheSchema(method: Method) throws {
    let schema = try #require(Schemas.definitions[method.description.paramsSchema])
    for (leaf, path) in leaves(schema, method.rawValue) {
      let needed =
        switch leaf["type"]?.string {
        case "integer": ["minimum", "maximum"]
        case "string": leaf["enum"] == nil ? ["maxLength"] : []
        case "array": ["maxItems"]
        case "object": leaf["additionalProperties"] == .bool(false) ? [] : ["maxProperties", "propertyNames"]
        default: [String]()
        }
      for keyword in needed { #expect(leaf[keyword] != nil, "\(path) has no \(keyword)") }
      // A length in octets is one that a schema cannot hold.
      let told = leaf["description"]?.string ?? ""
      #expect(needed == [] || !told.contains("octets"), "\(path): \(told)")
    }
  }

  /// Every parameter of every method at its bounds and one beyond, at the ends of Int64, empty, huge and of another type.
  @Test(arguments: Method.allCases) func theDecoderTakesWhatTheSchemaTakesAndNothingElse(method: Method)
    throws
  {
    for (params, what) in SchemaSample.extremes(of: method) {
      // A contact that breaks a bound is refused alone, by the rules, as are the lines of other imports.
      let alone = [
        "contact.upsert.contacts[0]", "consent.import.opt_outs[0]", "number.import.numbers[0]",
        "rep.import.reps[0]",
      ]
      if alone.contains(where: what.hasPrefix) { continue }
      let problems = SchemaChecker.problems(params, against: method.description.paramsSchema)
      let shown = "\(what): \(try String(decoding: ContractJSON.encode(params).prefix(200), as: UTF8.self))"
      switch try call(method, params) {
      case .success:
        // A parameter that is null counts as absent. What a consumer's name is made of is looked at where it is used.
        let faults = SchemaChecker.problems(params.withoutNulls, against: method.description.paramsSchema)
          .filter { $0 != "$.consumer: fails pattern" }
        #expect(faults == [], "taken: \(shown)")
      case .failure(let error):
        #expect(!problems.isEmpty, "refused: \(shown) \(error)")
        #expect(error.code == .invalidParams && error.data.first?.key == "path", "\(shown) \(error)")
      }
    }
  }

  @Test func aBoundThatIsBrokenIsNamedWithItsPlace() throws {
    func problem(_ method: Method, _ params: String) throws -> APIError? {
      let value = try ContractJSON.decode(JSONValue.self, from: params.utf8)
      if case .failure(let error) = try call(method, value) { return error }
      return nil
    }
    #expect(try problem(.contactList, #"{"limit":201}"#) == .invalid("limit", "1 to 200"))
    #expect(
      try problem(.unknownList, #"{"older_s":9223372036854775807}"#) == .invalid("older_s", "0 to 3155760000")
    )
    #expect(
      try problem(.numberSetRoutes, #"{"number":"+18885550101","routes":[{"carrier":"a","rate":0}]}"#)
        == .invalid("routes[0].rate", "1 to 100000"))
    let long = String(repeating: "k", count: 201)
    #expect(
      try problem(.pause, #"{"idempotency_key":"\#(long)"}"#)
        == .invalid("idempotency_key", "1 to 200 characters"))
    #expect(
      try problem(.campaignPlan, #"{"audience":{"contact_ids":[]},"text":"t","idempotency_key":"k"}"#)
        == .invalid("audience.contact_ids", "1 to 10000 items"))
    #expect(
      try problem(
        .campaignPlan,
        #"{"audience":{"all":true},"text":"t","idempotency_key":"k","defaults":{"\#(long)":"x"}}"#)
        == .invalid("defaults.\(long.prefix(64))", "a name of at most 64 characters"))
  }
}

extension JSONValue {
  fileprivate var withoutNulls: JSONValue {
    switch self {
    case .object(let members): .object(members.filter { $0.value != .null }.mapValues(\.withoutNulls))
    case .array(let items): .array(items.map(\.withoutNulls))
    default: self
    }
  }
}
