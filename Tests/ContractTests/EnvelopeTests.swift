import Contract
import TestSupport
import Testing

@Suite struct EnvelopeTests {
  func decode(_ line: String) -> Request {
    Array(line.utf8).withUnsafeBytes { Request.decode(line: $0) }
  }

  func error(_ line: String) -> (RequestID, APIError?) {
    let request = decode(line)
    if case .failure(let error) = request.call { return (request.id, error) }
    return (request.id, nil)
  }

  @Test func aRequestBecomesItsTypedCall() throws {
    let request = decode(
      #"{"jsonrpc":"2.0","id":7,"method":"message.send","params":{"from":"rep_1","to":"+12025550143","text":"Hi é\n","idempotency_key":"k","not_after":"2026-11-22T17:03:11Z"}}"#
    )
    #expect(request.id == .number(7))
    #expect(request.method == .messageSend)
    #expect(
      try request.call.get()
        == .command(
          .messageSend(
            MessageSend(
              from: .rep(RepID(1)), to: .phone(try #require(PhoneNumber("+12025550143"))), text: "Hi é\n",
              idempotencyKey: "k", notAfter: Timestamp("2026-11-22T17:03:11Z")))))
    guard case .command(let command) = try request.call.get() else {
      Issue.record("it is not a command")
      return
    }
    #expect(command.idempotencyKey == "k")
    #expect(command.method == .messageSend)
  }

  @Test func parametersMayBeLeftOutWhereAllAreOptional() throws {
    #expect(
      try decode(#"{"jsonrpc":"2.0","id":"a","method":"status"}"#).call.get() == .query(.status(Status())))
    #expect(
      try decode(#"{"jsonrpc":"2.0","id":"a","method":"rep.list","params":{}}"#).call.get()
        == .query(.repList(RepList())))
  }

  @Test func mergeFieldsKeepTheirNames() throws {
    let call = try decode(
      #"{"jsonrpc":"2.0","id":1,"method":"campaign.plan","params":{"audience":{"all":true},"text":"t","defaults":{"first_name":"x","firstName":"y"},"idempotency_key":"k"}}"#
    ).call.get()
    guard case .command(.campaignPlan(let plan)) = call else {
      Issue.record("not a plan")
      return
    }
    #expect(plan.defaults == ["first_name": "x", "firstName": "y"])
    #expect(plan.audience == Audience(all: true))
  }

  @Test(arguments: [
    ("", RequestID.null, ErrorCode.parseError), ("{", .null, .parseError), ("nonsense", .null, .parseError),
    ("\u{0}", .null, .parseError), ("[]", .null, .invalidRequest), ("1", .null, .invalidRequest),
    ("{}", .null, .invalidRequest), (#"{"jsonrpc":"2.0","method":"status"}"#, .null, .invalidRequest),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"status"}"#, .null, .invalidRequest),
    (#"{"jsonrpc":"2.0","id":null,"method":"status"}"#, .null, .invalidRequest),
    (#"{"jsonrpc":"1.0","id":1,"method":"status"}"#, .number(1), .invalidRequest),
    (#"{"jsonrpc":"2.0","id":1}"#, .number(1), .invalidRequest),
    (#"{"jsonrpc":"2.0","id":"x","method":5}"#, .string("x"), .invalidRequest),
    (#"{"jsonrpc":"2.0","id":1,"method":"no.such"}"#, .number(1), .methodNotFound),
    (#"{"jsonrpc":"2.0","id":1,"method":"status","params":[]}"#, .number(1), .invalidParams),
    (#"{"jsonrpc":"2.0","id":1,"method":"rep.get","params":{}}"#, .number(1), .invalidParams),
    (#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#, .null, .invalidRequest),
  ]) func whatIsWrongGetsItsJSONRPCError(line: String, id: RequestID, code: ErrorCode) {
    let (gotID, got) = error(line)
    #expect(gotID == id)
    #expect(got?.code == code)
  }

  @Test func aParameterErrorNamesThePlaceAndRepeatsNothing() {
    func message(_ params: String, _ method: String = "message.send") -> String? {
      error(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#).1?.message
    }
    #expect(
      message(#"{"to":"","text":"t","idempotency_key":"k"}"#)?.hasPrefix("to: expected a contact") == true)
    let sender = message(#"{"from":"secret","to":"con_1","text":"t","idempotency_key":"k"}"#)
    #expect(sender?.hasPrefix("from: expected a rep") == true && sender?.contains("secret") == false)
    #expect(message(#"{"to":"+12025550143","text":5,"idempotency_key":"k"}"#) == "text: expected a string")
    #expect(message(#"{"to":"+12025550143"}"#) == "text: required")
    #expect(message("[1]") == "params: expected an object")
    #expect(
      message(#"{"to":"+12025550143","text":"t","idempotency_key":"k","not_aftr":"x"}"#)
        == "not_aftr: unknown field")
    #expect(
      message(#"{"to":"+12025550143","text":"t","idempotency_key":"k","class":"secret"}"#)
        == "class: not a value it can have")
    #expect(
      message(#"{"contacts":[{"phones":["+1"]},{"phones":5}]}"#, "contact.upsert")
        == "contacts[1].phones: expected an array")
  }

  @Test func deepNestingIsAnErrorAndNotACrash() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(error(#"{"jsonrpc":"2.0","id":1,"method":"status","params":"# + deep).1?.code == .parseError)
    let closed = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
    let line = #"{"jsonrpc":"2.0","id":1,"method":"status","params":{"x":"# + closed + "}}"
    #expect(error(line).1 != nil)
  }

  @Test func idsAreEchoedExactly() {
    let text = "a\"\\\u{1}\u{7F}é😀\n"
    for id in [
      RequestID.number(.max), .number(.min), .number(0), .number(-7), .string(""), .string(text), .null,
    ] {
      var buffer = JSONBuffer()
      ReplyLine.append(result: Array("{}".utf8), id: id, to: &buffer)
      let line = buffer.octets
      #expect(line.last == 0x0A)
      #expect(SchemaChecker.problems(json: line, against: "reply").isEmpty)
      let echoed = try? ContractJSON.decode(JSONValue.self, from: line)["id"]
      switch id {
      case .number(let number): #expect(echoed == .integer(number))
      case .string(let string): #expect(echoed == .string(string))
      case .null: #expect(echoed == .null)
      }
    }
  }

  @Test func errorsAreWrittenAsTheSchemaSays() throws {
    for reason in Refusal.allCases {
      var buffer = JSONBuffer()
      ReplyLine.append(error: .refused(reason, field: "text"), id: .number(1), to: &buffer)
      #expect(SchemaChecker.problems(json: buffer.octets, against: "reply") == [])
    }
    var buffer = JSONBuffer()
    ReplyLine.append(error: .cursorExpired(oldest: Cursor(9)), id: .string("x"), to: &buffer)
    #expect(
      String(decoding: buffer.octets, as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":"x","error":{"code":-32010,"message":"the cursor is older than what is kept","data":{"oldest":"cur_9"}}}"#
        + "\n")
    #expect(APIError.refused(.optedOut).refusal == .optedOut)
  }

  @Test func aRepeatedCallIsTheSameWhateverItsSpelling() throws {
    func fingerprint(_ params: String) throws -> [UInt8] {
      guard
        case .command(let command) = try decode(
          #"{"jsonrpc":"2.0","id":1,"method":"message.send","params":\#(params)}"#
        ).call.get()
      else { return [] }
      return try ContractJSON.fingerprint(command)
    }
    let one = try fingerprint(#"{"to":"con_1","text":"é","idempotency_key":"k"}"#)
    let two = try fingerprint(#"{ "idempotency_key" : "k", "text":"\u00e9", "to":"con_1", "from":null }"#)
    let three = try fingerprint(#"{"to":"con_1","text":"e","idempotency_key":"k"}"#)
    #expect(one == two)
    #expect(one != three)
    #expect(!one.isEmpty)
  }

  @Test func aReplayedResultSaysSo() {
    func marked(_ text: String) -> String {
      String(decoding: ContractJSON.markReplayed(Array(text.utf8)), as: UTF8.self)
    }
    #expect(marked("{}") == #"{"replayed":true}"#)
    #expect(marked(#"{"a":1}"#) == #"{"replayed":true,"a":1}"#)
  }
}
