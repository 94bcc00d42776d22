import Contract
import NetIO
import SocketClient
import Synchronization
import TestSupport
import Testing

@testable import SocketServer

#if canImport(Glibc)
  import Glibc
#endif

/// A gateway behind the socket that keeps everything in memory: consumers with durable positions, and a feed.
final class FakeGateway: CommandSink, Sendable {
  struct State {
    var rows: [PackedRow] = []
    var oldest: Int64 = 0
    var acked: [String: Int64] = [:]
    var commands: [Command] = []
    /// Commands that are left unanswered.
    var held: [CommandRequest] = []
    var holds = false
    var isFull = false
    var audit: [AuditRecord] = []
    /// What each `message.list` was allowed to take.
    var budgets: [Duration] = []

    var newest: Int64 { rows.last?.lastSequence ?? 0 }
  }

  let state = Lock(State())
  /// `message.list` waits here for the test.
  let slowQueries = Turnstile()
  private let server = Lock<APIServer?>(nil)
  private let directory: String
  var path: String { directory + "/api.sock" }

  /// Serves a socket of its own in a temporary directory.
  init(
    limits: APILimits = .init(),
    roles: RoleTable = RoleTable([.init(role: Role(name: "admin", may: ["*"]), users: [getuid()], groups: [])]
    )
  ) throws {
    directory = try TemporaryDirectory.make(name: "tollgate-api")
    let started = try APIServer.start(
      .init(server: "tollgate/test", store: "test", roles: roles, limits: limits),
      on: UnixSocket.listen(at: path, mode: 0o600), commands: self,
      audit: { record in self.state.withLock { $0.audit.append(record) } },
      feed: { FakeFeed(self) }, queries: { FakeQueries(self) })
    server.withLock { $0 = started }
  }

  var api: APIServer? { server.withLock { $0 } }

  func stop() {
    slowQueries.open()
    server.withLock { $0.take() }?.stop()
    TemporaryDirectory.remove(directory)
  }

  func append(_ rows: [PackedRow]) {
    let newest = state.withLock {
      $0.rows += rows
      return $0.newest
    }
    api?.newestChanged(newest)
  }

  func submit(_ request: CommandRequest) -> Bool {
    let reply = state.withLock { state -> Reply?? in
      if state.isFull { return .none }
      state.commands.append(request.command)
      if state.holds {
        state.held.append(request)
        return .some(nil)
      }
      return .some(FakeGateway.answer(request.command, &state))
    }
    guard let reply else { return false }
    if let reply { api?.complete(request.token, with: reply) }
    return true
  }

  /// Answers what was held.
  func release() {
    let (held, replies) = state.withLock { state in
      let held = state.held
      state.held = []
      state.holds = false
      return (held, held.map { FakeGateway.answer($0.command, &state) })
    }
    for (request, reply) in zip(held, replies) { api?.complete(request.token, with: reply) }
  }

  private static func answer(_ command: Command, _ state: inout State) -> Reply {
    switch command {
    case .feedSubscribe(let params):
      let known = state.acked[params.consumer]
      let position: Int64 =
        switch params.start ?? .acked {
        case .acked: known ?? state.oldest
        case .oldest, .time: state.oldest
        case .newest: state.newest
        case .cursor(let cursor): cursor.sequence
        }
      guard position >= state.oldest else { return .failure(.cursorExpired(oldest: Cursor(state.oldest))) }
      state.acked[params.consumer] = position
      return .success(
        FeedSubscribeResult(consumer: params.consumer, cursor: Cursor(position), isNew: known == nil))
    case .feedAck(let params):
      state.acked[params.consumer] = max(state.acked[params.consumer] ?? 0, params.cursor.sequence)
      return .success(FeedAckResult(cursor: Cursor(state.acked[params.consumer] ?? 0)))
    case .feedForget(let params):
      state.acked[params.consumer] = nil
      return .success(Done())
    case .messageSend(let params):
      guard let number = PhoneNumber("+18885550101"), case .phone(let typed) = params.to,
        let phone = PhoneNumber(typed.text)
      else {
        return .failure(.refused(.noPhone))
      }
      if params.text.isEmpty { return .failure(.refused(.emptyText, field: "text")) }
      return .success(
        MessageSendResult(
          messageID: MessageID(Int64(state.commands.count)), conversationID: ConversationID(1), from: number,
          to: phone, encoding: .gsm7, segments: 1, state: .queued))
    default: return .failure(.internalError)
    }
  }
}

final class FakeQueries: QueryHandler {
  private let gateway: FakeGateway?
  init(_ gateway: FakeGateway?) { self.gateway = gateway }

  func answer(_ query: Query, for caller: Caller, within time: Duration) -> Reply {
    switch query {
    case .messageList:
      gateway?.state.withLock { $0.budgets.append(time) }
      gateway?.slowQueries.pass()
      return .success(Page<MessageView>(items: []))
    case .status: return .result(Array(#"{"ready":true}"#.utf8))
    case .repList: return .success(Page<RepView>(items: []))
    case .feedConsumers:
      return .success(
        FeedConsumersResult(
          items: [
            ConsumerView(consumer: "crm", role: "admin", acked: Cursor(0), lag: 0, connected: false),
            ConsumerView(consumer: "erp", role: "admin", acked: Cursor(0), lag: 0, connected: false),
          ], oldest: Cursor(0), newest: Cursor(0)))
    case .metrics: return .success(MetricsResult(at: Timestamp(milliseconds: 0), text: "a_total 1\n"))
    default: return .failure(.notFound("thing", "x"))
    }
  }
}

private final class FakeFeed: FeedSource {
  private let gateway: FakeGateway
  init(_ gateway: FakeGateway) { self.gateway = gateway }

  var oldest: Int64 { gateway.state.withLock { $0.oldest } }
  var newest: Int64 { gateway.state.withLock { $0.newest } }

  func read(after sequence: Int64, maximumEvents: Int, maximumOctets: Int, into rows: inout [PackedRow])
    throws(APIError)
  {
    let (oldest, all) = gateway.state.withLock { ($0.oldest, $0.rows) }
    guard sequence >= oldest else { throw .cursorExpired(oldest: Cursor(oldest)) }
    var events = 0
    for row in all where row.lastSequence > sequence && events < maximumEvents {
      rows.append(row)
      events += row.count
    }
  }
}

/// A client that connects and says nothing.
final class SilentClient {
  private let connection: Connection

  init(_ gateway: FakeGateway) throws { connection = try UnixSocket.connect(to: gateway.path) }
}

/// A client that holds every line it gets against the schemas.
final class CheckedClient {
  let client: APIClient

  init(_ gateway: FakeGateway) throws {
    client = try APIClient(path: gateway.path, client: "test", timeout: .seconds(20))
  }

  func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    let sent = try ContractJSON.encode(params)
    #expect(SchemaChecker.problems(json: sent, against: Params.method.description.paramsSchema) == [])
    let reply = try client.reply(to: client.send(params))
    #expect(SchemaChecker.problems(json: reply.line, against: "reply") == [])
    let value = try reply.outcome.get()
    #expect(SchemaChecker.problems(value, against: Params.method.description.resultSchema) == [])
    return try ContractJSON.decode(Params.Result.self, from: ContractJSON.encode(value))
  }

  /// The error a call ends with.
  func error(_ params: some MethodParams) throws -> ErrorCode? {
    do {
      _ = try call(params)
      return nil
    } catch let error as APIError {
      return error.code
    }
  }

  func notification() throws -> [UInt8] {
    let line = try #require(try client.nextNotificationLine(within: .seconds(20)))
    let value = try ContractJSON.decode(JSONValue.self, from: line)
    let method = try #require(value["method"]?.string)
    let params = try #require(value["params"])
    #expect(SchemaChecker.problems(params, against: method) == [])
    if let event = params["event"], let type = event["type"]?.string, let data = event["data"] {
      #expect(SchemaChecker.problems(data, against: type) == [])
    }
    return line
  }

  func notifications(_ count: Int) throws -> [String] {
    Peer.short(try (0..<count).map { _ in String(decoding: try notification(), as: UTF8.self) })
  }
}
