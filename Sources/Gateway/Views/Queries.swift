import Contract
import Foundation
import Settings
import Store

/// Answers to what only reads, from a read-only connection, on the thread that owns it.
public final class Queries {
  let database: Database
  let settings: GatewaySettings
  let phones: Phones
  let live: any LiveView
  let trace: (any TraceView)?
  let metricsSource: (any MetricsSource)?
  let version: String
  let started: Int64
  /// When a walk gives what it has found; see ``WalkLimit/timeShare``.
  private(set) var searchUntil: ContinuousClock.Instant?
  /// Milliseconds since 1970 UTC.
  let clock: () -> Int64
  /// Told of each statement that a list walks by.
  var onWalk: ((String) -> Void)?

  /// `started`: milliseconds since 1970 UTC.
  public init(
    path: String, settings: GatewaySettings, live: any LiveView, trace: (any TraceView)? = nil,
    metrics: (any MetricsSource)? = nil,
    version: String, started: Int64, vfs: String? = nil,
    clock: @escaping () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000) }
  ) throws {
    database = try Database(path: path, mode: .reader, vfs: vfs)
    self.settings = settings
    phones = Phones(settings)
    self.live = live
    self.trace = trace
    metricsSource = metrics
    self.version = version
    self.started = started
    self.clock = clock
  }

  var views: Views { Views(database: database) }

  /// The JSON of the result; everything in it is of one moment.
  ///
  /// Throws an `APIError`: `busy` with the limit `query_time` where the store could not answer within `time`.
  public func answer(
    _ query: Query, for caller: Requester, within time: Duration = Database.Limits.snapshot
  ) throws -> [UInt8] {
    // Not in the store, so nothing is held open for it.
    if case .carrierTrace(let params) = query, caller.session == nil, let trace {
      return try trace.trace(params, for: caller)
    }
    return try atOneMoment(within: time) { try read(query, try resolved(caller, query.method)) }
  }

  /// The caller, or the member in whose session it acts.
  private func resolved(_ caller: Requester, _ method: Method) throws -> Requester {
    guard let session = caller.session else { return caller }
    guard let member = try MemberTable(database).acting(Hash.sha256(session.octets), at: clock()) else {
      throw APIError.noSession
    }
    guard member.may(method) else { throw APIError.forbidden(method) }
    return Requester(member, uid: caller.uid)
  }

  /// The answer to `message.list` before it is JSON.
  package func messages(_ params: MessageList, for caller: Requester) throws -> Page<MessageView> {
    try atOneMoment { try messageList(params, AccessScope(caller)) }
  }

  /// The answer to `message.why` before it is JSON.
  package func why(_ params: MessageWhy, for caller: Requester) throws -> MessageWhyResult {
    try atOneMoment { try messageWhy(params, AccessScope(caller)) }
  }

  private func atOneMoment<R>(within time: Duration = Database.Limits.snapshot, _ read: () throws -> R) throws
    -> R
  {
    searchUntil = .now + time * WalkLimit.timeShare
    do {
      return try database.snapshot(atMost: time, read)
    } catch let error as StoreError where error.kind == .interrupted {
      throw APIError.overTime
    }
  }

  private func read(_ query: Query, _ caller: Requester) throws -> [UInt8] {
    let scope = AccessScope(caller)
    let members = MemberQueries(queries: self, caller: caller)
    let queues = QueueQueries(queries: self, caller: caller)
    let templates = TemplateQueries(queries: self, scope: scope)
    let writing = WritingQueries(queries: self, caller: caller)
    switch query {
    case .queueList(let params): return try encode(queues.list(params))
    case .queueGet(let params): return try encode(queues.get(params))
    case .inboxList(let params): return try encode(queues.inbox(params))
    case .dispositionList(let params): return try encode(queues.dispositions(params))
    case .templateList(let params): return try encode(templates.list(params))
    case .templateRender(let params): return try encode(templates.render(params))
    case .leadList(let params): return try encode(LeadQueries(queries: self, scope: scope).list(params))
    case .leadGet(let params): return try encode(LeadQueries(queries: self, scope: scope).get(params))
    case .absenceList(let params):
      return try encode(AbsenceQueries(queries: self, scope: scope).list(params))
    case .calendarList(let params):
      return try encode(CalendarQueries(queries: self, scope: scope).list(params))
    case .keywordList(let params):
      return try encode(KeywordQueries(queries: self, scope: scope).list(params))
    case .emailList(let params): return try encode(EmailQueries(queries: self, caller: caller).list(params))
    case .searchFind(let params):
      return try encode(SearchQueries(queries: self, scope: scope).find(params))
    case .noteList(let params): return try encode(writing.list(params))
    case .conversationOpen(let params): return try encode(writing.open(params))
    case .conversationWhy(let params):
      return try encode(WaitQueries(queries: self, scope: scope).why(params))
    case .memberList(let params): return try encode(members.list(params))
    case .memberGet(let params): return try encode(members.get(params))
    case .sessionChallenge(let params): return try encode(members.challenge(params))
    case .sessionGet: return try encode(members.session())
    case .sessionList(let params): return try encode(members.sessions(params))
    case .feedConsumers: return try encode(feedConsumers())
    case .messageGet(let params): return try encode(messageGet(params, scope))
    case .messageList(let params): return try encode(messageList(params, scope))
    case .messageWhy(let params): return try encode(messageWhy(params, scope))
    case .messageEstimate(let params): return try encode(messageEstimate(params, scope))
    case .campaignGet(let params): return try encode(campaignGet(params, scope))
    case .campaignList(let params): return try encode(campaignList(params, scope))
    case .campaignRecipients(let params): return try encode(campaignRecipients(params, scope))
    case .numberList(let params): return try encode(numberList(params, scope))
    case .numberGet(let params): return try encode(numberGet(params, scope))
    case .repList(let params): return try encode(repList(params, scope))
    case .repGet(let params): return try encode(repGet(params, scope))
    case .contactList(let params): return try encode(contactList(params, scope))
    case .contactGet(let params): return try encode(contactGet(params, scope))
    case .groupList(let params): return try encode(groupList(params, scope))
    case .groupGet(let params): return try encode(groupGet(params, scope))
    case .consentGet(let params): return try encode(consentGet(params, scope))
    case .consentList(let params): return try encode(consentList(params, scope))
    case .conversationList(let params): return try encode(conversationList(params, scope))
    case .conversationGet(let params): return try encode(conversationGet(params, scope))
    case .conversationMessages(let params): return try encode(conversationMessages(params, scope))
    case .carrierList: return try encode(carrierList())
    case .carrierTrace:
      return try encode(CarrierTraceResult(items: [], afterSequence: 0, more: false, missed: 0))
    case .carrierReceipts(let params): return try encode(carrierReceipts(params, scope))
    case .status: return try encode(status(scope))
    case .metrics: return try encode(metrics(scope))
    case .testPhoneList: return try encode(testPhoneList())
    case .unknownList(let params): return try encode(unknownList(params, scope))
    case .quarantineList(let params): return try encode(QuarantineReader(queries: self).list(params, scope))
    case .quarantineGet(let params): return try encode(QuarantineReader(queries: self).get(params, scope))
    case .verify(let params): return try encode(verify(params, scope))
    }
  }

  private func encode(_ result: some Encodable) throws -> [UInt8] { try ContractJSON.encode(result) }

  /// The row of one of our numbers that the caller may see.
  func number(at address: PhoneNumber, _ scope: AccessScope) throws -> NumberID {
    guard scope.sees(address.packed),
      let id = try database.int("SELECT id FROM number WHERE address = ?1", .int(address.packed))
    else { throw APIError.notFound("number", address) }
    return id
  }
}
