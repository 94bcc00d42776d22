import CommandFrame
import Contract
import FoundationEssentials

/// The API's own objects, one compact JSON a line, keys in order.
package enum JSONOutput {
  package static func line(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data: Data
    do {
      data = try encoder.encode(value)
    } catch {
      throw Failure(.software, "cannot write this answer as JSON: \(error)")
    }
    try Output.line(plain(String(decoding: data, as: UTF8.self)))
  }

  /// JSON in which no control character stands by itself, so that a terminal shows it and it stays JSON. The encoder escapes those that
  /// JSON must not have; a text of a phone may have others, and characters that turn the direction of what follows.
  static func plain(_ json: String) -> String {
    func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
      default: false
      }
    }
    guard json.unicodeScalars.contains(where: isEscaped) else { return json }
    var plain = ""
    for scalar in json.unicodeScalars {
      if isEscaped(scalar) {
        let digits = String(scalar.value, radix: 16)
        plain += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        plain.unicodeScalars.append(scalar)
      }
    }
    return plain
  }
}

extension Invocation {
  /// Prints the answer to a call: as it is with `--json`, else as a line for a person.
  func answer(_ result: some Encodable, _ line: @autoclosure () throws -> String) throws -> ExitStatus {
    if has("json") { try JSONOutput.line(result) } else { try Output.line(line()) }
    return .ok
  }
}
