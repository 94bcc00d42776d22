import Store

/// Which conversations a rep means who answers an alert from the private mobile.
///
/// A conversation has a mark while the rep was alerted to it lately: a small number, the same as long as it has one. While there is
/// one such conversation, the rep needs no mark.
final class AlertMarks {
  typealias Mark = AlertMarkTable.MarkRow

  /// Milliseconds after the last alert for which an answer goes to a conversation.
  static let lasts: Int64 = 86_400_000
  /// Milliseconds for which a mark stays known, so that an answer by it goes to nobody else.
  static let isKnownFor: Int64 = 7 * 86_400_000
  /// Marks of one rep: two digits.
  static let most = 99
  /// Milliseconds for which a mark's time is not written again.
  private static let touchedFor: Int64 = 60_000

  let table: AlertMarkTable

  init(_ table: AlertMarkTable) { self.table = table }

  /// The conversations that an answer can go to now, the smallest mark first.
  func open(to rep: Int64, at now: Int64) throws(StoreError) -> [Mark] {
    try table.marks(of: rep).filter { isOpen($0, now) }
  }

  private func isOpen(_ mark: Mark, _ now: Int64) -> Bool { mark.at > now - Self.lasts && mark.at <= now }

  /// A rep is alerted to a conversation, or will be: it keeps its mark, or gets the smallest that is free.
  func alerted(_ rep: Int64, to conversation: Int64, at now: Int64) throws(StoreError) {
    let known = try table.marks(of: rep)
    if var mark = known.first(where: { $0.conversation == conversation }) {
      guard mark.at > now || mark.at <= now - Self.touchedFor else { return }
      if !isOpen(mark, now) { mark.isTold = false }
      mark.at = now
      return try table.put(mark, of: rep)
    }
    let taken = Set(known.filter { $0.at > now - Self.isKnownFor }.map(\.mark))
    let free = (1...Self.most).first { !taken.contains($0) }
    // With all of them taken, the one that is oldest means another conversation from now on.
    let mark = free ?? known.min { $0.at < $1.at }?.mark ?? 1
    try table.put(Mark(mark: mark, conversation: conversation, at: now, isTold: false), of: rep)
  }

  /// The mark that an alert about a conversation says; nil while the rep needs none.
  func told(_ rep: Int64, of conversation: Int64, at now: Int64) throws(StoreError) -> Int? {
    let open = try open(to: rep, at: now)
    guard open.count > 1, var mark = open.first(where: { $0.conversation == conversation }) else {
      return nil
    }
    if !mark.isTold {
      mark.isTold = true
      try table.put(mark, of: rep)
    }
    return mark.mark
  }

  /// What a rep's text answers.
  enum Meaning: Equatable {
    /// The text, without its mark, is for this conversation.
    case conversation(Int64, String)
    /// It could be for several; for none, the list is empty.
    case unclear([Mark])
  }

  func meaning(of text: String, from rep: Int64, at now: Int64) throws(StoreError) -> Meaning {
    let known = try table.marks(of: rep)
    let open = known.filter { isOpen($0, now) }
    if let (mark, rest) = Self.leadingMark(text), let named = known.first(where: { $0.mark == mark }) {
      if isOpen(named, now), named.isTold || open.count > 1 {
        return rest.isEmpty ? .unclear(open) : .conversation(named.conversation, rest)
      }
      // The rep was told of that mark; whoever it was is no longer meant by anything else.
      if named.isTold { return .unclear(open) }
    }
    return open.count == 1 ? .conversation(open[0].conversation, text) : .unclear(open)
  }

  /// A number of one or two digits at the beginning, and what stands behind it: `2 Thanks`, `2: thanks`, `#2 thanks`. Not `2pm`.
  static func leadingMark(_ text: String) -> (mark: Int, rest: String)? {
    var rest = text.trimmed[...]
    if rest.first == "#" { rest = rest.dropFirst() }
    let digits = rest.prefix { ("0"..."9").contains($0) }
    guard (1...2).contains(digits.utf8.count), let mark = Int(digits), mark > 0 else { return nil }
    rest = rest.dropFirst(digits.count)
    let isPunctuation = { (character: Character) in ":.,)-".contains(character) }
    guard rest.first.map({ $0.isWhitespace || isPunctuation($0) }) ?? true else { return nil }
    // "2.5 baths" and "10:30" are no marks.
    if rest.first.map(isPunctuation) == true, rest.dropFirst().first?.isNumber == true { return nil }
    return (mark, String(rest.drop { $0.isWhitespace || isPunctuation($0) }))
  }
}
