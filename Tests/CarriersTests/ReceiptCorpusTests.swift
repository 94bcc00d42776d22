import TestSupport
import Testing

@Suite("Corpus of the fuzzer receipt") struct ReceiptCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("receipt")
    #expect(inputs.count >= 50)
    for input in inputs { #expect(violationInReceipt(input.octets) == nil, "\(input.name)") }
  }
}
