import SMPP
import TestSupport

/// Random PDUs that the specification allows, of every kind.
struct RandomPDU {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func octet() -> UInt8 { UInt8.random(in: 0...255, using: &random) }

  mutating func octets(_ count: ClosedRange<Int>) -> [UInt8] {
    (0..<Int.random(in: count, using: &random)).map { _ in octet() }
  }

  /// A string of a field of `size` octets: often empty or full, of any octets but NUL.
  mutating func string(size: Int) -> COctetString {
    let count =
      switch Int.random(in: 0..<8, using: &random) {
      case 0: 0
      case 1: size - 1
      default: Int.random(in: 0..<size, using: &random)
      }
    return COctetString(octets: (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) })
  }

  mutating func address(size: Int = 21) -> Address {
    Address(ton: octet(), npi: octet(), digits: string(size: size))
  }

  mutating func time() -> COctetString { Bool.random(using: &random) ? "" : "261122031500004+" }

  /// None, known ones of a fitting form, vendors' and unknown ones.
  mutating func tlvs() -> TLVs {
    var tlvs = TLVs()
    for _ in 0..<max(0, Int.random(in: -3...4, using: &random)) {
      if Bool.random(using: &random) {
        let tag = TLVTag.all[Int.random(in: 0..<TLVTag.all.count, using: &random)].tag
        switch tag.form {
        case .integer(let count)?: tlvs.append(tag, octets(count...count))
        case .cOctetString(let limit)?: tlvs.append(tag, string(size: limit).octets + [0])
        case .octetString(let range)?:
          tlvs.append(tag, octets(range.lowerBound...min(range.upperBound, range.lowerBound + 300)))
        case .empty?: tlvs.append(tag, [])
        case nil: break
        }
      } else {
        tlvs.append(TLVTag(rawValue: UInt16.random(in: 0x1400...0x3FFF, using: &random)), octets(0...40))
      }
    }
    return tlvs
  }

  mutating func message() -> SubmitSM {
    let text = octets(0...254)
    var tlvs = tlvs()
    if !text.isEmpty { tlvs.messagePayload = nil }
    return SubmitSM(
      serviceType: string(size: 6), source: address(), destination: address(), esmClass: octet(),
      protocolID: octet(), priorityFlag: octet(), scheduleDeliveryTime: time(), validityPeriod: time(),
      registeredDelivery: octet(), replaceIfPresentFlag: octet(), dataCoding: octet(),
      smDefaultMsgID: octet(),
      shortMessage: text, tlvs: tlvs)
  }

  mutating func response() -> SubmitSMResp? {
    Bool.random(using: &random) ? SubmitSMResp(messageID: string(size: 65), tlvs: tlvs()) : nil
  }

  mutating func body(_ id: CommandID) -> PDU.Body? {
    let bind = BindType.allCases.first { $0.commandID == id || $0.responseID == id } ?? .transceiver
    return switch id {
    case bind.commandID:
      .bind(
        bind,
        Bind(
          systemID: string(size: 16), password: string(size: 9), systemType: string(size: 13),
          interfaceVersion: octet(), addrTON: octet(), addrNPI: octet(), addressRange: string(size: 41)))
    case bind.responseID:
      .bindResp(
        bind, Bool.random(using: &random) ? BindResp(systemID: string(size: 16), tlvs: tlvs()) : nil)
    case .outbind: .outbind(Outbind(systemID: string(size: 16), password: string(size: 9)))
    case .unbind: .unbind
    case .unbindResp: .unbindResp
    case .submitSM: .submitSM(message())
    case .submitSMResp: .submitSMResp(response())
    case .deliverSM: .deliverSM(message())
    case .deliverSMResp: .deliverSMResp(response())
    case .submitMulti:
      .submitMulti(
        SubmitMulti(
          serviceType: string(size: 6), source: address(), destinations: destinations(), esmClass: octet(),
          protocolID: octet(), priorityFlag: octet(), scheduleDeliveryTime: time(), validityPeriod: time(),
          registeredDelivery: octet(), replaceIfPresentFlag: octet(), dataCoding: octet(),
          smDefaultMsgID: octet(), shortMessage: octets(0...254), tlvs: tlvs()))
    case .submitMultiResp:
      .submitMultiResp(
        Bool.random(using: &random)
          ? SubmitMultiResp(messageID: string(size: 65), unsuccessful: unsuccessful()) : nil)
    case .dataSM:
      .dataSM(
        DataSM(
          serviceType: string(size: 6), source: address(size: 65), destination: address(size: 65),
          esmClass: octet(), registeredDelivery: octet(), dataCoding: octet(), tlvs: tlvs()))
    case .dataSMResp: .dataSMResp(response())
    case .querySM: .querySM(QuerySM(messageID: string(size: 65), source: address()))
    case .querySMResp:
      .querySMResp(
        Bool.random(using: &random)
          ? QuerySMResp(
            messageID: string(size: 65), finalDate: time(), messageState: MessageState(rawValue: octet()),
            errorCode: octet()) : nil)
    case .cancelSM:
      .cancelSM(
        CancelSM(
          serviceType: string(size: 6), messageID: string(size: 65), source: address(), destination: address()
        ))
    case .cancelSMResp: .cancelSMResp
    case .replaceSM:
      .replaceSM(
        ReplaceSM(
          messageID: string(size: 65), source: address(), scheduleDeliveryTime: time(),
          validityPeriod: time(),
          registeredDelivery: octet(), smDefaultMsgID: octet(), shortMessage: octets(0...254)))
    case .replaceSMResp: .replaceSMResp
    case .enquireLink: .enquireLink
    case .enquireLinkResp: .enquireLinkResp
    case .alertNotification:
      .alertNotification(AlertNotification(source: address(size: 65), esme: address(size: 65), tlvs: tlvs()))
    case .genericNack: .genericNack
    default: nil
    }
  }

  private mutating func destinations() -> [SubmitMulti.Destination] {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      Bool.random(using: &random) ? .sme(address()) : .distributionList(string(size: 21))
    }
  }

  private mutating func unsuccessful() -> [SubmitMultiResp.UnsuccessSME] {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      SubmitMultiResp.UnsuccessSME(
        address: address(), status: CommandStatus(rawValue: UInt32.random(in: 0...0x500, using: &random)))
    }
  }

  /// A PDU of the command with a random sequence number, and in responses a random status.
  mutating func pdu(_ id: CommandID) -> PDU? {
    guard let body = body(id) else { return nil }
    let status: CommandStatus =
      id.isResponse
      ? CommandStatus.all[Int.random(in: 0..<CommandStatus.all.count, using: &random)].status : .ESME_ROK
    return PDU(status: status, sequence: UInt32.random(in: 0...UInt32.max, using: &random), body: body)
  }

  /// A PDU of any command.
  mutating func pdu() -> PDU {
    pdu(CommandID.all[Int.random(in: 0..<CommandID.all.count, using: &random)].id)
      ?? PDU(sequence: 1, body: .enquireLink)
  }
}
