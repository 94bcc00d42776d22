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
    try Output.line(String(decoding: data, as: UTF8.self))
  }
}

extension Invocation {
  /// Prints the answer to a call: as it is with `--json`, else as a line for a person.
  func answer(_ result: some Encodable, _ line: @autoclosure () throws -> String) throws -> ExitStatus {
    if has("json") { try JSONOutput.line(result) } else { try Output.line(line()) }
    return .ok
  }
}
