/// Lines of a CSV file (RFC 4180): CRLF ends each, and a field with a comma, a quote or a line end stands in quotes.
struct CSVWriter {
  private(set) var text = ""

  mutating func line(_ fields: [String]) {
    text += fields.map(Self.field).joined(separator: ",") + "\r\n"
  }

  /// A field that a spreadsheet shows as it is. Programs take what begins like a formula for one, after white space too: an apostrophe stands
  /// before it. Control characters are shown as their pictures.
  static func field(_ text: String) -> String {
    let shown = Terminal.shown(text)
    let first = shown.unicodeScalars.first { !$0.properties.isWhitespace }
    let safe = first.map { "=+-@＝＋－＠|%".unicodeScalars.contains($0) } == true ? "'" + shown : shown
    guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }
}
