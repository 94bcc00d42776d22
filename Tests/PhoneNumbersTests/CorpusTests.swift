import TestSupport
import Testing

@Suite("Corpus of the fuzzer phone") struct PhoneCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("phone")
    #expect(inputs.count >= 20)
    for input in inputs { #expect(violationInPhones(input.octets) == nil, "\(input.name)") }
  }
}
