extension PDU {
  /// Octets on the wire: command_length.
  public var encodedLength: Int { PDUHeader.length + body.length }

  /// Appends the PDU. Never fails: what `validate()` refuses is written as far as its fields can say it, so framing
  /// is intact in any case.
  public func encode(into buffer: inout [UInt8]) {
    let length = encodedLength
    Writer.append(length, to: &buffer) { writer in
      writer.header(length: length, commandID, status, sequence)
      body.write(to: &writer)
    }
  }

  /// The PDU's octets.
  public var encoded: [UInt8] {
    var buffer: [UInt8] = []
    encode(into: &buffer)
    return buffer
  }

  /// Refuses what the specification's fields cannot hold; the error names the field.
  public func validate() throws(PDUError) {
    switch body {
    case .bind(_, let bind): try bind.validate()
    case .bindResp(_, let response): try response?.validate()
    case .outbind(let outbind): try outbind.validate()
    case .submitSM(let message), .deliverSM(let message): try message.validate()
    case .submitSMResp(let response), .deliverSMResp(let response), .dataSMResp(let response):
      try response?.validate()
    case .submitMulti(let message): try message.validate()
    case .submitMultiResp(let response): try response?.validate()
    case .dataSM(let message): try message.validate()
    case .querySM(let query): try query.validate()
    case .querySMResp(let response): try response?.validate()
    case .cancelSM(let cancel): try cancel.validate()
    case .replaceSM(let replace): try replace.validate()
    case .alertNotification(let alert): try alert.validate()
    case .unbind, .unbindResp, .cancelSMResp, .replaceSMResp, .enquireLink, .enquireLinkResp, .genericNack:
      break
    }
    if encodedLength > Framing.maximumLength { throw PDUError(.tooLong, .commandLength, offset: 0) }
  }
}

extension PDU.Body {
  /// Octets after the header.
  fileprivate var length: Int {
    switch self {
    case .bind(_, let bind): bind.bodyLength
    case .bindResp(_, let response): response?.bodyLength ?? 0
    case .outbind(let outbind): outbind.bodyLength
    case .submitSM(let message), .deliverSM(let message): message.bodyLength
    case .submitSMResp(let response), .deliverSMResp(let response), .dataSMResp(let response):
      response?.bodyLength ?? 0
    case .submitMulti(let message): message.bodyLength
    case .submitMultiResp(let response): response?.bodyLength ?? 0
    case .dataSM(let message): message.bodyLength
    case .querySM(let query): query.bodyLength
    case .querySMResp(let response): response?.bodyLength ?? 0
    case .cancelSM(let cancel): cancel.bodyLength
    case .replaceSM(let replace): replace.bodyLength
    case .alertNotification(let alert): alert.bodyLength
    case .unbind, .unbindResp, .cancelSMResp, .replaceSMResp, .enquireLink, .enquireLinkResp, .genericNack: 0
    }
  }

  fileprivate func write(to writer: inout Writer) {
    switch self {
    case .bind(_, let bind): bind.write(to: &writer)
    case .bindResp(_, let response): response?.write(to: &writer)
    case .outbind(let outbind): outbind.write(to: &writer)
    case .submitSM(let message), .deliverSM(let message): message.write(to: &writer)
    case .submitSMResp(let response), .deliverSMResp(let response), .dataSMResp(let response):
      response?.write(to: &writer)
    case .submitMulti(let message): message.write(to: &writer)
    case .submitMultiResp(let response): response?.write(to: &writer)
    case .dataSM(let message): message.write(to: &writer)
    case .querySM(let query): query.write(to: &writer)
    case .querySMResp(let response): response?.write(to: &writer)
    case .cancelSM(let cancel): cancel.write(to: &writer)
    case .replaceSM(let replace): replace.write(to: &writer)
    case .alertNotification(let alert): alert.write(to: &writer)
    case .unbind, .unbindResp, .cancelSMResp, .replaceSMResp, .enquireLink, .enquireLinkResp, .genericNack:
      break
    }
  }
}
