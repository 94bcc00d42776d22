import Foundation
import Testing

@Suite struct CorpusTests {
  /// `Tests/Fuzzers/corpus/json`: what the fuzzer found worth keeping.
  static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzzers/corpus/json")

  @Test func whatTheFuzzerFoundStillHolds() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: CorpusTests.corpus, includingPropertiesForKeys: nil)
    try #require(!files.isEmpty)
    for file in files.sorted(by: { $0.path < $1.path }) {
      let input = [UInt8](try Data(contentsOf: file))
      if let violation = violationInLines(input, checkingSchemas: true) {
        Issue.record("\(file.lastPathComponent): \(violation)")
      }
    }
  }
}
