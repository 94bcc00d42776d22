import Contract
import Store

/// Answers commands, and keeps the answers for repeated commands.
///
/// A command with the same (role, method, key) and equal parameters gets the first result again; with other parameters, a conflict.
/// Refusals are not kept.
struct CommandAnswers: Part {
  let outbox: Outbox
  let table: IdempotencyTable

  /// Answers with a result. A repeated command gets the same octets.
  func answer(_ pending: PendingCommand, _ result: some Encodable) throws(StoreError) {
    let encoded = try CommandAnswers.octets { try ContractJSON.encode(result) }
    if let key = key(of: pending) {
      try table.add(key, params: try fingerprint(pending), result: encoded, at: now)
    }
    outbox.reply(CommandReply(token: pending.token, outcome: .success(encoded)))
  }

  func refuse(_ pending: PendingCommand, _ error: APIError) {
    outbox.reply(CommandReply(token: pending.token, outcome: .failure(error)))
  }

  /// The answer to an earlier command with the same key; nil for the first one.
  func replay(_ pending: PendingCommand) throws(StoreError) -> Result<[UInt8], APIError>? {
    guard let key = key(of: pending), let known = try table.find(key) else { return nil }
    guard known.params == (try fingerprint(pending)) else { return .failure(.idempotencyConflict) }
    return .success(ContractJSON.markReplayed(known.result))
  }

  private func fingerprint(_ pending: PendingCommand) throws(StoreError) -> [UInt8] {
    try CommandAnswers.octets { try ContractJSON.fingerprint(pending.command) }
  }

  /// We encode only types of our own, which cannot fail. If encoding fails all the same, the batch ends.
  private static func octets(_ encode: () throws -> [UInt8]) throws(StoreError) -> [UInt8] {
    do { return try encode() } catch { throw .misuse("answer", "a result that has no JSON") }
  }

  private func key(of pending: PendingCommand) -> IdempotencyTable.Key? {
    pending.command.idempotencyKey.map {
      .init(role: pending.caller.role, method: pending.command.method.rawValue, key: $0)
    }
  }
}
