import SMPP
import TestSupport
import Testing

@Suite("Corpus of the fuzzer tlv") struct TLVCorpusTests {
  @Test func `every input that was kept holds`() throws {
    let inputs = try Corpus.inputs("tlv")
    #expect(inputs.count >= 20)
    for input in inputs { #expect(violationInTLVs(input.octets) == nil, "\(input.name)") }
  }

  /// Read after three zeros it would be dest_telematics_id without a value, which cannot be; read from the start it is a
  /// parameter nobody knows and three octets too few to be one.
  @Test func `a tail is read so that its parameters fit, where it can be`() throws {
    let message = SubmitSM(shortMessage: Array("seven o".utf8))
    var octets = PDU(sequence: 1, body: .deliverSM(message)).encoded + [0, 0, 0, 0, 8, 0, 0]
    octets[3] = UInt8(octets.count)
    guard case .pdu(let pdu) = PDU.decode(octets), case .deliverSM(let taken) = pdu.body else {
      Issue.record("the message is refused")
      return
    }
    #expect(taken.shortMessage == message.shortMessage)
  }
}
