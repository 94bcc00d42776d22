import SMPP
import Testing

/// A PDU, its octets by the section that lays it out, the variable fields written as text.
struct Vector: CustomTestStringConvertible, Sendable {
  var section: String
  var pdu: PDU
  /// The body in hexadecimal; 'text' stands for its octets.
  var body: String

  var testDescription: String { "\(section) \(pdu.commandID)" }

  var octets: [UInt8] {
    var body: [UInt8] = []
    for (index, part) in self.body.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 1 {
        body += Array(part.utf8)
      } else {
        body += part.split(separator: " ").compactMap { UInt8($0, radix: 16) }
      }
    }
    let words = [UInt32(16 + body.count), pdu.commandID.rawValue, pdu.status.rawValue, pdu.sequence]
    return words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } } + body
  }

  /// One of every PDU of the specification.
  static let all: [Vector] = [
    Vector(
      section: "4.1.1",
      pdu: PDU(
        sequence: 1,
        body: .bind(
          .transmitter,
          Bind(systemID: "SMPP3TEST", password: "secret08", systemType: "SUBMIT1", addrTON: 1, addrNPI: 1))),
      body: "'SMPP3TEST' 00 'secret08' 00 'SUBMIT1' 00 34 01 01 00"),
    Vector(
      section: "4.1.2",
      pdu: PDU(
        sequence: 1,
        body: .bindResp(
          .transmitter, BindResp(systemID: "SMSC", tlvs: [TLV(tag: .scInterfaceVersion, value: [0x34])]))),
      body: "'SMSC' 00 02 10 00 01 34"),
    Vector(
      section: "4.1.3",
      pdu: PDU(
        sequence: 2,
        body: .bind(
          .receiver,
          Bind(systemID: "a", password: "b", systemType: "c", interfaceVersion: 0x33, addressRange: "^1"))),
      body: "'a' 00 'b' 00 'c' 00 33 00 00 '^1' 00"),
    Vector(
      section: "4.1.4", pdu: PDU(sequence: 2, body: .bindResp(.receiver, BindResp(systemID: ""))), body: "00"),
    Vector(
      section: "4.1.5", pdu: PDU(sequence: 3, body: .bind(.transceiver, Bind(systemID: "a"))),
      body: "'a' 00 00 00 34 00 00 00"),
    Vector(
      section: "4.1.6", pdu: PDU(status: .ESME_RINVPASWD, sequence: 3, body: .bindResp(.transceiver, nil)),
      body: ""),
    Vector(
      section: "4.1.7", pdu: PDU(sequence: 4, body: .outbind(Outbind(systemID: "smsc", password: "pw"))),
      body: "'smsc' 00 'pw' 00"),
    Vector(section: "4.2.1", pdu: PDU(sequence: 5, body: .unbind), body: ""),
    Vector(section: "4.2.2", pdu: PDU(sequence: 5, body: .unbindResp), body: ""),
    Vector(section: "4.3.1", pdu: PDU(status: .ESME_RINVCMDID, sequence: 6, body: .genericNack), body: ""),
    Vector(
      section: "4.4.1",
      pdu: PDU(
        sequence: 7,
        body: .submitSM(
          SubmitSM(
            serviceType: "CMT", source: Address(ton: 1, npi: 1, digits: "18885550100"),
            destination: Address(ton: 2, npi: 8, digits: "4155550123"), esmClass: 3, protocolID: 4,
            priorityFlag: 2,
            scheduleDeliveryTime: "261122031500004+", validityPeriod: "000002000000000R",
            registeredDelivery: 1,
            replaceIfPresentFlag: 1, dataCoding: 8, smDefaultMsgID: 9,
            shortMessage: [0x04, 0x1F, 0x00, 0x40],
            tlvs: [TLV(tag: .userMessageReference, value: [0, 7])]))),
      body: "'CMT' 00 01 01 '18885550100' 00 02 08 '4155550123' 00 03 04 02 '261122031500004+' 00 "
        + "'000002000000000R' 00 01 01 08 09 04 04 1F 00 40 02 04 00 02 00 07"),
    Vector(
      section: "4.4.2", pdu: PDU(sequence: 7, body: .submitSMResp(SubmitSMResp(messageID: "0012-aF"))),
      body: "'0012-aF' 00"),
    Vector(
      section: "4.5.1",
      pdu: PDU(
        sequence: 8,
        body: .submitMulti(
          SubmitMulti(
            source: Address(digits: "1"),
            destinations: [.sme(Address(ton: 1, npi: 1, digits: "22")), .distributionList("list")],
            dataCoding: 3, shortMessage: Array("hi".utf8)))),
      body: "00 00 00 '1' 00 02 01 01 01 '22' 00 02 'list' 00 00 00 00 00 00 00 00 03 00 02 'hi'"),
    Vector(
      section: "4.5.2",
      pdu: PDU(
        sequence: 8,
        body: .submitMultiResp(
          SubmitMultiResp(
            messageID: "m",
            unsuccessful: [.init(address: Address(ton: 1, npi: 1, digits: "22"), status: .ESME_RINVDSTADR)]))),
      body: "'m' 00 01 01 01 '22' 00 00 00 00 0B"),
    Vector(
      section: "4.6.1",
      pdu: PDU(
        sequence: 9,
        body: .deliverSM(
          SubmitSM(
            source: Address(ton: 1, npi: 1, digits: "1"), destination: Address(ton: 1, npi: 1, digits: "2"),
            esmClass: 4,
            shortMessage: Array("id:1".utf8),
            tlvs: [
              TLV(tag: .receiptedMessageID, value: Array("1\0".utf8)), TLV(tag: .messageState, value: [2]),
            ]))),
      body:
        "00 01 01 '1' 00 01 01 '2' 00 04 00 00 00 00 00 00 00 00 04 'id:1' 00 1E 00 02 '1' 00 04 27 00 01 02"),
    Vector(section: "4.6.2", pdu: PDU(sequence: 9, body: .deliverSMResp(DeliverSMResp())), body: "00"),
    Vector(
      section: "4.7.1",
      pdu: PDU(
        sequence: 10,
        body: .dataSM(
          DataSM(
            serviceType: "WAP", source: Address(digits: "1"), destination: Address(digits: "2"), esmClass: 1,
            registeredDelivery: 1, dataCoding: 4, tlvs: [TLV(tag: .messagePayload, value: [1, 0, 2])]))),
      body: "'WAP' 00 00 00 '1' 00 00 00 '2' 00 01 01 04 04 24 00 03 01 00 02"),
    Vector(
      section: "4.7.2",
      pdu: PDU(
        status: .ESME_RDELIVERYFAILURE, sequence: 10,
        body: .dataSMResp(DataSMResp(messageID: "d", tlvs: [TLV(tag: .deliveryFailureReason, value: [1])]))),
      body: "'d' 00 04 25 00 01 01"),
    Vector(
      section: "4.8.1",
      pdu: PDU(
        sequence: 11, body: .querySM(QuerySM(messageID: "q", source: Address(ton: 1, npi: 1, digits: "5")))),
      body: "'q' 00 01 01 '5' 00"),
    Vector(
      section: "4.8.2",
      pdu: PDU(
        sequence: 11,
        body: .querySMResp(
          QuerySMResp(
            messageID: "q", finalDate: "261122031500004+", messageState: .undeliverable, errorCode: 7))),
      body: "'q' 00 '261122031500004+' 00 05 07"),
    Vector(
      section: "4.9.1",
      pdu: PDU(
        sequence: 12,
        body: .cancelSM(
          CancelSM(
            messageID: "c", source: Address(ton: 1, npi: 1, digits: "5"),
            destination: Address(ton: 1, npi: 1, digits: "6")))),
      body: "00 'c' 00 01 01 '5' 00 01 01 '6' 00"),
    Vector(section: "4.9.2", pdu: PDU(sequence: 12, body: .cancelSMResp), body: ""),
    Vector(
      section: "4.10.1",
      pdu: PDU(
        sequence: 13,
        body: .replaceSM(
          ReplaceSM(
            messageID: "r", source: Address(ton: 1, npi: 1, digits: "5"), validityPeriod: "000002000000000R",
            registeredDelivery: 1, smDefaultMsgID: 2, shortMessage: Array("new".utf8)))),
      body: "'r' 00 01 01 '5' 00 00 '000002000000000R' 00 01 02 03 'new'"),
    Vector(section: "4.10.2", pdu: PDU(sequence: 13, body: .replaceSMResp), body: ""),
    Vector(section: "4.11.1", pdu: PDU(sequence: 14, body: .enquireLink), body: ""),
    Vector(section: "4.11.2", pdu: PDU(sequence: 14, body: .enquireLinkResp), body: ""),
    Vector(
      section: "4.12.1",
      pdu: PDU(
        sequence: 15,
        body: .alertNotification(
          AlertNotification(
            source: Address(ton: 1, npi: 1, digits: "5"), esme: Address(ton: 1, npi: 1, digits: "6"),
            tlvs: [TLV(tag: .msAvailabilityStatus, value: [0])]))),
      body: "01 01 '5' 00 01 01 '6' 00 04 22 00 01 00"),
  ]
}

@Test(arguments: Vector.all)
func everyPDUIsLaidOutAsItsSectionSays(_ vector: Vector) {
  #expect(vector.pdu.encoded == vector.octets)
  #expect(PDU.decode(vector.octets) == .pdu(vector.pdu))
}

@Test func theVectorsCoverEveryCommandOfTheSpecification() {
  #expect(Set(Vector.all.map(\.pdu.commandID)) == Set(CommandID.all.map(\.id)))
}

/// The example of 3.2.2: a bind_transmitter of 47 octets.
@Test func theSpecificationsOwnExampleIsRead() {
  let octets: [UInt8] = [
    0x00, 0x00, 0x00, 0x2F, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
    0x53, 0x4D, 0x50, 0x50, 0x33, 0x54, 0x45, 0x53, 0x54, 0x00, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74, 0x30,
    0x38, 0x00,
    0x53, 0x55, 0x42, 0x4D, 0x49, 0x54, 0x31, 0x00, 0x50, 0x01, 0x01, 0x00,
  ]
  let bind = Bind(
    systemID: "SMPP3TEST", password: "secret08", systemType: "SUBMIT1", interfaceVersion: 0x50, addrTON: 1,
    addrNPI: 1)
  #expect(PDU.decode(octets) == .pdu(PDU(sequence: 1, body: .bind(.transmitter, bind))))
  #expect(PDU(sequence: 1, body: .bind(.transmitter, bind)).encoded == octets)
}
