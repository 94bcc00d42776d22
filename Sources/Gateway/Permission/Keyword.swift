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

  /// The word for it on the local socket.
  public var word: KeywordClass {
    switch self {
    case .none: .none
    case .optOut: .optOut
    case .optIn, .optInIfOut: .optIn
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

  /// The longest text, in UTF-8 octets, that can be a keyword with its decoration: beyond it nothing is normalised.
  static let longest = 64

  /// Classifies a text: the keyword it is, and the word in its normal form.
  public static func classify(_ text: String) -> (keyword: Keyword, word: String) {
    guard text.utf8.count <= longest else { return (.none, "") }
    let word = normalise(text)
    guard let keyword = words[word] else { return (.none, "") }
    return (keyword, word)
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
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
