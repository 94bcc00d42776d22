import Glibc

/// What standard output is, and how texts of others are shown on it.
struct Terminal: Sendable {
  var isTerminal: Bool
  var colour: Bool
  /// Columns; nil where output is not a terminal, and nothing is cut.
  var width: Int?

  static let output: Terminal = {
    guard isatty(STDOUT_FILENO) == 1 else { return Terminal(isTerminal: false, colour: false, width: nil) }
    let noColour = getenv("NO_COLOR").map { strlen($0) > 0 } ?? false
    let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    var size = winsize()
    let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col >= 20
    return Terminal(isTerminal: true, colour: !noColour && !dumb, width: known ? Int(size.ws_col) : 80)
  }()

  func styled(_ text: String, _ style: Style) -> String {
    guard colour, style != .plain else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }

  /// Select Graphic Rendition codes of ECMA-48.
  enum Style: String, Sendable {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  /// A text of somebody else made safe to print: on one line, without anything a terminal obeys.
  ///
  /// Control characters (C0, DEL, C1) become their pictures or '·', direction overrides are dropped.
  static func shown(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result.append("⏎")
      case 0x0D: continue
      case 0x00...0x1F: result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "·")
      case 0x7F...0x9F: result.append("·")
      case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: continue
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Columns a text takes: wide East Asian characters and emoji take two.
  static func columns(_ text: String) -> Int {
    var total = 0
    for character in text {
      guard let first = character.unicodeScalars.first else { continue }
      let wide =
        first.properties.isEmojiPresentation
        || [
          0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
          0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
        ]
        .contains { ($0 as ClosedRange<UInt32>).contains(first.value) }
      total += wide ? 2 : 1
    }
    return total
  }

  /// Cut to so many columns, with an ellipsis where something is missing.
  static func cut(_ text: String, to limit: Int) -> String {
    guard columns(text) > limit else { return text }
    var result = ""
    var used = 0
    for character in text {
      let width = columns(String(character))
      if used + width > limit - 1 { break }
      result.append(character)
      used += width
    }
    return result + "…"
  }
}
