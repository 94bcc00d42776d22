/// A PDU as this directory reads and writes it by itself (SMPP 3.4, 3.2), so that no error of the gateway's own codec
/// can hide behind its twin in a test.
struct RawPDU: Equatable {
  var command: UInt32
  var status: UInt32 = 0
  var sequence: UInt32
  var body: [UInt8] = []

  static let bindReceiver: UInt32 = 0x01
  static let bindTransmitter: UInt32 = 0x02
  static let submitSM: UInt32 = 0x04
  static let deliverSM: UInt32 = 0x05
  static let unbind: UInt32 = 0x06
  static let bindTransceiver: UInt32 = 0x09
  static let enquireLink: UInt32 = 0x15
  static let dataSM: UInt32 = 0x103
  static let genericNack: UInt32 = 0x8000_0000
  static let response: UInt32 = 0x8000_0000

  var encoded: [UInt8] {
    Self.octets(UInt32(16 + body.count)) + Self.octets(command) + Self.octets(status) + Self.octets(sequence)
      + body
  }

  /// An optional parameter (5.3).
  static func tlv(_ tag: UInt16, _ value: [UInt8]) -> [UInt8] {
    [UInt8(tag >> 8), UInt8(tag & 0xFF), UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
  }

  static func octets(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  static func integer(_ octets: some Sequence<UInt8>) -> UInt32 { octets.reduce(0) { $0 << 8 | UInt32($1) } }

  /// Takes the whole PDUs off the front of `buffer`.
  static func take(from buffer: inout [UInt8]) -> [RawPDU] {
    var pdus: [RawPDU] = []
    var at = 0
    while buffer.count - at >= 16 {
      let length = Int(integer(buffer[at..<at + 4]))
      guard length >= 16, buffer.count - at >= length else { break }
      pdus.append(
        RawPDU(
          command: integer(buffer[at + 4..<at + 8]), status: integer(buffer[at + 8..<at + 12]),
          sequence: integer(buffer[at + 12..<at + 16]), body: Array(buffer[at + 16..<at + length])))
      at += length
    }
    buffer.removeFirst(at)
    return pdus
  }
}

/// The fields of a submit_sm or deliver_sm (4.4.1, 4.6.1) the tests look at.
struct ShortMessage: Equatable {
  var source: String
  var sourceTON: UInt8 = 1
  var sourceNPI: UInt8 = 1
  var destination: String
  var destinationTON: UInt8 = 1
  var destinationNPI: UInt8 = 1
  var esmClass: UInt8 = 0
  var registeredDelivery: UInt8 = 0
  var dataCoding: UInt8 = 0
  var text: [UInt8]
  /// Whatever follows short_message: optional parameters, or what should not be there.
  var tail: [UInt8] = []

  init(source: String, destination: String, text: [UInt8], esmClass: UInt8 = 0) {
    self.source = source
    self.destination = destination
    self.text = text
    self.esmClass = esmClass
  }

  init?(body: [UInt8]) {
    var at = 0
    func octet() -> UInt8? {
      guard at < body.count else { return nil }
      at += 1
      return body[at - 1]
    }
    func string() -> String? {
      guard let end = body[at...].firstIndex(of: 0) else { return nil }
      defer { at = end + 1 }
      return String(decoding: body[at..<end], as: UTF8.self)
    }
    guard string() != nil, let sourceTON = octet(), let sourceNPI = octet(), let source = string(),
      let destinationTON = octet(), let destinationNPI = octet(), let destination = string(),
      let esmClass = octet(), octet() != nil, octet() != nil, string() != nil, string() != nil,
      let registeredDelivery = octet(), octet() != nil, let dataCoding = octet(), octet() != nil,
      let length = octet(), at + Int(length) <= body.count
    else { return nil }
    self.init(
      source: source, destination: destination, text: Array(body[at..<at + Int(length)]), esmClass: esmClass)
    self.sourceTON = sourceTON
    self.sourceNPI = sourceNPI
    self.destinationTON = destinationTON
    self.destinationNPI = destinationNPI
    self.registeredDelivery = registeredDelivery
    self.dataCoding = dataCoding
    tail = Array(body[(at + Int(length))...])
  }

  var body: [UInt8] {
    var body: [UInt8] = [0, sourceTON, sourceNPI]
    body += Array(source.utf8) + [0, destinationTON, destinationNPI] + Array(destination.utf8) + [0]
    body += [
      esmClass, 0, 0, 0, 0, registeredDelivery, 0, dataCoding, 0, UInt8(truncatingIfNeeded: text.count),
    ]
    return body + text + tail
  }

  /// (number of parts, this part's number), by the user data header; (1, 1) without one.
  var part: (total: Int, number: Int) {
    guard esmClass & 0x40 != 0, text.count >= 6 else { return (1, 1) }
    if text[1] == 0x00 { return (Int(text[4]), Int(text[5])) }
    if text[1] == 0x08, text.count >= 7 { return (Int(text[5]), Int(text[6])) }
    return (1, 1)
  }

  /// The text without a user data header, when it is ASCII.
  var plainText: String {
    let skipped = esmClass & 0x40 != 0 && !text.isEmpty ? Int(text[0]) + 1 : 0
    return String(decoding: text.dropFirst(skipped), as: UTF8.self)
  }
}
