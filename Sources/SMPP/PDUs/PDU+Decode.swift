/// What one frame was.
public enum DecodeResult: Equatable, Sendable {
  case pdu(PDU)
  /// A bad PDU with framing intact, and the status to tell the peer: `PDU.refusal(of:status:)` is the answer.
  case refused(PDUHeader, CommandStatus, PDUError)
}

extension PDU {
  /// Reads exactly one frame, as `Framing.next` cut it. Never traps, whatever the octets; allocates no more than they
  /// hold.
  ///
  /// What peers are known to send wrong is taken where the meaning is plain: responses of any status with or without
  /// a body; octets after the body of PDUs that have none; a last string without its NUL; stray octets after
  /// short_message; optional parameters nobody knows. All else is refused with the status the specification names.
  public static func decode(_ frame: UnsafeRawBufferPointer, options: DecodeOptions = []) -> DecodeResult {
    guard let base = frame.baseAddress, let header = PDUHeader(peeking: frame) else {
      let none = PDUHeader(
        commandLength: UInt32(clamping: frame.count), commandID: CommandID(rawValue: 0), status: .ESME_ROK,
        sequence: 0)
      return .refused(none, .ESME_RINVCMDLEN, PDUError(.truncated, .commandLength, offset: 0))
    }
    guard Int(header.commandLength) == frame.count else {
      return .refused(header, .ESME_RINVCMDLEN, PDUError(.wrongLength, .commandLength, offset: 0))
    }
    var reader = Reader(base: base, end: frame.count, offset: PDUHeader.length, options: options)
    do throws(PDUError) {
      return .pdu(
        PDU(status: header.status, sequence: header.sequence, body: try Body(header, from: &reader)))
    } catch {
      return .refused(header, error.status, error)
    }
  }

  /// The same for octets in an array.
  public static func decode(_ frame: [UInt8], options: DecodeOptions = []) -> DecodeResult {
    frame.withUnsafeBytes { decode($0, options: options) }
  }
}

extension PDU.Body {
  @inline(__always)
  fileprivate init(_ header: PDUHeader, from reader: inout Reader) throws(PDUError) {
    switch header.commandID {
    case .submitSM: self = .submitSM(try SubmitSM(from: &reader, toSMSC: true))
    case .deliverSM: self = .deliverSM(try SubmitSM(from: &reader, toSMSC: false))
    case .submitSMResp: self = .submitSMResp(reader.remaining == 0 ? nil : SubmitSMResp(from: &reader))
    case .deliverSMResp: self = .deliverSMResp(reader.remaining == 0 ? nil : SubmitSMResp(from: &reader))
    default: self = try Self.other(header, from: &reader)
    }
  }

  /// All but the hot four.
  @inline(never)
  private static func other(_ header: PDUHeader, from reader: inout Reader) throws(PDUError) -> Self {
    let isEmpty = reader.remaining == 0
    switch header.commandID {
    case .bindTransmitter: return .bind(.transmitter, try Bind(from: &reader))
    case .bindReceiver: return .bind(.receiver, try Bind(from: &reader))
    case .bindTransceiver: return .bind(.transceiver, try Bind(from: &reader))
    case .bindTransmitterResp: return .bindResp(.transmitter, isEmpty ? nil : BindResp(from: &reader))
    case .bindReceiverResp: return .bindResp(.receiver, isEmpty ? nil : BindResp(from: &reader))
    case .bindTransceiverResp: return .bindResp(.transceiver, isEmpty ? nil : BindResp(from: &reader))
    case .outbind: return .outbind(try Outbind(from: &reader))
    case .unbind: return .unbind
    case .unbindResp: return .unbindResp
    case .submitMulti: return .submitMulti(try SubmitMulti(from: &reader))
    case .submitMultiResp:
      return .submitMultiResp(
        try body(header, &reader) { (reader) throws(PDUError) in try SubmitMultiResp(from: &reader) })
    case .dataSM: return .dataSM(try DataSM(from: &reader))
    case .dataSMResp: return .dataSMResp(isEmpty ? nil : SubmitSMResp(from: &reader))
    case .querySM: return .querySM(try QuerySM(from: &reader))
    case .querySMResp:
      return .querySMResp(
        try body(header, &reader) { (reader) throws(PDUError) in try QuerySMResp(from: &reader) })
    case .cancelSM: return .cancelSM(try CancelSM(from: &reader))
    case .cancelSMResp: return .cancelSMResp
    case .replaceSM: return .replaceSM(try ReplaceSM(from: &reader))
    case .replaceSMResp: return .replaceSMResp
    case .enquireLink: return .enquireLink
    case .enquireLinkResp: return .enquireLinkResp
    case .alertNotification: return .alertNotification(try AlertNotification(from: &reader))
    case .genericNack: return .genericNack
    default: throw PDUError(.unknownCommand, .commandID, offset: 4)
    }
  }

  /// A response's body that can be malformed: nil where there is none, or where it makes no sense beside an error.
  private static func body<Value>(
    _ header: PDUHeader, _ reader: inout Reader, _ read: (inout Reader) throws(PDUError) -> Value
  ) throws(PDUError) -> Value? {
    guard reader.remaining > 0 else { return nil }
    do throws(PDUError) {
      return try read(&reader)
    } catch {
      if header.status.isOK { throw error }
      return nil
    }
  }
}
