import Contract
import Store

extension Gateway {
  /// Runs a command. Its answer is released with the commit; a refusal leaves nothing behind but its audit.
  ///
  /// A repeat of (role, method, key) with equal parameters gets the first result; with others, a conflict.
  public func run(_ pending: PendingCommand) throws {
    let outcome: Result<[UInt8], APIError>
    let events = feed.mark
    let outputs = released.network.count
    let told = toldLanes
    do {
      outcome = .success(try database.savepoint { try runOnce(pending) })
    } catch let error as APIError {
      feed.restore(events)
      released.network.removeSubrange(outputs...)
      toldLanes = told
      outcome = .failure(error)
    }
    guard case .success(let result) = outcome, result.isEmpty else {
      return released.replies.append(CommandReply(token: pending.token, outcome: outcome))
    }
    // The command goes on in slices, and answers when it is through.
  }

  private func runOnce(_ pending: PendingCommand) throws -> [UInt8] {
    if let replayed = try replay(pending) { return replayed }
    let result = try perform(pending)
    if !result.isEmpty { try remember(pending, result) }
    return result
  }

  /// The stored answer to an earlier call with the same key.
  private func replay(_ pending: PendingCommand) throws -> [UInt8]? {
    guard let key = pending.command.idempotencyKey else { return nil }
    let statement = try database.cached(
      "SELECT params, result FROM idempotency WHERE role = ?1 AND method = ?2 AND key = ?3")
    statement.bind(1, pending.caller.role)
    statement.bind(2, pending.command.method.rawValue)
    statement.bind(3, key)
    guard let (params, result) = try statement.first({ ($0.blob(0), $0.blob(1)) }) else { return nil }
    guard try params == ContractJSON.fingerprint(pending.command) else { throw APIError.idempotencyConflict }
    return ContractJSON.markReplayed(result)
  }

  /// Keeps the answer for a repeat.
  func remember(_ pending: PendingCommand, _ result: [UInt8]) throws {
    guard let key = pending.command.idempotencyKey else { return }
    let statement = try database.cached(
      "INSERT INTO idempotency (role, method, key, params, result, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    statement.bind(1, pending.caller.role)
    statement.bind(2, pending.command.method.rawValue)
    statement.bind(3, key)
    statement.bind(4, blob: try ContractJSON.fingerprint(pending.command))
    statement.bind(5, blob: result)
    statement.bind(6, now)
    try statement.run()
  }

  private func perform(_ pending: PendingCommand) throws -> [UInt8] {
    let caller = pending.caller
    switch pending.command {
    case .feedSubscribe(let params): return try encode(feedSubscribe(params))
    case .feedAck(let params): return try encode(feedAck(params))
    case .feedForget(let params): return try encode(feedForget(params))
    case .messageSend(let params): return try encode(messageSend(params, caller))
    case .campaignPlan(let params):
      try campaignPlan(params, pending)
      return []
    case .campaignCommit(let params): return try encode(campaignCommit(params, caller))
    case .campaignPause(let params): return try encode(campaignPause(params, caller))
    case .campaignResume(let params): return try encode(campaignResume(params, caller))
    case .campaignCancel(let params): return try encode(campaignCancel(params, caller))
    case .numberAdd(let params): return try encode(numberAdd(params, caller))
    case .numberSetRate(let params): return try encode(numberSetRate(params, caller))
    case .numberSetRoutes(let params): return try encode(numberSetRoutes(params, caller))
    case .numberPause(let params): return try encode(numberPause(params, caller))
    case .numberResume(let params): return try encode(numberResume(params, caller))
    case .numberAssign(let params): return try encode(numberAssign(params, caller))
    case .repAdd(let params): return try encode(repAdd(params, caller))
    case .repUpdate(let params): return try encode(repUpdate(params, caller))
    case .contactUpsert(let params): return try encode(contactUpsert(params, caller))
    case .contactTag(let params): return try encode(contactTag(params, caller))
    case .contactUntag(let params): return try encode(contactUntag(params, caller))
    case .groupCreate(let params): return try encode(groupCreate(params, caller))
    case .groupAdd(let params): return try encode(groupAdd(params, caller))
    case .groupRemove(let params): return try encode(groupRemove(params, caller))
    case .consentRecord(let params): return try encode(consentRecord(params, caller))
    case .conversationAssign(let params): return try encode(conversationAssign(params, caller))
    case .pause(let params): return try encode(pauseSending(params, caller))
    case .goLive(let params): return try encode(goLive(params, caller))
    case .testPhoneAdd(let params): return try encode(testPhoneAdd(params, caller))
    case .testPhoneRemove(let params): return try encode(testPhoneRemove(params, caller))
    case .unknownResolve(let params): return try encode(unknownResolve(params, caller))
    case .clockAccept(let params): return try encode(clockAccept(params, caller))
    case .resume(let params): return try encode(resumeSending(params, caller))
    }
  }

  private func encode(_ result: some Encodable) throws -> [UInt8] { try ContractJSON.encode(result) }
}
