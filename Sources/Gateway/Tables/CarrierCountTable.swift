import Store

/// What is counted of a carrier since the store was made. The raw values are the names in `metrics`, behind `tollgate_carrier_`.
enum CarrierCount: String, CaseIterable {
  /// Receipts that came.
  case receipts = "receipts_total"
  /// Receipts that said again what was known.
  case receiptsRepeated = "receipts_repeated_total"
  /// Receipts that contradict what was final.
  case receiptsLate = "receipts_late_total"
  /// Receipts that fitted no message when they came.
  case receiptsUnmatched = "receipts_unmatched_total"
  /// Receipts whose id fitted several messages.
  case receiptsCollided = "receipts_collided_total"
  /// Receipts with a state that nobody knows.
  case receiptsUnknownState = "receipts_unknown_state_total"
  /// Receipts that could not be read.
  case receiptsUnreadable = "receipts_unreadable_total"
  /// Segments whose receipt did not come in its time.
  case receiptsMissing = "receipts_missing_total"
  /// Segments whose answer never came.
  case unknown = "unknown_total"
  /// Of them, those sent again.
  case unknownRetried = "unknown_retried_total"
  /// Of them, those a person settled.
  case unknownResolved = "unknown_resolved_total"
  /// Acknowledgements of phones and people, which are no texts.
  case acknowledgements = "acknowledgements_total"
  /// Parts of long messages that had been there.
  case partsRepeated = "parts_repeated_total"
  /// Parts of long messages that were refused, since too many wait.
  case partsRefused = "parts_refused_total"
  /// PDUs with a text in short_message and another in message_payload.
  case twoTexts = "two_texts_total"
  /// Texts whose octets are not what their data_coding says.
  case lossyTexts = "lossy_texts_total"
  /// Contacts' texts that are STOP or its kin.
  case optOutTexts = "opt_out_texts_total"
  /// Contacts' texts that are START or its kin.
  case optInTexts = "opt_in_texts_total"
  /// Contacts' texts that are HELP or its kin.
  case helpTexts = "help_texts_total"
  /// Contacts' texts that are an opt-in keyword of the company's.
  case keywordTexts = "keyword_texts_total"
  /// Messages that are data for an application.
  case data = "data_total"
  /// PDUs that were to be set aside and found no room.
  case notQuarantined = "not_quarantined_total"
  /// Automatic answers that a phone did not get, since it had got enough of them.
  case answersWithheld = "answers_withheld_total"
  /// Numbers that paused themselves, since their texts all failed alike.
  case numbersRefusedAlike = "numbers_refused_alike_total"
  /// Pairs of a phone and a number it delivers nothing for any more.
  case optedOut = "opted_out_total"
  /// Refusals that say we sent what cannot be.
  case ourFaults = "our_faults_total"
  /// Refusals with a status that no table has.
  case unknownStatuses = "unknown_statuses_total"
}

/// Counters of the carriers: summed up in memory, written once a transaction.
final class CarrierCountTable {
  private let database: Database
  private let add: Statement
  private var changes: [(carrier: CarrierKey, counts: [Int64])] = []

  init(_ database: Database) throws(StoreError) {
    self.database = database
    add = try database.prepare(
      """
      INSERT INTO carrier_count (carrier_id, name, count) VALUES (?1, ?2, ?3)
      ON CONFLICT (carrier_id, name) DO UPDATE SET count = count + excluded.count
      """)
  }

  func count(_ carrier: CarrierKey, _ what: CarrierCount) {
    let place = CarrierCountTable.place(what)
    if let index = changes.firstIndex(where: { $0.carrier == carrier }) {
      changes[index].counts[place] += 1
    } else {
      var counts = [Int64](repeating: 0, count: CarrierCount.allCases.count)
      counts[place] = 1
      changes.append((carrier, counts))
    }
  }

  func flush() throws(StoreError) {
    guard !changes.isEmpty else { return }
    for (carrier, counts) in changes {
      for (place, count) in counts.enumerated() where count > 0 {
        try add.with(carrier, CarrierCount.allCases[place].rawValue, count).run()
      }
    }
    changes.removeAll(keepingCapacity: true)
  }

  /// The batch was rolled back.
  func forget() { changes.removeAll(keepingCapacity: true) }

  private static let places: [CarrierCount: Int] = Dictionary(
    uniqueKeysWithValues: CarrierCount.allCases.enumerated().map { ($1, $0) })

  private static func place(_ what: CarrierCount) -> Int { places[what] ?? 0 }
}
