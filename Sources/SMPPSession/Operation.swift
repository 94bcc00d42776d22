public import SMPP

/// Which end of a session issues a PDU.
public enum Party: Hashable, Sendable {
  /// External short message entity: the client, which binds.
  case esme
  /// Short message service centre: the server, which is bound to.
  case smsc

  var other: Party { self == .esme ? .smsc : .esme }
}

/// An operation of SMPP 3.4: what a request asks for. Its response, where there is one, has bit 31 of the id set.
public enum Operation: UInt8, Hashable, Sendable, CaseIterable {
  case bindReceiver, bindTransmitter, bindTransceiver, outbind, unbind
  case submitSM, submitMulti, deliverSM, dataSM, querySM, cancelSM, replaceSM
  case enquireLink, alertNotification

  /// Whether it is one of the three binds.
  var isBind: Bool {
    switch self {
    case .bindReceiver, .bindTransmitter, .bindTransceiver: true
    case .outbind, .unbind, .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM,
      .enquireLink, .alertNotification:
      false
    }
  }

  /// Whether the session itself issues it: users ask for it by name (`connected`, `unbind`, a timer), not by `request`.
  var isControl: Bool {
    switch self {
    case .bindReceiver, .bindTransmitter, .bindTransceiver, .outbind, .unbind, .enquireLink: true
    case .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM, .alertNotification:
      false
    }
  }

  /// The command_id of the request (5.1.2.1).
  public var commandID: CommandID {
    switch self {
    case .bindReceiver: .bindReceiver
    case .bindTransmitter: .bindTransmitter
    case .bindTransceiver: .bindTransceiver
    case .outbind: .outbind
    case .unbind: .unbind
    case .submitSM: .submitSM
    case .submitMulti: .submitMulti
    case .deliverSM: .deliverSM
    case .dataSM: .dataSM
    case .querySM: .querySM
    case .cancelSM: .cancelSM
    case .replaceSM: .replaceSM
    case .enquireLink: .enquireLink
    case .alertNotification: .alertNotification
    }
  }

  /// The operation a request's command_id asks for; nil for responses and for what SMPP 3.4 does not know.
  public init?(_ id: CommandID) {
    guard let operation = Self.allCases.first(where: { $0.commandID == id }) else { return nil }
    self = operation
  }

  init(_ type: BindType) {
    switch type {
    case .receiver: self = .bindReceiver
    case .transmitter: self = .bindTransmitter
    case .transceiver: self = .bindTransceiver
    }
  }

  /// The response that refuses it: a header alone. Those without a response get generic_nack.
  var refusal: PDU.Body {
    switch self {
    case .bindReceiver: .bindResp(.receiver, nil)
    case .bindTransmitter: .bindResp(.transmitter, nil)
    case .bindTransceiver: .bindResp(.transceiver, nil)
    case .unbind: .unbindResp
    case .submitSM: .submitSMResp(nil)
    case .submitMulti: .submitMultiResp(nil)
    case .deliverSM: .deliverSMResp(nil)
    case .dataSM: .dataSMResp(nil)
    case .querySM: .querySMResp(nil)
    case .cancelSM: .cancelSMResp
    case .replaceSM: .replaceSMResp
    case .enquireLink: .enquireLinkResp
    case .outbind, .alertNotification: .genericNack
    }
  }
}

/// What a PDU is to a session.
enum Meaning {
  case request(Operation)
  case response(Operation)
  case genericNack

  @inline(__always)
  init(_ body: PDU.Body) {
    switch body {
    case .bind(let type, _): self = .request(Operation(type))
    case .bindResp(let type, _): self = .response(Operation(type))
    case .outbind: self = .request(.outbind)
    case .unbind: self = .request(.unbind)
    case .unbindResp: self = .response(.unbind)
    case .submitSM: self = .request(.submitSM)
    case .submitSMResp: self = .response(.submitSM)
    case .submitMulti: self = .request(.submitMulti)
    case .submitMultiResp: self = .response(.submitMulti)
    case .deliverSM: self = .request(.deliverSM)
    case .deliverSMResp: self = .response(.deliverSM)
    case .dataSM: self = .request(.dataSM)
    case .dataSMResp: self = .response(.dataSM)
    case .querySM: self = .request(.querySM)
    case .querySMResp: self = .response(.querySM)
    case .cancelSM: self = .request(.cancelSM)
    case .cancelSMResp: self = .response(.cancelSM)
    case .replaceSM: self = .request(.replaceSM)
    case .replaceSMResp: self = .response(.replaceSM)
    case .enquireLink: self = .request(.enquireLink)
    case .enquireLinkResp: self = .response(.enquireLink)
    case .alertNotification: self = .request(.alertNotification)
    case .genericNack: self = .genericNack
    }
  }
}
