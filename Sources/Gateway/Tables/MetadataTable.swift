import Contract
import Store

/// The table `message_metadata`, and the metadata of campaigns: names and values of the app that sent a message.
final class MetadataTable {
  private let insert: Statement
  private let select: Statement
  private let selectCampaign: Statement
  private let selectAny: Statement

  init(_ database: Database) throws(StoreError) {
    insert = try database.prepare("INSERT INTO message_metadata (message_id, metadata) VALUES (?1, ?2)")
    select = try database.prepare("SELECT metadata FROM message_metadata WHERE message_id = ?1")
    selectCampaign = try database.prepare(
      "SELECT metadata FROM campaign WHERE id = ?1 AND metadata IS NOT NULL")
    selectAny = try database.prepare(
      """
      SELECT EXISTS (SELECT 1 FROM message_metadata),
        EXISTS (SELECT 1 FROM campaign INDEXED BY campaign_metadata WHERE metadata IS NOT NULL)
      """)
  }

  func add(_ metadata: [String: String], to message: Int64) throws(StoreError) {
    try insert.with(message, MetadataTable.stored(metadata)).run()
  }

  func metadata(of message: Int64) throws(StoreError) -> [String: String]? {
    try select.with(message).first { MetadataTable.read($0.textOrNil(0)) } ?? nil
  }

  func metadata(ofCampaign campaign: Int64) throws(StoreError) -> [String: String]? {
    try selectCampaign.with(campaign).first { MetadataTable.read($0.textOrNil(0)) } ?? nil
  }

  /// Whether any message of its own has metadata, and whether any campaign has.
  func exists() throws(StoreError) -> (ofMessages: Bool, ofCampaigns: Bool) {
    try selectAny.first { ($0.bool(0), $0.bool(1)) } ?? (false, false)
  }

  /// As it is stored; nil for none.
  static func stored(_ metadata: [String: String]?) -> String? {
    guard let metadata, !metadata.isEmpty, let json = try? ContractJSON.encode(metadata) else { return nil }
    return String(decoding: json, as: UTF8.self)
  }

  /// What is stored; nil for none.
  static func read(_ stored: String?) -> [String: String]? { stored.map(ContactTable.attributes) }
}
