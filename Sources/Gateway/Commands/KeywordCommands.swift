import Contract
import SMPP
import Settings
import Store

/// `keyword.put`, `keyword.remove`: words that people text to say that they want to hear from us.
struct KeywordCommands: CommandRules {
  /// Words of one keyword.
  static let words = 1...3

  let outbox: Outbox
  let reads: DecisionReads
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let keywords: OptInKeywords

  private typealias Row = KeywordTable.KeywordRow

  func put(_ params: KeywordPut, _ caller: Requester) throws(APIError) -> Decision {
    let number = try number(params.number, caller)
    var row = Row(
      word: try checked(word: params.keyword), number: number?.id,
      consentText: try checked(params.consentText, "consent_text", atMost: CommandLimits.evidence),
      tag: try params.tag.map { (tag) throws(APIError) in try checkedName(tag, field: "tag") },
      answer: try params.answer.map { (answer) throws(APIError) in try checked(answer: answer, number) },
      created: now, updated: now)
    guard let old = try read(try keywords.same(word: row.word, number: row.number)) else {
      guard keywords.count < OptInKeywords.most else {
        throw .limitReached("opt_in_keywords", OptInKeywords.most)
      }
      return Decision { [row] () throws(StoreError) in
        KeywordView(try keywords.put(row), number?.address)
      }
    }
    (row.id, row.created) = (old.id, old.created)
    return Decision { [row] () throws(StoreError) in
      var unchanged = row
      unchanged.updated = old.updated
      // The same once more changes nothing, and tells nothing.
      return KeywordView(unchanged == old ? old : try keywords.put(row), number?.address)
    }
  }

  func remove(_ params: KeywordRemove, _ caller: Requester) throws(APIError) -> Decision {
    let id = params.keywordID
    guard let row = try read(try keywords.table.keyword(id.value)),
      try read(try keywords.table.isSeen(row, by: caller.scope))
    else { throw .notFound("keyword", id) }
    return Decision { () throws(StoreError) in
      try keywords.remove(row)
      return Done()
    }
  }

  // MARK: Checks

  /// nil: all numbers, which is only for who has them all.
  private func number(_ address: PhoneNumber?, _ caller: Requester) throws(APIError) -> Number? {
    if let address { return try directory.known(address, caller) }
    guard caller.isUnrestricted else {
      throw APIError(.forbidden, "this role has some of the numbers: give number")
    }
    return nil
  }

  /// In its normal form. What has a meaning already is refused with that meaning: nobody could opt out by a STOP that opts in.
  private func checked(word text: String) throws(APIError) -> String {
    let word = Keyword.normalise(text)
    func refused(_ why: String) -> APIError { .refused(.invalidField, why, field: "keyword") }
    guard !word.isEmpty else { throw refused("expected letters or digits") }
    guard word.unicodeScalars.count <= Keyword.longest else {
      throw refused("at most \(Keyword.longest) characters")
    }
    guard !word.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw refused("a control character is in it")
    }
    guard Self.words.contains(word.split(separator: " ").count) else {
      throw refused("1 to \(Self.words.upperBound) words")
    }
    // What is written may be an opt-out where its normal form is none: with a signature below.
    for written in [word, text] {
      let name = word.uppercased()
      switch Keyword.classify(written).keyword {
      case .none, .joined: continue
      case .optOut: throw refused("\(name) opts a phone out, and cannot opt it in")
      case .optIn, .optInIfOut: throw refused("\(name) is built in: it takes back an opt-out")
      case .help: throw refused("\(name) is built in: it asks for help")
      }
    }
    return word
  }

  private func checked(_ text: String, _ field: String, atMost limit: Int) throws(APIError) -> String {
    guard !text.isBlank else { throw .refused(.emptyText, field: field) }
    // SQLite takes a NUL for the end.
    guard text.unicodeScalars.count <= limit, !text.utf8.contains(0) else {
      throw .refused(.invalidField, "1 to \(limit) characters", field: field)
    }
    return text
  }

  /// Of the merge fields an answer has the brand's name alone: whoever texts the word may be nobody we know. It fits what the numbers may
  /// send.
  private func checked(answer: String, _ number: Number?) throws(APIError) -> String {
    let answer = try checked(answer, "answer", atMost: CommandLimits.text)
    let text = MergeText(answer)
    if let other = text.unreadable.first ?? text.fields.first(where: { $0 != KeywordAnswers.brandField }) {
      throw .refused(.invalidField, "\(other): the one field of an answer is {{brand}}", field: "answer")
    }
    let filled = KeywordAnswers.filled(answer, settings)
    let numbers = number.map { [$0] } ?? Array(directory.numbers.values)
    for carrier in Set(numbers.compactMap { $0.sendRoutes.first?.carrier }) {
      if let plan = routes.segmenter(of: carrier)?.plan(filled), plan.count > settings.maximumSegments {
        throw .refused(.tooLong, "at most \(settings.maximumSegments) segments", field: "answer")
      }
    }
    return answer
  }
}
