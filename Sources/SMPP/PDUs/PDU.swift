/// One SMPP 3.4 protocol data unit: command_status, sequence_number, and the body that command_id names.
public struct PDU: Equatable, Sendable {
  /// command_status (5.1.3): ESME_ROK in requests.
  public var status: CommandStatus
  /// sequence_number (5.1.4): pairs a response with its request.
  public var sequence: UInt32
  public var body: Body

  @inlinable
  public init(status: CommandStatus = .ESME_ROK, sequence: UInt32, body: Body) {
    self.status = status
    self.sequence = sequence
    self.body = body
  }

  /// The bodies of chapter 4. A response's nil body is one of its header alone, as sent with an error status (4.4.2).
  ///
  /// Values of it pass through queues by the million, so what is large and rare is `indirect`.
  public enum Body: Equatable, Sendable {
    indirect case bind(BindType, Bind)
    indirect case bindResp(BindType, BindResp?)
    indirect case outbind(Outbind)
    case unbind
    case unbindResp
    case submitSM(SubmitSM)
    case submitSMResp(SubmitSMResp?)
    indirect case submitMulti(SubmitMulti)
    indirect case submitMultiResp(SubmitMultiResp?)
    case deliverSM(DeliverSM)
    case deliverSMResp(DeliverSMResp?)
    indirect case dataSM(DataSM)
    case dataSMResp(DataSMResp?)
    indirect case querySM(QuerySM)
    indirect case querySMResp(QuerySMResp?)
    indirect case cancelSM(CancelSM)
    case cancelSMResp
    indirect case replaceSM(ReplaceSM)
    case replaceSMResp
    case enquireLink
    case enquireLinkResp
    indirect case alertNotification(AlertNotification)
    case genericNack

    public var commandID: CommandID {
      switch self {
      case .bind(let type, _): type.commandID
      case .bindResp(let type, _): type.responseID
      case .outbind: .outbind
      case .unbind: .unbind
      case .unbindResp: .unbindResp
      case .submitSM: .submitSM
      case .submitSMResp: .submitSMResp
      case .submitMulti: .submitMulti
      case .submitMultiResp: .submitMultiResp
      case .deliverSM: .deliverSM
      case .deliverSMResp: .deliverSMResp
      case .dataSM: .dataSM
      case .dataSMResp: .dataSMResp
      case .querySM: .querySM
      case .querySMResp: .querySMResp
      case .cancelSM: .cancelSM
      case .cancelSMResp: .cancelSMResp
      case .replaceSM: .replaceSM
      case .replaceSMResp: .replaceSMResp
      case .enquireLink: .enquireLink
      case .enquireLinkResp: .enquireLinkResp
      case .alertNotification: .alertNotification
      case .genericNack: .genericNack
      }
    }
  }

  @inlinable public var commandID: CommandID { body.commandID }

  /// The header alone that refuses a request: its response with the status, or generic_nack where the id has none.
  /// nil for a response, outbind and alert_notification, which are never answered.
  public static func refusal(of request: PDUHeader, status: CommandStatus) -> PDUHeader? {
    if request.commandID.isResponse || request.commandID == .outbind
      || request.commandID == .alertNotification
    {
      return nil
    }
    let response = request.commandID.isKnown ? request.commandID.response : nil
    return PDUHeader(
      commandLength: UInt32(PDUHeader.length), commandID: response ?? .genericNack, status: status,
      sequence: request.sequence)
  }
}
