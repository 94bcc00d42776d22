import TestSupport
import Testing

@Suite("Corpus of the fuzzer list") struct ListCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("list")
    #expect(inputs.count >= 9)
    for input in inputs { #expect(violationInLists(input.octets) == nil, "\(input.name)") }
  }
}
