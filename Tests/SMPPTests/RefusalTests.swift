import SMPP
import Testing

private struct Refusal: CustomTestStringConvertible, Sendable {
  var what: String
  var id: CommandID
  var status: CommandStatus
  /// As `Vector.body`.
  var body: String
  var error: PDUError

  var testDescription: String { what }

  init(_ what: String, _ id: CommandID, _ body: String, _ status: CommandStatus, _ error: PDUError) {
    (self.what, self.id, self.body, self.status, self.error) = (what, id, body, status, error)
  }
}

private let head = "00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 00 00 00 00 00"

private let refusals: [Refusal] = [
  Refusal(
    "a command of no version", CommandID(rawValue: 0x0104), "", .ESME_RINVCMDID,
    PDUError(.unknownCommand, .commandID, offset: 4)),
  Refusal(
    "SMPP 5.0's broadcast_sm", CommandID(rawValue: 0x0111), "00", .ESME_RINVCMDID,
    PDUError(.unknownCommand, .commandID, offset: 4)),
  Refusal(
    "a response of no version", CommandID(rawValue: 0x8000_0104), "", .ESME_RINVCMDID,
    PDUError(.unknownCommand, .commandID, offset: 4)),
  Refusal(
    "a bind of a header", .bindTransceiver, "", .ESME_RINVCMDLEN, PDUError(.truncated, .systemID, offset: 16)),
  Refusal(
    "a system_id without end", .bindTransceiver, "'\(String(repeating: "a", count: 60))'", .ESME_RINVSYSID,
    PDUError(.tooLong, .systemID, offset: 16)),
  Refusal(
    "a password of 10", .bindTransceiver, "'a' 00 '1234567890' 00 00 34 00 00 00", .ESME_RINVPASWD,
    PDUError(.tooLong, .password, offset: 18)),
  Refusal(
    "a system_type of 14", .bindTransceiver, "00 00 '12345678901234' 00 34 00 00 00", .ESME_RINVSYSTYP,
    PDUError(.tooLong, .systemType, offset: 18)),
  Refusal(
    "a submit_sm of a header", .submitSM, "", .ESME_RINVCMDLEN, PDUError(.truncated, .serviceType, offset: 16)
  ),
  Refusal(
    "a service_type of 7", .submitSM, "'1234567' 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    .ESME_RINVSERTYP, PDUError(.tooLong, .serviceType, offset: 16)),
  Refusal(
    "a source address of 22", .submitSM, "00 01 01 '1234567890123456789012' 00 01 01 '2' 00 00 00 00",
    .ESME_RINVSRCADR, PDUError(.tooLong, .sourceAddress, offset: 19)),
  Refusal(
    "a destination address of 22", .submitSM, "00 01 01 '1' 00 01 01 '1234567890123456789012' 00 00 00 00",
    .ESME_RINVDSTADR, PDUError(.tooLong, .destinationAddress, offset: 23)),
  Refusal(
    "a schedule_delivery_time of 3", .submitSM,
    "00 00 00 '1' 00 00 00 '2' 00 00 00 00 '123' 00 00 00 00 00 00 00",
    .ESME_RINVSCHED, PDUError(.wrongLength, .scheduleDeliveryTime, offset: 28)),
  Refusal(
    "a validity_period of 15", .submitSM,
    "00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 '123456789012345' 00 00 00 00 00 00", .ESME_RINVEXPIRY,
    PDUError(.wrongLength, .validityPeriod, offset: 29)),
  Refusal(
    "an sm_length beyond the PDU", .submitSM, "\(head) 03 'hi'", .ESME_RINVMSGLEN,
    PDUError(.truncated, .shortMessage, offset: 35)),
  Refusal(
    "an sm_length of 255 in a small PDU", .deliverSM, "\(head) FF 'hi'", .ESME_RINVMSGLEN,
    PDUError(.truncated, .shortMessage, offset: 35)),
  Refusal("no sm_length", .submitSM, head, .ESME_RINVCMDLEN, PDUError(.truncated, .smLength, offset: 34)),
  Refusal(
    "an optional parameter whose value is cut", .deliverSM, "\(head) 02 'hi' 02 04 00 02 00",
    .ESME_RINVOPTPARSTREAM,
    PDUError(.truncated, .optionalParameters, offset: 37)),
  Refusal(
    "a second optional parameter whose value is cut", .deliverSM,
    "\(head) 00 02 04 00 02 00 07 04 24 00 09 'x'",
    .ESME_RINVOPTPARSTREAM, PDUError(.truncated, .optionalParameters, offset: 41)),
  Refusal(
    "a data_sm whose parameter is cut", .dataSM, "00 00 00 '1' 00 00 00 '2' 00 00 00 00 04 24 FF FF 'x'",
    .ESME_RINVOPTPARSTREAM, PDUError(.truncated, .optionalParameters, offset: 28)),
  Refusal(
    "a submit_multi to nobody", .submitMulti, "00 00 00 '1' 00 00 00 00", .ESME_RINVNUMDESTS,
    PDUError(.wrongValue, .numberOfDests, offset: 21)),
  Refusal(
    "a submit_multi to 255", .submitMulti, "00 00 00 '1' 00 FF 00 00", .ESME_RINVNUMDESTS,
    PDUError(.wrongValue, .numberOfDests, offset: 21)),
  Refusal(
    "a dest_flag of 3", .submitMulti, "00 00 00 '1' 00 01 03 00 00 00", .ESME_RINVDESTFLAG,
    PDUError(.wrongValue, .destFlag, offset: 22)),
  Refusal(
    "a dl_name of 22", .submitMulti, "00 00 00 '1' 00 01 02 '1234567890123456789012' 00", .ESME_RINVDLNAME,
    PDUError(.tooLong, .dlName, offset: 23)),
  Refusal(
    "fewer destinations than number_of_dests", .submitMulti, "00 00 00 '1' 00 09 02 'x' 00", .ESME_RINVCMDLEN,
    PDUError(.truncated, .destFlag, offset: 25)),
  Refusal(
    "a message_id of 66", .querySM, "'\(String(repeating: "a", count: 66))' 00 00 00 00", .ESME_RINVMSGID,
    PDUError(.tooLong, .messageID, offset: 16)),
  Refusal(
    "a query_sm_resp that says nothing", .querySMResp, "'1' 00 00", .ESME_RINVCMDLEN,
    PDUError(.truncated, .messageState, offset: 19)),
]

@Test(arguments: refusals)
private func whatIsWrongIsRefusedWithTheStatusOfTheSpecification(_ refusal: Refusal) {
  let octets = Tolerance(what: "", id: refusal.id, body: refusal.body, taken: .unbind).octets
  let header = PDUHeader(
    commandLength: UInt32(octets.count), commandID: refusal.id, status: .ESME_ROK, sequence: 1)
  #expect(PDU.decode(octets) == .refused(header, refusal.status, refusal.error))
}

/// Fields that nobody uses, and an address that nobody can answer, are no reason to refuse a text.
@Test(arguments: [
  "'12345678' 00 00 00 '1' 00 00 00 '2' 00 00 00 00 00 00 00 00 00 00 02 'hi'",
  "00 01 01 '1234567890123456789012345' 00 00 00 '2' 00 00 00 00 00 00 00 00 00 00 02 'hi'",
  "00 00 00 '1' 00 01 01 '1234567890123456789012345' 00 00 00 00 00 00 00 00 00 00 02 'hi'",
  "00 00 00 '1' 00 00 00 '2' 00 00 00 00 '123' 00 '12345678901234567890' 00 00 00 00 00 02 'hi'",
]) func aDeliverSMIsTakenWhateverItsUnusedFieldsHold(body: String) throws {
  let octets = Tolerance(what: "", id: .deliverSM, body: body, taken: .unbind).octets
  guard case .pdu(let pdu) = PDU.decode(octets), case .deliverSM(let message) = pdu.body else {
    Issue.record("refused")
    return
  }
  #expect(message.shortMessage == Array("hi".utf8))
}

@Test func aRefusalIsTheResponseOrAGenericNackAndNeverAnswersAResponse() {
  func refused(_ id: CommandID) -> CommandID? {
    PDU.refusal(
      of: PDUHeader(commandLength: 99, commandID: id, status: .ESME_ROK, sequence: 0x9000_0000),
      status: .ESME_RINVCMDLEN)?.commandID
  }
  #expect(refused(.submitSM) == .submitSMResp)
  #expect(refused(.bindTransceiver) == .bindTransceiverResp)
  #expect(refused(.enquireLink) == .enquireLinkResp)
  #expect(refused(CommandID(rawValue: 0x0111)) == .genericNack)
  for id in CommandID.all.map(\.id) where id.isResponse { #expect(refused(id) == nil) }
  #expect(refused(.outbind) == nil)
  #expect(refused(.alertNotification) == nil)
  #expect(refused(CommandID(rawValue: 0x8000_0111)) == nil)
}

@Test func errorsSayTheFieldAndThePlaceAndNothingElse() {
  let error = PDUError(.wrongValue, .optionalParameter, offset: 35, tag: .messagePayload)
  #expect("\(error)" == "optional parameter message_payload at octet 35 has a value it cannot have")
  #expect("\(PDUError(.truncated, .sourceAddress, offset: 17))" == "source_addr is cut off at octet 17")
}

@Test func whatTheFieldsCannotHoldIsRefusedBeforeItIsSent() {
  let long = COctetString(String(repeating: "a", count: 300))
  let bodies: [(PDU.Body, PDUField)] = [
    (.bind(.receiver, Bind(systemID: long)), .systemID),
    (.outbind(Outbind(systemID: "a", password: long)), .password),
    (.submitSM(SubmitSM(serviceType: long)), .serviceType),
    (.submitSM(SubmitSM(source: Address(digits: long))), .sourceAddress),
    (.submitSM(SubmitSM(validityPeriod: "soon")), .validityPeriod),
    (.submitSM(SubmitSM(shortMessage: [UInt8](repeating: 0, count: 255))), .shortMessage),
    (.submitMulti(SubmitMulti(destinations: [])), .numberOfDests),
    (.submitMulti(SubmitMulti(destinations: [.distributionList(long)])), .dlName),
    (.dataSM(DataSM(destination: Address(digits: long))), .destinationAddress),
    (.querySM(QuerySM(messageID: long)), .messageID),
    (.replaceSM(ReplaceSM(messageID: "a", shortMessage: [UInt8](repeating: 0, count: 300))), .shortMessage),
    (.submitSMResp(SubmitSMResp(messageID: long)), .messageID),
  ]
  for (body, field) in bodies {
    let pdu = PDU(sequence: 1, body: body)
    let error = #expect(throws: PDUError.self) { try pdu.validate() }
    #expect(error?.field == field)
    // Sent all the same, it keeps the framing.
    let octets = pdu.encoded
    #expect(octets.count == pdu.encodedLength)
    #expect(octets.withUnsafeBytes { Framing.next($0) } == .frame(octets.count))
  }
}
