import Foundation
import Testing

@Suite("Corpus of the fuzzer session") struct SessionCorpusTests {
  @Test("Every input that was kept holds")
  func kept() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzzers/corpus/session").standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 20)
    for file in files {
      let violation = violationInSession([UInt8](try Data(contentsOf: file)))
      #expect(violation == nil, "\(file.lastPathComponent)")
    }
  }

  @Test("Random play of either role holds", arguments: 0..<8)
  func random(seed: Int) {
    var random = Seeded(UInt64(seed) + 9_000)
    for _ in 0..<250 {
      let input = (0..<Int.random(in: 3...400, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if let violation = violationInSession(input) { Issue.record("\(violation): \(input)") }
    }
  }
}
