import Carriers
import Contract
import SMPP

/// An inbound message with all its parts, or all that came of them: what is known of it before it is a text or data.
struct WholeMessage {
  /// What was said of the first part.
  let first: CodedText
  let ports: ApplicationPorts?
  var segments: Int
  var complete = true
  var carrier: CarrierKey
  var receivedAt: Int64
  /// The carrier's own optional parameters that are shown; of a long message, those of the part that made it whole.
  var parameters: [String: String] = [:]
  /// A person released it after it was set aside.
  var isReleased = false
  private let assembled: AssembledText?

  /// A message of one part.
  init(_ pdu: DeliverSM, _ profile: CarrierProfile, carrier: CarrierKey, receivedAt: Int64) {
    first = pdu.codedText(profile.charsets)
    ports = ApplicationPorts(first.header, pdu.tlvs)
    segments = 1
    parameters = profile.shownParameters(of: pdu.tlvs)
    self.carrier = carrier
    self.receivedAt = receivedAt
    assembled = nil
  }

  /// nil for no parts.
  init?(
    _ parts: [MessagePart], _ profile: CarrierProfile, _ tlvs: TLVs, complete: Bool, carrier: CarrierKey,
    receivedAt: Int64
  ) {
    guard let assembled = AssembledText(parts, charsets: profile.charsets), let first = assembled.first else {
      return nil
    }
    self.assembled = assembled
    self.first = first
    ports = ApplicationPorts(first.header, tlvs)
    segments = parts.count
    parameters = profile.shownParameters(of: tlvs)
    self.complete = complete
    self.carrier = carrier
    self.receivedAt = receivedAt
  }

  var isData: Bool { Reading.isData(first, ports) }

  /// As it came, without headers.
  var original: OriginalOctets {
    OriginalOctets(dataCoding: first.dataCoding, octets: assembled?.octets ?? first.octets, ports: ports)
  }

  /// As people read it.
  var text: InboundText {
    let read = assembled?.decoded { Reading.text(of: $0) } ?? Reading.text(of: first)
    return InboundText(
      text: read.text, encoding: read.encoding, segments: segments, complete: complete, lossy: read.lossy,
      original: read.lossy || ports != nil ? original : nil, parameters: parameters, carrier: carrier,
      receivedAt: receivedAt, isReleased: isReleased)
  }
}

extension Acceptance {
  /// Data is told as it came. A rep's own mobile is nobody else's matter.
  func tell(_ data: WholeMessage, from phone: PhoneNumber, to number: Number) {
    guard directory.rep(withMobile: phone.packed) == nil else { return }
    emit(
      .dataReceived(
        DataReceived(
          from: phone, to: number.address, receivedOctets: data.original.view, segments: data.segments,
          complete: data.complete, carrier: directory.carriers[data.carrier] ?? "",
          receivedAt: Timestamp(milliseconds: data.receivedAt))))
  }
}

extension DeliverSM {
  /// The PDU with one of its two texts.
  var withPayloadOnly: DeliverSM {
    var other = self
    other.shortMessage = []
    return other
  }

  var withShortMessageOnly: DeliverSM {
    var other = self
    other.tlvs.messagePayload = nil
    return other
  }
}
