/// Lines of a CSV file (RFC 4180): CRLF ends each, and a field with a comma, a quote or a line end stands in quotes.
struct CSVWriter {
  private(set) var text = ""

  mutating func line(_ fields: [String]) {
    text += fields.map(Self.field).joined(separator: ",") + "\r\n"
  }

  /// A field that a spreadsheet shows as it is. Programs take what begins like a formula for one, after white space too: an apostrophe stands
  /// before it. A phone is a number to them, and stays as it is. Control characters are shown as their pictures.
  static func field(_ text: String) -> String {
    let shown = Terminal.shown(text)
    let first = shown.unicodeScalars.first { !$0.properties.isWhitespace }
    let isFormula = first.map { "=+-@＝＋－＠".unicodeScalars.contains($0) } == true && !isPhone(shown)
    let safe = isFormula ? "'" + shown : shown
    guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }

  private static func isPhone(_ text: String) -> Bool {
    text.hasPrefix("+") && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
  }
}
