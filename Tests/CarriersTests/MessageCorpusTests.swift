import TestSupport
import Testing

@Suite("Corpus of the fuzzer message") struct MessageCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("message")
    #expect(inputs.count >= 50)
    for input in inputs { #expect(violationInMessage(input.octets) == nil, "\(input.name)") }
  }
}
