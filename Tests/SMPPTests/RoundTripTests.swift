import SMPP
import Testing

@Test(arguments: CommandID.all.map(\.id))
func everyPDUComesBackAsItWasSent(_ id: CommandID) throws {
  var random = RandomPDU(seed: UInt64(id.rawValue))
  for _ in 0..<60 {
    let made = random.pdu(id)
    let pdu = try #require(made)
    try pdu.validate()
    let octets = pdu.encoded
    guard pdu.commandID == id, octets.count == pdu.encodedLength, PDU.decode(octets) == .pdu(pdu) else {
      Issue.record("\(pdu) came back as \(PDU.decode(octets))")
      return
    }
  }
}

@Test func theWaysToEncodeAgree() {
  var random = RandomPDU(seed: 1)
  for sequence in UInt32(1)...50 {
    let message = random.message()
    var direct: [UInt8] = []
    message.encode(sequence: sequence, into: &direct)
    #expect(direct == PDU(sequence: sequence, body: .submitSM(message)).encoded)
    message.encode(as: .deliverSM, sequence: sequence, into: &direct)
    #expect(
      direct.suffix(direct.count / 2) == PDU(sequence: sequence, body: .deliverSM(message)).encoded[...])

    let response = SubmitSMResp(messageID: random.string(size: 65), tlvs: random.tlvs())
    var answer: [UInt8] = []
    response.encode(as: .deliverSMResp, status: .ESME_RX_T_APPN, sequence: sequence, into: &answer)
    #expect(
      answer == PDU(status: .ESME_RX_T_APPN, sequence: sequence, body: .deliverSMResp(response)).encoded)

    var header: [UInt8] = []
    PDUHeader(commandLength: 16, commandID: .submitSMResp, status: .ESME_RTHROTTLED, sequence: sequence)
      .encode(into: &header)
    #expect(
      header == PDU(status: .ESME_RTHROTTLED, sequence: sequence, body: .submitSMResp(nil)).encoded)
  }
}

@Test func aHeaderIsReadWithoutTheBody() throws {
  let octets = PDU(
    status: .ESME_RTHROTTLED, sequence: 0xFFFF_FFFF, body: .submitSMResp(SubmitSMResp(messageID: "1"))
  )
  .encoded
  octets.withUnsafeBytes {
    #expect(
      PDUHeader(peeking: $0)
        == PDUHeader(
          commandLength: 18, commandID: .submitSMResp, status: .ESME_RTHROTTLED, sequence: 0xFFFF_FFFF))
    #expect(PDUHeader(peeking: UnsafeRawBufferPointer(rebasing: $0.prefix(15))) == nil)
  }
}

@Test func everyFieldOfAMessageCanBeChangedAndNothingElseChanges() {
  var random = RandomPDU(seed: 2)
  for _ in 0..<100 {
    let from = random.message()
    let to = random.message()
    var message = from
    message.serviceType = to.serviceType
    #expect(message.source == from.source && message.shortMessage == from.shortMessage)
    message.validityPeriod = to.validityPeriod
    #expect(message.scheduleDeliveryTime == from.scheduleDeliveryTime && message.tlvs == from.tlvs)
    message.shortMessage = to.shortMessage
    #expect(message.destination == from.destination && message.tlvs == from.tlvs)
    message.tlvs = to.tlvs
    message.source = to.source
    message.destination = to.destination
    message.scheduleDeliveryTime = to.scheduleDeliveryTime
    #expect(message.esmClass == from.esmClass && message.smDefaultMsgID == from.smDefaultMsgID)
    message.esmClass = to.esmClass
    message.protocolID = to.protocolID
    message.priorityFlag = to.priorityFlag
    message.registeredDelivery = to.registeredDelivery
    message.replaceIfPresentFlag = to.replaceIfPresentFlag
    message.dataCoding = to.dataCoding
    message.smDefaultMsgID = to.smDefaultMsgID
    guard message == to else {
      Issue.record("\(from) changed to \(message), not to \(to)")
      return
    }
  }
}

@Test func aTextThatSmLengthCannotCountBecomesMessagePayload() {
  let text = [UInt8](repeating: 0x41, count: 256)
  var message = SubmitSM(shortMessage: text, tlvs: [TLV(tag: .sourcePort, value: [0, 1])])
  #expect(message.shortMessage.isEmpty)
  #expect(message.tlvs.messagePayload == text)
  #expect(message.tlvs.sourcePort == 1)
  #expect(message.textOctets == text)
  #expect(!message.hasTwoTexts)
  #expect(
    PDU.decode(PDU(sequence: 1, body: .submitSM(message)).encoded)
      == .pdu(PDU(sequence: 1, body: .submitSM(message))))
  message.tlvs.messagePayload = nil
  message.shortMessage = text
  #expect(message.textOctets == text)
  message.shortMessage = [1]
  #expect(message.hasTwoTexts)
  #expect(message.textOctets == [1])
}
