import Contract
import FoundationEssentials
import Glibc

/// An alert as the octets of a message (RFC 5322): the same at each attempt, so that a second copy can be told from another alert.
///
/// What a contact wrote may be in subject and text. No character of it begins a header or a second message: of a subject every control
/// character is a blank, and an encoded word (RFC 2047) has none; of a text all but line ends and tabs are left out.
struct MailMessage {
  var from: EmailAddress
  var to: EmailAddress
  var subject: String
  var text: String
  /// Of the alert.
  var date: Timestamp
  /// What stands before the `@` of the Message-ID.
  var id: String

  /// Octets of a line (RFC 5322, section 2.1.1), and of one with encoded words (RFC 2047, section 2).
  private static let longestLine = 78
  private static let longestEncodedLine = 76

  /// With LF at the end of each line, as `sendmail` takes it.
  var octets: [UInt8] {
    let isPlain = Self.isPlain(body)
    let head = [
      "From: <\(from.text)>", "To: <\(to.text)>", Self.header("Subject", subject),
      "Date: \(Self.date(date))", "Message-ID: <\(id)@\(from.domain)>",
      // RFC 3834, section 5: no machine answers it.
      "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: \(isPlain ? "7bit" : "quoted-printable")",
    ]
    return Array((head.joined(separator: "\n") + "\n\n" + (isPlain ? body : Self.quotedPrintable(body))).utf8)
  }

  /// The text in lines, without other control characters; its last line ends, too.
  private var body: String {
    var lines = String.UnicodeScalarView()
    var wasReturn = false
    for scalar in text.unicodeScalars {
      defer { wasReturn = scalar == "\r" }
      switch scalar {
      case "\r", "\u{85}", "\u{2028}", "\u{2029}": lines.append("\n")
      case "\n" where wasReturn: break
      case "\n", "\t": lines.append(scalar)
      case _ where scalar.properties.generalCategory == .control: break
      default: lines.append(scalar)
      }
    }
    while lines.last == "\n" { lines.removeLast() }
    lines.append("\n")
    return String(lines)
  }

  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == UInt8(ascii: "\n") || $0 >= 0x20 && $0 < 0x7F }
      && text.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy {
        // "From " at the beginning of a line is another message to some mailboxes.
        $0.utf8.count <= longestLine && !$0.hasPrefix("From ") && $0.last != " "
      }
  }

  // MARK: Headers

  /// A header of one logical line: as it is where it is ASCII, else in encoded words.
  static func header(_ name: String, _ value: String) -> String {
    let value = oneLine(value)
    let isASCII = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !value.contains("=?")
    let words = value.split(separator: " ")
    // A word longer than a line cannot be folded.
    guard isASCII, words.allSatisfy({ $0.utf8.count < longestLine - name.utf8.count - 2 }) else {
      return encoded(name, value)
    }
    var lines = [name + ":"]
    for word in words {
      let line = lines[lines.count - 1]
      if line.utf8.count + 1 + word.utf8.count <= longestLine {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(" " + word)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func oneLine(_ value: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in value.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: scalars.append(" ")
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  /// Encoded words in base64, each of whole characters, one a line.
  private static func encoded(_ name: String, _ value: String) -> String {
    let frame = "=?UTF-8?B??=".utf8.count
    var lines: [String] = []
    var word: [UInt8] = []
    /// Octets that the line has room for, before base64 makes four of three.
    func room() -> Int {
      let head = lines.isEmpty ? name.utf8.count + 2 : 1
      return (longestEncodedLine - head - frame) / 4 * 3
    }
    func end() {
      lines.append((lines.isEmpty ? name + ": " : " ") + "=?UTF-8?B?\(Data(word).base64EncodedString())?=")
      word = []
    }
    for scalar in value.unicodeScalars {
      let octets = Array(String(scalar).utf8)
      if word.count + octets.count > room() { end() }
      word += octets
    }
    if !word.isEmpty || lines.isEmpty { end() }
    return lines.joined(separator: "\n")
  }

  /// RFC 5322, section 3.3, in UTC.
  private static func date(_ time: Timestamp) -> String {
    var seconds = time_t(time.milliseconds / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return
      "\(days[Int(parts.tm_wday)]), \(parts.tm_mday) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000"
  }

  // MARK: Text

  /// RFC 2045, section 6.7: lines of at most 76 octets.
  static func quotedPrintable(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var written = ""
      var length = 0
      let octets = Array(line.utf8)
      for (index, octet) in octets.enumerated() {
        let isLast = index == octets.count - 1
        let isBlank = octet == 0x20 || octet == 0x09
        let isFrom = index == 0 && line.hasPrefix("From ")
        let isPlain =
          (octet > 0x20 && octet < 0x7F && octet != UInt8(ascii: "=") && !isFrom) || (isBlank && !isLast)
        let token = isPlain ? String(UnicodeScalar(octet)) : "=" + hex(octet)
        // The last octet of a line may fill it; before that, the soft line break has to fit.
        if length + token.utf8.count > (isLast ? 76 : 75) {
          written += "=\n"
          length = 0
        }
        written += token
        length += token.utf8.count
      }
      return written
    }.joined(separator: "\n")
  }

  private static func hex(_ octet: UInt8) -> String {
    let digits = Array("0123456789ABCDEF")
    return String([digits[Int(octet >> 4)], digits[Int(octet & 15)]])
  }
}
