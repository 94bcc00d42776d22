import TestSupport
import Testing

@Suite("Corpus of the fuzzer session") struct SessionCorpusTests {
  @Test("Every input that was kept holds")
  func kept() throws {
    let inputs = try Corpus.inputs("session")
    #expect(inputs.count >= 20)
    for input in inputs { #expect(violationInSession(input.octets) == nil, "\(input.name)") }
  }

  @Test("Random play of either role holds", arguments: 0..<8)
  func random(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed) + 9_000)
    for _ in 0..<250 {
      let input = (0..<Int.random(in: 3...400, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if let violation = violationInSession(input) { Issue.record("\(violation): \(input)") }
    }
  }
}
