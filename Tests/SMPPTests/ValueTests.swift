import SMPP
import Testing

@Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 22, 23, 24, 65, 255])
func aCOctetStringHoldsItsOctetsWhateverItsLength(_ count: Int) {
  let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 255 + 1) }
  let string = COctetString(octets: octets)
  #expect(string.octets == octets)
  #expect(string.count == count)
  #expect(string.isEmpty == (count == 0))
  #expect(string.withOctets { Array($0) } == octets)
  #expect(Array(string.string.unicodeScalars.map(\.value)) == octets.map(UInt32.init))
  #expect(string == COctetString(octets: octets.lazy.map { $0 }))
  #expect(string.hashValue == COctetString(octets: octets).hashValue)
  #expect(string != COctetString(octets: octets + [1]))
}

@Test func aCOctetStringEndsAtANULAndTakesWordsOfNoCells() {
  #expect(COctetString(octets: [0x41, 0, 0x42]) == "A")
  #expect(COctetString("18885550100").description == "18885550100")
  #expect(COctetString(octets: [0xE9, 0x41]).string == "\u{E9}A")
  #expect(MemoryLayout<COctetString>.size == 24)
}

@Test func theHotValuesStaySmall() {
  #expect(MemoryLayout<SubmitSM>.size <= 32)
  #expect(MemoryLayout<PDU>.size <= 48)
}

@Test func everyCommandOfTheSpecificationHasItsName() {
  #expect(CommandID.all.count == 27)
  #expect(Set(CommandID.all.map(\.id)).count == 27)
  #expect(CommandID.submitSM.name == "submit_sm")
  #expect(CommandID(rawValue: 0x8000_0103).name == "data_sm_resp")
  #expect(CommandID(rawValue: 0x0112).name == "0x00000112")
  for (id, _) in CommandID.all where !id.isResponse && id != .outbind && id != .alertNotification {
    #expect(id.response?.request == id)
  }
}

@Test func everyStatusOfTheSpecificationHasItsNameAndOthersSurvive() {
  #expect(CommandStatus.all.count == 48)
  #expect(Set(CommandStatus.all.map(\.status)).count == 48)
  for (status, name) in CommandStatus.all {
    #expect(status.name == "\(name)")
    #expect(CommandStatus(name: status.name) == status)
  }
  #expect(CommandStatus(rawValue: 0x58).name == "ESME_RTHROTTLED")
  #expect(CommandStatus(rawValue: 0x412).name == "0x00000412")
  #expect(CommandStatus(name: "0x00000412")?.rawValue == 0x412)
  #expect(CommandStatus(name: "ESME_RNOSUCH") == nil)
}

@Test func everyOptionalParameterOfTheSpecificationHasItsNameAndForm() {
  #expect(TLVTag.all.count == 44)
  #expect(Set(TLVTag.all.map(\.tag)).count == 44)
  #expect(TLVTag.all.allSatisfy { $0.tag.isKnown })
  #expect(TLVTag(rawValue: 0x0427).name == "message_state")
  #expect(TLVTag(rawValue: 0x0010).form == .integer(octets: 1))
  #expect(TLVTag(rawValue: 0x1400).name == "0x1400")
  #expect(TLVTag(rawValue: 0x1400).isVendor && !TLVTag(rawValue: 0x1400).isKnown)
}

@Test func optionalParametersAreReadAndWrittenByName() {
  var tlvs = TLVs()
  tlvs.userMessageReference = 0xABCD
  tlvs.qosTimeToLive = 3600
  tlvs.messageState = 2
  tlvs.receiptedMessageID = "abc"
  tlvs.networkErrorCode = NetworkErrorCode(networkType: 3, code: 0x0102)
  tlvs.alertOnMessageDelivery = true
  tlvs.append(TLVTag(rawValue: 0x1401), [9])
  #expect(
    tlvs
      == [
        TLV(tag: .userMessageReference, value: [0xAB, 0xCD]),
        TLV(tag: .qosTimeToLive, value: [0, 0, 0x0E, 0x10]),
        TLV(tag: .messageState, value: [2]), TLV(tag: .receiptedMessageID, value: Array("abc\0".utf8)),
        TLV(tag: .networkErrorCode, value: [3, 1, 2]), TLV(tag: .alertOnMessageDelivery, value: []),
        TLV(tag: TLVTag(rawValue: 0x1401), value: [9]),
      ])
  #expect(tlvs.userMessageReference == 0xABCD)
  #expect(tlvs.qosTimeToLive == 3600)
  #expect(tlvs.networkErrorCode?.code == 0x0102)
  #expect(tlvs.alertOnMessageDelivery)
  #expect(tlvs.sarMsgRefNum == nil)
  tlvs.userMessageReference = nil
  tlvs.alertOnMessageDelivery = false
  tlvs.messageState = 8
  #expect(tlvs.map(\.tag.rawValue) == [0x0017, 0x001E, 0x0423, 0x1401, 0x0427])
  #expect(tlvs.encodedLength == 8 + 8 + 7 + 5 + 5)
}

@Test func anIntegerIsReadWhateverItsWidthAndAStringWithOrWithoutItsNUL() {
  #expect(([TLV(tag: .messageState, value: [0, 0, 5])] as TLVs).messageState == 5)
  #expect(([TLV(tag: .messageState, value: [1, 5])] as TLVs).messageState == nil)
  #expect(([TLV(tag: .userMessageReference, value: [7])] as TLVs).userMessageReference == 7)
  #expect(([TLV(tag: .userMessageReference, value: [])] as TLVs).userMessageReference == nil)
  #expect(([TLV(tag: .receiptedMessageID, value: Array("ab".utf8))] as TLVs).receiptedMessageID == "ab")
  #expect(([TLV(tag: .networkErrorCode, value: [3, 1])] as TLVs).networkErrorCode == nil)
}

@Test func aParameterMayRepeat() {
  let tlvs: TLVs = [
    TLV(tag: .callbackNum, value: [1, 1, 1, 0x35]), TLV(tag: .callbackNumPresInd, value: [0]),
    TLV(tag: .callbackNum, value: [1, 1, 1, 0x36]),
  ]
  #expect(tlvs.values(of: .callbackNum) == [[1, 1, 1, 0x35], [1, 1, 1, 0x36]])
  #expect(tlvs.callbackNum == [1, 1, 1, 0x35])
}

@Test func theParametersOfAMessageStandAlone() {
  let message = SubmitSM(
    source: Address(digits: "123"), shortMessage: [1, 2, 3], tlvs: [TLV(tag: .sourcePort, value: [0, 9])])
  var tlvs = message.tlvs
  #expect(tlvs == [TLV(tag: .sourcePort, value: [0, 9])])
  #expect(tlvs.hashValue == ([TLV(tag: .sourcePort, value: [0, 9])] as TLVs).hashValue)
  #expect(tlvs.encodedLength == 6)
  tlvs.destinationPort = 7
  #expect(tlvs.map(\.tag) == [.sourcePort, .destinationPort])
  #expect(message.tlvs.count(where: { _ in true }) == 1)
}

@Test func aValueOver65535OctetsIsCutThereAndTheOthersStay() {
  var tlvs = TLVs()
  tlvs.append(.messagePayload, [UInt8](repeating: 1, count: 70_000))
  tlvs.append(.sourcePort, [0, 1])
  #expect(tlvs.messagePayload?.count == 65_535)
  #expect(tlvs.sourcePort == 1)
}

@Test func aMessagesFinalStatesAreTheOnesItNeverLeaves() {
  let final = (UInt8(0)...10).map(MessageState.init(rawValue:)).filter(\.isFinal)
  #expect(final == [.delivered, .expired, .deleted, .undeliverable, .accepted, .rejected])
}
