import SMPP
import Testing

/// What a peer sends against the letter of the specification, and what it is taken for.
struct Tolerance: CustomTestStringConvertible, Sendable {
  var what: String
  var id: CommandID
  var status: CommandStatus = .ESME_ROK
  /// As `Vector.body`.
  var body: String
  var taken: PDU.Body

  var testDescription: String { what }

  var octets: [UInt8] {
    let nack = Vector(section: "", pdu: PDU(status: status, sequence: 1, body: .genericNack), body: body)
    var octets = nack.octets
    for (index, shift) in [24, 16, 8, 0].enumerated() {
      octets[4 + index] = UInt8(truncatingIfNeeded: id.rawValue >> UInt32(shift))
    }
    return octets
  }
}

/// deliver_sm from 1 to 2 up to and with data_coding, sm_default_msg_id.
private let head = "00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 00 00 00 00 00"
private let ucs2Head = "00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 00 00 00 08 00"

private func deliver(_ text: [UInt8], dataCoding: UInt8 = 0, _ tlvs: TLVs = []) -> PDU.Body {
  .deliverSM(
    DeliverSM(
      source: Address(digits: "1"), destination: Address(digits: "2"), dataCoding: dataCoding,
      shortMessage: text,
      tlvs: tlvs))
}

private let reference: TLVs = [TLV(tag: .userMessageReference, value: [0, 7])]

private let tolerances: [Tolerance] = [
  // Responses with and without bodies, on any status.
  Tolerance(
    what: "submit_sm_resp of a header, no error", id: .submitSMResp, body: "", taken: .submitSMResp(nil)),
  Tolerance(
    what: "submit_sm_resp of a header, an error", id: .submitSMResp, status: .ESME_RTHROTTLED, body: "",
    taken: .submitSMResp(nil)),
  Tolerance(
    what: "an error with one NUL", id: .submitSMResp, status: .ESME_RTHROTTLED, body: "00",
    taken: .submitSMResp(SubmitSMResp())),
  Tolerance(
    what: "an error with an id", id: .submitSMResp, status: .ESME_RSYSERR, body: "'42' 00",
    taken: .submitSMResp(SubmitSMResp(messageID: "42"))),
  Tolerance(
    what: "an error with an id and optional parameters", id: .submitSMResp, status: .ESME_RSYSERR,
    body: "'42' 00 02 04 00 02 00 07", taken: .submitSMResp(SubmitSMResp(messageID: "42", tlvs: reference))),
  Tolerance(
    what: "an id without its NUL", id: .submitSMResp, body: "'42'",
    taken: .submitSMResp(SubmitSMResp(messageID: "42"))),
  Tolerance(
    what: "an id longer than 65", id: .submitSMResp, body: "'\(String(repeating: "a", count: 100))' 00",
    taken: .submitSMResp(SubmitSMResp(messageID: COctetString(String(repeating: "a", count: 100))))),
  Tolerance(
    what: "rubbish behind a response's id", id: .submitSMResp,
    body: "'42' 00 02 04 00 02 00 07 04 24 FF FF 01",
    taken: .submitSMResp(SubmitSMResp(messageID: "42", tlvs: reference))),
  Tolerance(what: "deliver_sm_resp of a header", id: .deliverSMResp, body: "", taken: .deliverSMResp(nil)),
  Tolerance(
    what: "deliver_sm_resp with an id", id: .deliverSMResp, body: "'9' 00",
    taken: .deliverSMResp(SubmitSMResp(messageID: "9"))),
  Tolerance(
    what: "bind_resp of a header, no error", id: .bindTransceiverResp, body: "",
    taken: .bindResp(.transceiver, nil)),
  Tolerance(
    what: "bind_resp without sc_interface_version", id: .bindTransceiverResp, body: "'s' 00",
    taken: .bindResp(.transceiver, BindResp(systemID: "s"))),
  Tolerance(
    what: "bind_resp whose system_id has no NUL", id: .bindTransceiverResp, body: "'smsc'",
    taken: .bindResp(.transceiver, BindResp(systemID: "smsc"))),
  Tolerance(
    what: "query_sm_resp of rubbish beside an error", id: .querySMResp, status: .ESME_RQUERYFAIL, body: "00",
    taken: .querySMResp(nil)),
  Tolerance(
    what: "query_sm_resp without error_code", id: .querySMResp, body: "'1' 00 00 02",
    taken: .querySMResp(QuerySMResp(messageID: "1", messageState: .delivered))),
  Tolerance(
    what: "submit_multi_resp without no_unsuccess", id: .submitMultiResp, body: "'1' 00",
    taken: .submitMultiResp(SubmitMultiResp(messageID: "1"))),
  Tolerance(
    what: "submit_multi_resp cut short beside an error", id: .submitMultiResp, status: .ESME_RSUBMITFAIL,
    body: "'1' 00 05 01", taken: .submitMultiResp(nil)),
  Tolerance(what: "enquire_link_resp with a body", id: .enquireLinkResp, body: "00", taken: .enquireLinkResp),
  Tolerance(what: "enquire_link with a body", id: .enquireLink, body: "'ping'", taken: .enquireLink),
  Tolerance(what: "unbind with a body", id: .unbind, body: "00", taken: .unbind),
  Tolerance(what: "generic_nack with a body", id: .genericNack, body: "00 00", taken: .genericNack),

  // Binds.
  Tolerance(
    what: "interface_version 34 in decimal", id: .bindReceiver, body: "'a' 00 'b' 00 00 22 00 00 00",
    taken: .bind(.receiver, Bind(systemID: "a", password: "b", interfaceVersion: 34))),
  Tolerance(
    what: "interface_version 5.0", id: .bindReceiver, body: "'a' 00 'b' 00 00 50 00 00 00",
    taken: .bind(.receiver, Bind(systemID: "a", password: "b", interfaceVersion: 0x50))),
  Tolerance(
    what: "a password of 9 characters", id: .bindReceiver, body: "'a' 00 '123456789' 00 00 34 00 00 00",
    taken: .bind(.receiver, Bind(systemID: "a", password: "123456789"))),
  Tolerance(
    what: "a system_id of 16 characters", id: .bindReceiver, body: "'1234567890123456' 00 00 00 34 00 00 00",
    taken: .bind(.receiver, Bind(systemID: "1234567890123456"))),
  Tolerance(
    what: "no address_range", id: .bindReceiver, body: "'a' 00 'b' 00 00 34 00 00",
    taken: .bind(.receiver, Bind(systemID: "a", password: "b"))),
  Tolerance(
    what: "an address_range without its NUL", id: .bindReceiver, body: "'a' 00 'b' 00 00 34 00 00 '^1'",
    taken: .bind(.receiver, Bind(systemID: "a", password: "b", addressRange: "^1"))),
  Tolerance(
    what: "outbind whose password has no NUL", id: .outbind, body: "'a' 00 'b'",
    taken: .outbind(Outbind(systemID: "a", password: "b"))),
  Tolerance(
    what: "query_sm whose address has no NUL", id: .querySM, body: "'q' 00 01 01 '15'",
    taken: .querySM(QuerySM(messageID: "q", source: Address(ton: 1, npi: 1, digits: "15")))),

  // What follows short_message.
  Tolerance(
    what: "a NUL after the text", id: .deliverSM, body: "\(head) 02 'hi' 00", taken: deliver(Array("hi".utf8))
  ),
  Tolerance(
    what: "seven NULs after the text", id: .deliverSM, body: "\(head) 02 'hi' 00 00 00 00 00 00 00",
    taken: deliver(Array("hi".utf8))),
  Tolerance(
    what: "a NUL between text and optional parameters", id: .deliverSM,
    body: "\(head) 02 'hi' 00 02 04 00 02 00 07", taken: deliver(Array("hi".utf8), reference)),
  Tolerance(
    what: "two NULs between text and optional parameters", id: .deliverSM,
    body: "\(head) 02 'hi' 00 00 02 04 00 02 00 07", taken: deliver(Array("hi".utf8), reference)),
  Tolerance(
    what: "an octet after the last optional parameter", id: .deliverSM,
    body: "\(head) 02 'hi' 02 04 00 02 00 07 FF", taken: deliver(Array("hi".utf8), reference)),
  Tolerance(
    what: "sm_length one too small", id: .deliverSM, body: "\(head) 01 'hi'", taken: deliver(Array("hi".utf8))
  ),
  Tolerance(
    what: "sm_length one too small before optional parameters", id: .deliverSM,
    body: "\(head) 01 'hi' 02 04 00 02 00 07", taken: deliver(Array("hi".utf8), reference)),
  Tolerance(
    what: "sm_length one too small in UCS-2 whose last octet is zero", id: .deliverSM,
    body: "\(ucs2Head) 01 01 00", taken: deliver([1, 0], dataCoding: 8)),
  Tolerance(
    what: "two octets of no meaning after the text", id: .deliverSM, body: "\(head) 02 'hi' 0D 0A",
    taken: deliver(Array("hi".utf8))),
  Tolerance(
    what: "NULs within the text", id: .deliverSM, body: "\(head) 04 00 'a' 00 00",
    taken: deliver([0, 0x61, 0, 0])),
  Tolerance(
    what: "an sm_length of 255", id: .deliverSM, body: "\(head) FF '\(String(repeating: "x", count: 255))'",
    taken: deliver([UInt8](repeating: 0x78, count: 255))),
  Tolerance(
    what: "a validity_period of another form in deliver_sm", id: .deliverSM,
    body: "00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 'soon' 00 00 00 00 00 00",
    taken: .deliverSM(
      DeliverSM(source: Address(digits: "1"), destination: Address(digits: "2"), validityPeriod: "soon"))),
  Tolerance(
    what: "an address of 21 digits", id: .deliverSM,
    body: "00 00 00 '123456789012345678901' 00 00 00 '2' 00 00 00 00 00 00 00 00 00 00 00",
    taken: .deliverSM(
      DeliverSM(source: Address(digits: "123456789012345678901"), destination: Address(digits: "2")))),
  Tolerance(
    what: "octets after replace_sm's text", id: .replaceSM, body: "'r' 00 00 00 00 00 00 00 00 01 'x' 00 00",
    taken: .replaceSM(ReplaceSM(messageID: "r", shortMessage: [0x78]))),

  // Optional parameters.
  Tolerance(
    what: "text in message_payload with sm_length 0", id: .deliverSM, body: "\(head) 00 04 24 00 02 'hi'",
    taken: deliver([], [TLV(tag: .messagePayload, value: Array("hi".utf8))])),
  Tolerance(
    what: "text in both places", id: .deliverSM, body: "\(head) 01 'a' 04 24 00 02 'hi'",
    taken: deliver([0x61], [TLV(tag: .messagePayload, value: Array("hi".utf8))])),
  Tolerance(
    what: "vendors' and unknown parameters, in order", id: .deliverSM,
    body: "\(head) 00 14 01 00 03 'abc' 14 00 00 00 06 00 00 01 FF 14 01 00 01 00",
    taken: deliver(
      [],
      [
        TLV(tag: TLVTag(rawValue: 0x1401), value: Array("abc".utf8)),
        TLV(tag: TLVTag(rawValue: 0x1400), value: []),
        TLV(tag: TLVTag(rawValue: 0x0600), value: [0xFF]), TLV(tag: TLVTag(rawValue: 0x1401), value: [0]),
      ])),
  Tolerance(
    what: "receipted_message_id without its NUL", id: .deliverSM, body: "\(head) 00 00 1E 00 03 'abc'",
    taken: deliver([], [TLV(tag: .receiptedMessageID, value: Array("abc".utf8))])),
  Tolerance(
    what: "an integer wider than specified", id: .deliverSM, body: "\(head) 00 04 27 00 04 00 00 00 02",
    taken: deliver([], [TLV(tag: .messageState, value: [0, 0, 0, 2])])),
  Tolerance(
    what: "a message_state nobody knows", id: .deliverSM, body: "\(head) 00 04 27 00 01 63",
    taken: deliver([], [TLV(tag: .messageState, value: [0x63])])),
  Tolerance(
    what: "a network_error_code of four octets", id: .deliverSM,
    body: "\(head) 01 'a' 04 23 00 04 03 00 00 05",
    taken: deliver([0x61], [TLV(tag: .networkErrorCode, value: [3, 0, 0, 5])])),
  Tolerance(
    what: "sar_total_segments of no octets", id: .deliverSM, body: "\(head) 01 'a' 02 0E 00 00",
    taken: deliver([0x61], [TLV(tag: .sarTotalSegments, value: [])])),
  Tolerance(
    what: "an integer that does not fit", id: .deliverSM,
    body: "\(head) 01 'a' 02 0E 00 02 01 02 02 04 00 02 00 07",
    taken: deliver(
      [0x61],
      [TLV(tag: .sarTotalSegments, value: [1, 2]), TLV(tag: .userMessageReference, value: [0, 7])])),
  Tolerance(
    what: "a receipted_message_id of 66 octets", id: .deliverSM,
    body: "\(head) 00 00 1E 00 42 '\(String(repeating: "a", count: 66))'",
    taken: deliver([], [TLV(tag: .receiptedMessageID, value: Array(repeating: 0x61, count: 66))])),
]

@Test(arguments: tolerances)
func whatPeersAreKnownToSendIsTaken(_ tolerance: Tolerance) {
  let taken = PDU(status: tolerance.status, sequence: 1, body: tolerance.taken)
  #expect(PDU.decode(tolerance.octets) == .pdu(taken))
  #expect(PDU.decode(taken.encoded) == .pdu(taken))
}

@Test func aParameterOfAWrongLengthIsKeptAndReadsAsNothing() {
  let odd: TLVs = [
    TLV(tag: .networkErrorCode, value: [3, 0, 0, 5]), TLV(tag: .sarTotalSegments, value: [1, 2]),
    TLV(tag: .sarSegmentSeqnum, value: []),
    TLV(tag: .receiptedMessageID, value: Array(repeating: 0x61, count: 66)),
    TLV(tag: .messageState, value: [2]),
  ]
  #expect(odd.networkErrorCode == nil)
  #expect(odd.sarTotalSegments == nil && odd.sarSegmentSeqnum == nil)
  #expect(odd.receiptedMessageID == nil)
  #expect(odd.messageState == 2)
  #expect(odd[.networkErrorCode] == [3, 0, 0, 5])
}

@Test func theTextIsOneViewOverBothPlaces() {
  let payload = DeliverSM(
    esmClass: ESMClass.udhIndicator, tlvs: [TLV(tag: .messagePayload, value: [5, 0, 3, 1, 2, 1])])
  #expect(payload.textOctets == [5, 0, 3, 1, 2, 1])
  #expect(!payload.hasTwoTexts)
  #expect(DeliverSM(shortMessage: [1], tlvs: payload.tlvs).textOctets == [1])
  #expect(DeliverSM(shortMessage: [1], tlvs: payload.tlvs).hasTwoTexts)
  #expect(DeliverSM().textOctets.isEmpty)
}

@Test func longFieldsAreTakenOnlyWhereTheyAreAllowed() {
  let long = COctetString(String(repeating: "p", count: 200))
  let bind = PDU(sequence: 1, body: .bind(.transceiver, Bind(systemID: "a", password: long)))
  #expect(PDU.decode(bind.encoded, options: .longFields) == .pdu(bind))
  guard case .refused(_, .ESME_RINVPASWD, _) = PDU.decode(bind.encoded) else {
    Issue.record("a password of 200 octets was taken")
    return
  }
}
