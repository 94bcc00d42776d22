import TestSupport
import Testing

@Suite("Corpus of the fuzzer udh") struct TextCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("udh")
    #expect(inputs.count >= 50)
    for input in inputs { #expect(violationInText(input.octets) == nil, "\(input.name)") }
  }
}
