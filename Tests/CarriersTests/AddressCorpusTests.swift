import Foundation
import Testing

@Suite("Corpus of the fuzzer address") struct AddressCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzzers/corpus/address").standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 20)
    for file in files {
      let violation = violationInAddresses([UInt8](try Data(contentsOf: file)))
      #expect(violation == nil, "\(file.lastPathComponent)")
    }
  }
}
