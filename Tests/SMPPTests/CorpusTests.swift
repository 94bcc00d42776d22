import SMPP
import TestSupport
import Testing

@Test func theFuzzersCorpusStillHolds() throws {
  let inputs = try Corpus.inputs("pdu")
  #expect(inputs.count >= 100)
  for input in inputs {
    #expect(input.octets.withUnsafeBytes { brokenStreamProperty($0) } == nil, "\(input.name)")
  }
}

@Test func everyVectorHoldsAsAFuzzersInput() {
  for vector in Vector.all {
    let broken = ([0] + vector.octets).withUnsafeBytes { brokenStreamProperty($0) }
    #expect(broken == nil, "\(vector.testDescription)")
  }
}
