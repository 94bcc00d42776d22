import Contract
import Foundation

/// What a whole text means for consent, when it is one of the known words and nothing else.
public enum Keyword: Int64, Sendable {
  case none = 0
  /// STOP, UNSUBSCRIBE and their kin: a revocation.
  case optOut = 1
  /// START, UNSTOP: consent given again.
  case optIn = 2
  /// YES: consent given again while opted out, else an ordinary text.
  case optInIfOut = 3
  case help = 4
  /// An opt-in keyword of the company's, such as JOIN.
  case joined = 5

  /// The word for it on the local socket.
  public var word: KeywordClass {
    switch self {
    case .none: .none
    case .optOut: .optOut
    case .optIn, .optInIfOut, .joined: .optIn
    case .help: .help
    }
  }

  /// The built-in words, in the form `normalise` gives.
  ///
  /// FCC 47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel, unsubscribe. CTIA 5.1.3; the defaults of
  /// the large providers (STOPALL, STOP ALL, OPTOUT, REMOVE, ARRET); three Spanish words are our addition.
  static let words: [String: Keyword] = {
    var all: [String: Keyword] = [:]
    for word in [
      "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out",
      "remove",
      "arret", "arrete", "arrêt", "arrête", "alto", "parar", "baja", "please opt me out",
    ] { all[word] = .optOut }
    for word in ["start", "unstop"] { all[word] = .optIn }
    all["yes"] = .optInIfOut
    for word in ["help", "info", "ayuda"] { all[word] = .help }
    return all
  }()

  /// What may stand beside an opt-out without making it another thing: courtesy, haste, the person who asks.
  private static let courtesy: Set<String> = [
    "please", "pls", "plz", "thanks", "thank you", "thankyou", "thx", "ty", "now", "immediately", "sorry",
    "me",
    "gracias", "por favor", "merci",
  ]

  /// The most UTF-8 octets of a keyword with what may stand beside it, once blanks, punctuation and emoji at both ends are off.
  static let longest = 64

  /// Classifies a text: the keyword it is, and the word in its normal form.
  ///
  /// An opt-out is one with courtesy or repetition too ("Stop. Thank you", "STOP STOP"), and with a signature on the lines below.
  public static func classify(_ text: String) -> (keyword: Keyword, word: String) {
    if let found = said(text[...]) { return found }
    if let end = text.utf8.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }),
      let found = said(text[..<end]),
      found.keyword == .optOut, isSignature(text[end...])
    {
      return found
    }
    return (.none, "")
  }

  private static func said(_ text: Substring) -> (keyword: Keyword, word: String)? {
    let scalars = text.unicodeScalars
    guard let start = scalars.firstIndex(where: isLetter), let last = scalars.lastIndex(where: isLetter)
    else { return nil }
    let bare = text[start...last]
    guard bare.utf8.count <= longest else { return nil }
    let whole = normalise(String(bare))
    if let keyword = words[whole] { return (keyword, whole) }
    return politely(whole).map { (.optOut, $0) }
  }

  /// The opt-out that a text in normal form says once or more often, with nothing but courtesy beside it.
  private static func politely(_ text: String) -> String? {
    let tokens = text.unicodeScalars.split { !isLetter($0) }.map { String($0) }
    var said: String?
    var place = 0
    while place < tokens.count {
      // The longest phrase that begins here: "stop all" before "stop".
      let rest = tokens[place...].prefix(4)
      let phrases = (1...rest.count).reversed().map { ($0, rest.prefix($0).joined(separator: " ")) }
      if let (count, phrase) = phrases.first(where: { words[$0.1] == .optOut }) {
        said = said ?? phrase
        place += count
      } else if let (count, _) = phrases.first(where: { courtesy.contains($0.1) }) {
        place += count
      } else {
        return nil
      }
    }
    return said
  }

  /// Whether lines are what a phone or a person puts below a text: behind a dash, "Sent from my ...", or a name of at most three words.
  private static func isSignature(_ lines: Substring) -> Bool {
    let text = lines.drop { $0.isWhitespace }
    guard text.utf8.count <= 4 * longest else { return false }
    if let first = text.unicodeScalars.first, first.properties.generalCategory == .dashPunctuation {
      return true
    }
    let lower = text.lowercased()
    if lower.hasPrefix("sent from ") || lower.hasPrefix("get outlook ") { return true }
    let names = text.split(whereSeparator: \.isWhitespace)
    return names.count <= 3 && names.allSatisfy { $0.first?.isUppercase == true }
  }

  /// A whole text as a keyword of the company's would be written, in its normal form; nil where it is too long for one.
  static func wholeWord(_ text: String) -> String? {
    let scalars = text.unicodeScalars
    guard let start = scalars.firstIndex(where: isLetter), let last = scalars.lastIndex(where: isLetter),
      text[start...last].utf8.count <= 4 * longest
    else { return nil }
    return normalise(String(text[start...last]))
  }

  /// The word that a text is, in its normal form, if it was taken for this keyword.
  static func word(of text: String, as keyword: Keyword) -> String {
    switch keyword {
    case .none: ""
    case .joined: wholeWord(text) ?? ""
    case .optOut, .optIn, .optInIfOut, .help: classify(text).word
    }
  }

  /// Whether the text is the word alone, in any case, as the toll-free network takes it: it knows no punctuation.
  static func isLiterally(_ word: String, _ text: String) -> Bool {
    text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() } == [word]
  }

  /// NFKC, case folded, punctuation, quotes and emoji at both ends taken off, runs of white space and hyphens made
  /// one space.
  static func normalise(_ text: String) -> String {
    var folded: [Unicode.Scalar] = []
    var gap = false
    for scalar in text.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
      if isGap(scalar) {
        gap = true
        continue
      }
      if scalar.properties.isDefaultIgnorableCodePoint { continue }
      if gap && !folded.isEmpty { folded.append(" ") }
      gap = false
      folded.append(scalar)
    }
    var start = folded.startIndex
    var end = folded.endIndex
    while start < end, !isLetter(folded[start]) { start += 1 }
    while start < end, !isLetter(folded[end - 1]) { end -= 1 }
    var word = ""
    word.unicodeScalars.append(contentsOf: folded[start..<end])
    return word
  }

  private static func isGap(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar.properties.generalCategory == .dashPunctuation
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    // Nearly every character is ASCII; to look its properties up costs ten times as much.
    if scalar.isASCII {
      let value = scalar.value
      return value &- 0x30 < 10 || value | 0x20 &- 0x61 < 26
    }
    return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
