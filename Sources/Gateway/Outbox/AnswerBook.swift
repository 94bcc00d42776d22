import Contract
import Store

/// The answers to commands, and what is kept of them for a repetition.
///
/// A repeat of (role, method, key) with equal parameters gets the first result; with others, a conflict. Refusals are not kept.
struct AnswerBook: Part {
  let outbox: Outbox
  let table: IdempotencyTable

  /// Answers with a result; a repetition gets the same octets.
  func answer(_ pending: PendingCommand, _ result: some Encodable) throws(StoreError) {
    let encoded = try AnswerBook.octets { try ContractJSON.encode(result) }
    if let key = key(of: pending) {
      try table.add(key, params: try fingerprint(pending), result: encoded, at: now)
    }
    outbox.reply(CommandReply(token: pending.token, outcome: .success(encoded)))
  }

  func refuse(_ pending: PendingCommand, _ error: APIError) {
    outbox.reply(CommandReply(token: pending.token, outcome: .failure(error)))
  }

  /// The answer to an earlier call with the same key; nil where this is the first.
  func replay(_ pending: PendingCommand) throws(StoreError) -> Result<[UInt8], APIError>? {
    guard let key = key(of: pending), let known = try table.find(key) else { return nil }
    guard known.params == (try fingerprint(pending)) else { return .failure(.idempotencyConflict) }
    return .success(ContractJSON.markReplayed(known.result))
  }

  private func fingerprint(_ pending: PendingCommand) throws(StoreError) -> [UInt8] {
    try AnswerBook.octets { try ContractJSON.fingerprint(pending.command) }
  }

  /// What we encode are types of our own, so that it cannot fail; if it does, the batch ends.
  private static func octets(_ encode: () throws -> [UInt8]) throws(StoreError) -> [UInt8] {
    do { return try encode() } catch { throw .misuse("answer", "a result that has no JSON") }
  }

  private func key(of pending: PendingCommand) -> IdempotencyTable.Key? {
    pending.command.idempotencyKey.map {
      .init(role: pending.caller.role, method: pending.command.method.rawValue, key: $0)
    }
  }
}
