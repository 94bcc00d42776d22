import SMPP
import Testing

/// submit_sm, 4.4.1, octet by octet.
@Test func aSubmitSMIsWrittenAndReadAsTheSpecificationLaysItOut() {
  var buffer: [UInt8] = []
  let message = SubmitSM(
    source: Address(ton: 1, npi: 1, digits: "18885550100"), destination: Address(ton: 1, npi: 1, digits: "1"),
    registeredDelivery: 1, shortMessage: Array("Hi".utf8),
    tlvs: [TLV(tag: .userMessageReference, value: [0, 7])])
  message.encode(sequence: 5, into: &buffer)
  let expected: [UInt8] =
    [0, 0, 0, 53, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 1] + Array("18885550100".utf8) + [
      0, 1, 1, 0x31, 0,
    ]
    + [0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x48, 0x69, 0x02, 0x04, 0, 2, 0, 7]
  #expect(buffer == expected)
  #expect(PDU.decode(buffer) == .pdu(PDU(sequence: 5, body: .submitSM(message))))
}
