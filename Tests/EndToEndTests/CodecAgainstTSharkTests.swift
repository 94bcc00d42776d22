import SMPP
import Testing

extension EndToEnd {
  /// The codec against a reader that is not ours, for what no carrier here would send.
  @Suite
  struct CodecAgainstTShark {
    @Test("tshark reads every PDU we can write as we do")
    func everyPDU() async throws {
      try await blocking {
        let flow = Flow(sourcePort: 40_000, destinationPort: 2775)
        let packets = Self.bodies.enumerated().map { index, body in
          var octets: [UInt8] = []
          PDU(sequence: UInt32(index + 1), body: body).encode(into: &octets)
          return (flow, octets)
        }
        let report = try CaptureCheck.check(ofWhole: packets, port: 2775)
        #expect(report.pdus.map(\.pdu.body) == Self.bodies)
        report.expectAgreement()
      }
    }

    private static let ours = Address(ton: 1, npi: 1, digits: "18885550101")
    private static let theirs = Address(ton: 1, npi: 1, digits: "12025550143")

    private static func message(
      _ text: [UInt8], esmClass: UInt8 = 0, dataCoding: UInt8 = 0, tlvs: TLVs = TLVs()
    ) -> SubmitSM {
      SubmitSM(
        source: ours, destination: theirs, esmClass: esmClass, registeredDelivery: 1, dataCoding: dataCoding,
        shortMessage: text, tlvs: tlvs)
    }

    private static var receiptTLVs: TLVs {
      var tlvs = TLVs()
      tlvs.receiptedMessageID = "3f-A0"
      tlvs.messageState = 2
      tlvs.userMessageReference = 0xBEEF
      return tlvs
    }

    private static var segmentTLVs: TLVs {
      var tlvs = TLVs()
      tlvs.sarMsgRefNum = 7
      tlvs.sarTotalSegments = 3
      tlvs.sarSegmentSeqnum = 2
      return tlvs
    }

    private static var payloadTLVs: TLVs {
      var tlvs = TLVs()
      tlvs.messagePayload = Array(repeating: 0x61, count: 1000)
      return tlvs
    }

    private static let bodies: [PDU.Body] = [
      .bind(.transceiver, Bind(systemID: "tollgate", password: "tg-Peer1", systemType: "VMA")),
      .bind(.transmitter, Bind(systemID: "tollgate")),
      .bind(.receiver, Bind(systemID: "tollgate", addrTON: 1, addrNPI: 1, addressRange: "^1888")),
      .bindResp(.transceiver, BindResp(systemID: "smsc")),
      .outbind(Outbind(systemID: "smsc", password: "secret")),
      .submitSM(message(Array("Hello".utf8))),
      .submitSM(message([])),
      .submitSM(message(Array(repeating: 0x62, count: 254))),
      .submitSM(message([5, 0, 3, 0x2A, 2, 1] + Array("first part ".utf8), esmClass: 0x40)),
      .submitSM(message([6, 8, 4, 0x01, 0x2A, 2, 2] + Array("second part".utf8), esmClass: 0x40)),
      .submitSM(message([0x04, 0x1F, 0xD8, 0x3D, 0xDE, 0x00], dataCoding: 8)),
      .submitSM(message([0xE9], dataCoding: 3)),
      .submitSM(message([0x00, 0x1B, 0x65])),
      .submitSM(message(Array("part".utf8), tlvs: segmentTLVs)),
      .submitSM(message([], tlvs: payloadTLVs)),
      .submitSMResp(SubmitSMResp(messageID: "3f-A0")),
      .deliverSM(message(Array("id:3f-A0 stat:DELIVRD".utf8), esmClass: 0x04, tlvs: receiptTLVs)),
      .deliverSMResp(DeliverSMResp(messageID: "")),
      .dataSM(DataSM(source: ours, destination: theirs, registeredDelivery: 1, tlvs: payloadTLVs)),
      .dataSMResp(DataSMResp(messageID: "77")),
      .querySM(QuerySM(messageID: "3f-A0", source: ours)),
      .querySMResp(QuerySMResp(messageID: "3f-A0", messageState: .delivered)),
      .cancelSM(CancelSM(messageID: "3f-A0", source: ours, destination: theirs)),
      .cancelSMResp,
      .replaceSM(ReplaceSM(messageID: "3f-A0", source: ours, shortMessage: Array("Later".utf8))),
      .replaceSMResp,
      .submitMulti(
        SubmitMulti(
          source: ours, destinations: [.sme(theirs), .distributionList("friends")], shortMessage: [0x41])),
      .submitMultiResp(
        SubmitMultiResp(messageID: "9", unsuccessful: [.init(address: theirs, status: .ESME_RINVDSTADR)])),
      .alertNotification(AlertNotification(source: theirs, esme: ours)),
      .enquireLink, .enquireLinkResp, .genericNack, .unbind, .unbindResp,
    ]
  }
}
