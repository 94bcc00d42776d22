import TestSupport
import Testing

@Suite("Corpus of the fuzzer address") struct AddressCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("address")
    #expect(inputs.count >= 20)
    for input in inputs { #expect(violationInAddresses(input.octets) == nil, "\(input.name)") }
  }
}
