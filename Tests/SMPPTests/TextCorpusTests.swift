import Foundation
import Testing

@Suite("Corpus of the fuzzer udh") struct TextCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzzers/corpus/udh").standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 50)
    for file in files {
      let violation = violationInText([UInt8](try Data(contentsOf: file)))
      #expect(violation == nil, "\(file.lastPathComponent)")
    }
  }
}
