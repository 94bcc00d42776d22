import Contract
import Foundation
import Testing

@testable import OperatorCommands

/// What `--json` prints.
@Suite struct JSONOutputTests {
  /// A text in the wrong charset has controls of ISO 8859-1; the terminal must not obey them, and programs have to read on.
  @Test func aTextWithControlsAndTurnedDirectionsStaysJSON() throws {
    let text = "a\u{7F}\u{80}\u{9B}31m\u{200F}\u{2028}\u{202E}\u{2066}ü😀\u{1B}[0m"
    let json = String(decoding: try JSONEncoder().encode(["text": text]), as: UTF8.self)
    let plain = JSONOutput.plain(json)
    #expect(
      plain
        == "{\"text\":\"a\\u007f\\u0080\\u009b31m\\u200f\\u2028\\u202e\\u2066ü😀\\u001b[0m\"}")
    #expect(try JSONDecoder().decode([String: String].self, from: Data(plain.utf8)) == ["text": text])
  }
}
