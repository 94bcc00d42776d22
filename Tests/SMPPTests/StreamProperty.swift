import SMPP

/// What holds for any octets a peer may send; nil, or what did not hold. The fuzzer of the PDU stream and the replay of
/// its corpus both hold the codec to it.
///
/// The first octet chooses how the rest is read: as a stream, or as the body of one command with a right header, so
/// that a fuzzer need not find command_length by chance.
func brokenStreamProperty(_ input: UnsafeRawBufferPointer) -> String? {
  guard let choice = input.first else { return nil }
  let rest = UnsafeRawBufferPointer(rebasing: input.dropFirst())
  if choice == 0 { return brokenFraming(rest) }
  let id = CommandID.all[Int(choice) % CommandID.all.count].id
  let status = choice & 0x80 == 0 ? CommandStatus.ESME_ROK : .ESME_RSYSERR
  var octets: [UInt8] = []
  PDUHeader(commandLength: UInt32(PDUHeader.length + rest.count), commandID: id, status: status, sequence: 7)
    .encode(into: &octets)
  octets.append(contentsOf: rest)
  return octets.withUnsafeBytes { brokenFraming($0) }
}

/// Reads frames to the end of the stream or where framing is lost.
private func brokenFraming(_ stream: UnsafeRawBufferPointer) -> String? {
  var left = stream
  while true {
    switch Framing.next(left) {
    case .needMore:
      if left.count >= PDUHeader.length, let header = PDUHeader(peeking: left),
        Int(header.commandLength) <= left.count
      {
        return "a whole PDU is awaited"
      }
      return nil
    case .lost(let commandLength, _):
      if commandLength >= 16, commandLength <= 70_000 { return "framing was lost at a length it can have" }
      return nil
    case .frame(let length):
      if length < PDUHeader.length || length > left.count { return "a frame is not within the stream" }
      if let broken = brokenDecoding(UnsafeRawBufferPointer(rebasing: left.prefix(length))) { return broken }
      left = UnsafeRawBufferPointer(rebasing: left.dropFirst(length))
    }
  }
}

/// Decodes a frame under both options; what is taken comes back the same when it is sent.
private func brokenDecoding(_ frame: UnsafeRawBufferPointer) -> String? {
  for options in [DecodeOptions(), .longFields] {
    switch PDU.decode(frame, options: options) {
    case .refused(let header, let status, let error):
      if header != PDUHeader(peeking: frame) { return "a refusal has another header" }
      if status.isOK || error.status != status { return "a refusal has a wrong status" }
      if error.offset < 0 || error.offset > frame.count { return "a refusal points outside the PDU" }
    case .pdu(let pdu):
      let octets = pdu.encoded
      if octets.count != pdu.encodedLength { return "the length is not what was said" }
      if octets.withUnsafeBytes({ PDU.decode($0, options: options) }) != .pdu(pdu) {
        return "what was taken does not come back"
      }
      if case .submitSM(let message) = pdu.body, let broken = brokenFields(message) { return broken }
      if case .deliverSM(let message) = pdu.body, let broken = brokenFields(message) { return broken }
    }
  }
  return nil
}

/// A message made again of its fields is the same message.
private func brokenFields(_ message: SubmitSM) -> String? {
  let again = SubmitSM(
    serviceType: message.serviceType, source: message.source, destination: message.destination,
    esmClass: message.esmClass, protocolID: message.protocolID, priorityFlag: message.priorityFlag,
    scheduleDeliveryTime: message.scheduleDeliveryTime, validityPeriod: message.validityPeriod,
    registeredDelivery: message.registeredDelivery, replaceIfPresentFlag: message.replaceIfPresentFlag,
    dataCoding: message.dataCoding, smDefaultMsgID: message.smDefaultMsgID,
    shortMessage: message.shortMessage,
    tlvs: TLVs(message.tlvs))
  if again != message { return "a message is not its fields" }
  for tag in TLVTag.all.map(\.tag) where message.tlvs.contains(tag) {
    if message.tlvs[tag] == nil { return "a parameter that is there cannot be read" }
  }
  return nil
}
