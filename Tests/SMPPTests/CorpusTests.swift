import Foundation
import SMPP
import Testing

/// Inputs that led the fuzzer of the PDU stream into code of their own, and every one that once broke it.
private let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fuzzers/corpus/pdu")

@Test func theFuzzersCorpusStillHolds() throws {
  let inputs = try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
  #expect(inputs.count >= 100)
  for input in inputs {
    let octets = [UInt8](try Data(contentsOf: input))
    let broken = octets.withUnsafeBytes { brokenStreamProperty($0) }
    #expect(broken == nil, "\(input.lastPathComponent)")
  }
}

@Test func everyVectorHoldsAsAFuzzersInput() {
  for vector in Vector.all {
    let broken = ([0] + vector.octets).withUnsafeBytes { brokenStreamProperty($0) }
    #expect(broken == nil, "\(vector.testDescription)")
  }
}
