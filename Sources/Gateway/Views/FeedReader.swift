import Contract
import Store

/// The feed as consumers read it: from a read-only connection, on the thread that owns it.
public final class FeedReader {
  private let database: Database
  private let select: Statement
  private let messageText: Statement
  private let metadata: MetadataTable
  private let campaignText: Statement
  /// Texts of campaigns whose messages were read lately.
  private var campaignTexts: [Int64: String] = [:]
  /// The same of their metadata; nil in it: the campaign has none.
  private var campaignMetadata: [Int64: [String: String]?] = [:]
  private static let campaignsKept = 16
  private let damaged: @Sendable (StoreError) -> Void

  /// - Parameters:
  ///   - vfs: SQLite's file layer; nil: the default one.
  ///   - damaged: called with damaged pages of the store.
  public init(
    path: String, vfs: String? = nil, damaged: @escaping @Sendable (StoreError) -> Void = { _ in }
  ) throws {
    self.damaged = damaged
    database = try Database(path: path, mode: .reader, vfs: vfs)
    select = try database.prepare(
      """
      SELECT first_sequence, count, at, events FROM feed
      WHERE first_sequence >= ifnull((SELECT max(first_sequence) FROM feed WHERE first_sequence <= ?1), 0)
      ORDER BY first_sequence
      """)
    metadata = try MetadataTable(database)
    messageText = try database.prepare("SELECT text FROM message WHERE id = ?1")
    campaignText = try database.prepare("SELECT text FROM campaign WHERE id = ?1")
  }

  /// Position before the oldest event kept.
  public var oldest: Int64 { (try? FeedTable(database).removed()) ?? 0 }

  /// Sequence of the newest committed event; 0 before the first.
  public var newest: Int64 { (try? FeedTable(database).newest()) ?? 0 }

  /// Appends the rows that hold events after `sequence`, in order, until one of the limits is passed.
  public func read(
    after sequence: Int64, maximumEvents: Int, maximumOctets: Int, into rows: inout [PackedRow]
  )
    throws(APIError)
  {
    do {
      let removed = try FeedTable(database).removed()
      guard sequence >= removed else { throw APIError.cursorExpired(oldest: Cursor(removed)) }
      select.bind(1, sequence + 1)
      defer { select.reset() }
      var elsewhere: PackedEvents.Elsewhere?
      var events = 0
      var octets = 0
      while events < maximumEvents, octets < maximumOctets, try select.step() {
        // Of the same moment as the rows.
        let whole = try elsewhere ?? self.elsewhere()
        elsewhere = whole
        let row = PackedRow(
          firstSequence: select.int(0), count: Int(select.int(1)), timeMilliseconds: select.int(2),
          bytes: try PackedEvents.completed(select.blob(3), from: whole))
        guard row.lastSequence > sequence else { continue }
        rows.append(row)
        events += row.count
        octets += row.bytes.count
      }
    } catch let error as APIError {
      throw error
    } catch {
      if let error = error as? StoreError, error.kind == .corrupt { damaged(error) }
      throw .internalError
    }
  }

  private func elsewhere() throws(StoreError) -> PackedEvents.Elsewhere {
    let has = try metadata.exists()
    return PackedEvents.Elsewhere(text: text, metadata: { try self.metadata(of: $0, $1, has) })
  }

  /// The metadata of an outbound message: its own, or its campaign's. Most messages have none, and are not looked up.
  private func metadata(
    of message: MessageID, _ campaign: CampaignID?, _ has: (ofMessages: Bool, ofCampaigns: Bool)
  ) throws(StoreError) -> [String: String]? {
    guard let campaign else { return has.ofMessages ? try metadata.metadata(of: message.value) : nil }
    guard has.ofCampaigns else { return nil }
    if let known = campaignMetadata[campaign.value] { return known }
    let found = try metadata.metadata(ofCampaign: campaign.value)
    if campaignMetadata.count >= FeedReader.campaignsKept { campaignMetadata = [:] }
    campaignMetadata[campaign.value] = .some(found)
    return found
  }

  /// The text of an outbound message, which the store has once: the message's own, or its campaign's.
  private func text(of message: MessageID, _ campaign: CampaignID?) throws(StoreError) -> String? {
    guard let campaign else { return try messageText.with(message.value).first { $0.textOrNil(0) } ?? nil }
    if let known = campaignTexts[campaign.value] { return known }
    guard let text = try campaignText.with(campaign.value).first({ $0.textOrNil(0) }) ?? nil else {
      return nil
    }
    if campaignTexts.count >= FeedReader.campaignsKept { campaignTexts = [:] }
    campaignTexts[campaign.value] = text
    return text
  }
}
