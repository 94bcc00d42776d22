import Store

/// The table `message_parameter`: what a message says for a carrier's own parameters, and what came in them.
final class ParameterTable {
  private let insert: Statement
  private let select: Statement

  init(_ database: Database) throws(StoreError) {
    insert = try database.prepare(
      "INSERT INTO message_parameter (message_id, name, value) VALUES (?1, ?2, ?3)")
    select = try database.prepare("SELECT name, value FROM message_parameter WHERE message_id = ?1")
  }

  func add(_ parameters: [String: String], of message: Int64) throws(StoreError) {
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      try insert.with(message, name, value).run()
    }
  }

  func parameters(of message: Int64) throws(StoreError) -> [String: String] {
    select.with(message)
    defer { select.reset() }
    var found: [String: String] = [:]
    while try select.step() { found[select.text(0)] = select.text(1) }
    return found
  }
}
