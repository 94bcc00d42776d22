import CarrierSimulator
import Contract

/// Orders about opt-in keywords.
extension Staff {
  /// The word that people of a story text, and the tag that they get by it. It stays a keyword from the beginning to the end.
  static let joinWord = "JOIN"
  static let joinTag = "joined"

  static func join(_ answer: String?, key: String? = nil) -> KeywordPut {
    KeywordPut(
      keyword: joinWord, consentText: "Text JOIN for listings.", tag: joinTag, answer: answer,
      idempotencyKey: key)
  }

  /// The one everybody knows gets another answer; or there is one for a number of ours.
  /// - Parameter then: is given one that may go.
  func putKeyword(_ then: @escaping (KeywordID) -> Void = { _ in }) {
    made += 1
    let answer = random.happens(0.7) ? "{{brand}}: welcome \(made)" : nil
    let later = milliseconds(500, 10_000)
    guard random.happens(0.6) else {
      return ask(.keywordPut(Staff.join(answer, key: newKey())))
    }
    let put = KeywordPut(
      keyword: " homes-\(made % 3)!", number: anyNumber, consentText: "Text HOMES.", tag: "homes",
      answer: answer, idempotencyKey: newKey())
    ask(.keywordPut(put)) { [unowned self] json in
      guard let view = decoded(KeywordView.self, json, .keywordPut) else { return }
      if view.keyword != "HOMES \(put.keyword.dropFirst(7).dropLast())" || view.number != put.number
        || view.answer != answer || view.consentText != put.consentText
      {
        world.witness.violated("joins", "\(put) is answered with \(view)")
      }
      after(later) { then(view.keywordID) }
    }
  }

  func removeKeyword() {
    putKeyword { [unowned self] keyword in
      ask(.keywordRemove(KeywordRemove(keywordID: keyword, idempotencyKey: newKey())))
    }
  }

  func keywordInVain(_ method: Method) {
    guard method == .keywordPut else {
      return askInVain(method) {
        .keywordRemove(KeywordRemove(keywordID: KeywordID(1 << 40), idempotencyKey: $0))
      }
    }
    let bad = [
      KeywordPut(keyword: "Stop, please!", consentText: "Text it."),
      KeywordPut(keyword: "YES", consentText: "Text it."),
      KeywordPut(keyword: "...", consentText: "Text it."),
      KeywordPut(keyword: "JOIN OUR LITTLE LIST", consentText: "Text it."),
      KeywordPut(keyword: "DEALS", consentText: "Text it.", answer: "Hi {{first_name}}"),
      KeywordPut(keyword: "DEALS", consentText: " "),
      KeywordPut(
        keyword: "DEALS", consentText: "Text it.", answer: String(repeating: "0123456789", count: 1_001)),
    ]
    guard var put = pick(bad) else { return }
    askInVain(method) {
      put.idempotencyKey = $0
      return .keywordPut(put)
    }
  }
}
