import CommandFrame
import Contract
import FoundationEssentials

/// The API's own objects, one compact JSON a line, keys in order.
enum JSONOutput {
  static func line(_ value: some Encodable) throws {
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
