import Contract
import Store

/// The company's own keywords, such as JOIN: which word is one for which number, whole in memory.
final class OptInKeywords: Part {
  typealias Row = KeywordTable.KeywordRow

  private struct Key: Hashable {
    var word: String
    /// nil: any number.
    var number: NumberID?
  }

  /// Of one gateway. A few dozen octets of memory each.
  static let most = 10_000

  let outbox: Outbox
  let directory: Directory
  let table: KeywordTable
  private var ids: [Key: Int64] = [:]

  init(_ outbox: Outbox, _ directory: Directory, _ table: KeywordTable) throws(StoreError) {
    self.outbox = outbox
    self.directory = directory
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    ids = [:]
    for (id, word, number) in try table.all() { ids[Key(word: word, number: number)] = id }
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] { ids.map { "\($1) \($0.word) of \($0.number ?? 0)" }.sorted() }

  var count: Int { ids.count }

  /// The keyword that a whole text to a number is: the number's own, else that of all numbers.
  func keyword(_ text: String, to number: NumberID) throws(StoreError) -> Row? {
    guard !ids.isEmpty, let word = Keyword.wholeWord(text),
      let id = ids[Key(word: word, number: number)] ?? ids[Key(word: word)]
    else { return nil }
    guard let row = try table.keyword(id) else { throw .damaged("opt_in_keyword", row: id) }
    return row
  }

  /// The keyword of a word for exactly one number, or for all.
  func same(word: String, number: NumberID?) throws(StoreError) -> Row? {
    guard let id = ids[Key(word: word, number: number)] else { return nil }
    return try table.keyword(id)
  }

  // MARK: Changes

  /// Stores a keyword that is new, or takes the place of what it was, and tells of it.
  /// - Returns: the row with its id.
  func put(_ row: Row) throws(StoreError) -> Row {
    var row = row
    if row.id == 0 { row.id = try table.add(row) } else { try table.update(row) }
    ids[Key(word: row.word, number: row.number)] = row.id
    tell(row)
    return row
  }

  func remove(_ row: Row) throws(StoreError) {
    try table.remove(row.id)
    ids[Key(word: row.word, number: row.number)] = nil
    tell(row, isRemoved: true)
  }

  private func tell(_ row: Row, isRemoved: Bool = false) {
    emit(
      .keywordChanged(
        KeywordChanged(
          keywordID: KeywordID(row.id), keyword: row.word.uppercased(),
          number: row.number.flatMap { directory.numbers[$0]?.address }, consentText: row.consentText,
          tag: row.tag, answer: row.answer, removed: isRemoved,
          createdAt: Timestamp(milliseconds: row.created), at: Timestamp(milliseconds: now))))
  }
}
