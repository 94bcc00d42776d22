import CommandFrame
import Contract
import Glibc

/// A capture in the classic pcap format, made of traced PDUs: one TCP segment each, in IP packets that never were. What
/// TLS hid on the wire is plain in it.
///
/// We are 10.0.0.1, the carrier 10.0.1.1. Whoever waited for the connection has port 2775, by which decoders know SMPP.
final class PcapFile {
  private static let ours: [UInt8] = [10, 0, 0, 1]
  private static let theirs: [UInt8] = [10, 0, 1, 1]
  private static let smpp: UInt16 = 2775
  /// Packets without a link layer: LINKTYPE_RAW.
  private static let linkType: UInt32 = 101
  private static let longestPacket = 262_144
  private static let headers = 40

  private let descriptor: Int32
  private let name: String
  /// Octets sent so far each way, by connection: us first.
  private var sent: [Int: (ours: UInt32, theirs: UInt32)] = [:]
  private var packets: UInt16 = 0

  /// Makes the file anew; only its owner may read it, since it holds texts.
  init(_ name: String) throws {
    self.name = name
    descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure(.io, "cannot write \(name): \(String(cString: strerror(errno)))")
    }
    var header: [UInt8] = []
    header.little(0xA1B2_C3D4 as UInt32)
    header.little(2 as UInt16)
    header.little(4 as UInt16)
    header.little(0 as UInt32)
    header.little(0 as UInt32)
    header.little(UInt32(Self.longestPacket))
    header.little(Self.linkType)
    try write(header)
  }

  deinit { close(descriptor) }

  /// Adds one PDU; nothing where the trace did not tell its octets.
  func add(_ pdu: TracedPDU) throws {
    guard let hex = pdu.hex else { return }
    let octets = Self.octets(hex)
    let packet = packet(pdu, octets)
    var record: [UInt8] = []
    record.little(UInt32(truncatingIfNeeded: pdu.timeUs / 1_000_000))
    record.little(UInt32(truncatingIfNeeded: pdu.timeUs % 1_000_000))
    record.little(UInt32(packet.count))
    record.little(UInt32(Self.headers + max(pdu.octets, octets.count)))
    try write(record + packet)
  }

  private func packet(_ pdu: TracedPDU, _ octets: [UInt8]) -> [UInt8] {
    let isOurs = pdu.direction == .out
    // Ports of those who connect: one for each connection.
    let other = UInt16(32_768 + pdu.connection % 28_000)
    let (ourPort, theirPort) = pdu.opened == .out ? (other, Self.smpp) : (Self.smpp, other)
    var counts = sent[pdu.connection] ?? (1, 1)
    let sequence = isOurs ? counts.ours : counts.theirs
    let acknowledged = isOurs ? counts.theirs : counts.ours
    let length = UInt32(truncatingIfNeeded: max(pdu.octets, octets.count))
    if isOurs { counts.ours &+= length } else { counts.theirs &+= length }
    sent[pdu.connection] = counts
    packets &+= 1

    let total = UInt16(clamping: Self.headers + Int(length))
    var ip: [UInt8] = [0x45, 0]
    ip.big(total)
    ip.big(packets)
    ip += [0x40, 0, 64, 6, 0, 0]
    ip += isOurs ? Self.ours + Self.theirs : Self.theirs + Self.ours
    ip.set(checksum: Self.checksum(ip), at: 10)

    var tcp: [UInt8] = []
    tcp.big(isOurs ? ourPort : theirPort)
    tcp.big(isOurs ? theirPort : ourPort)
    tcp.big(UInt16(truncatingIfNeeded: sequence >> 16))
    tcp.big(UInt16(truncatingIfNeeded: sequence))
    tcp.big(UInt16(truncatingIfNeeded: acknowledged >> 16))
    tcp.big(UInt16(truncatingIfNeeded: acknowledged))
    // Five words of header, PSH and ACK, a full window.
    tcp += [0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]
    tcp += octets
    var pseudo = Array(ip[12..<20]) + [0, 6]
    pseudo.big(total - 20)
    tcp.set(checksum: Self.checksum(pseudo + tcp), at: 16)
    return ip + tcp
  }

  /// The Internet checksum (RFC 1071).
  static func checksum(_ octets: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    var at = 0
    while at < octets.count {
      sum += UInt32(octets[at]) << 8 | (at + 1 < octets.count ? UInt32(octets[at + 1]) : 0)
      at += 2
    }
    while sum > 0xFFFF { sum = sum >> 16 + sum & 0xFFFF }
    return ~UInt16(truncatingIfNeeded: sum)
  }

  private static func octets(_ hex: String) -> [UInt8] {
    func digit(_ character: UInt8) -> UInt8 {
      character <= 0x39 ? character &- 0x30 : (character | 0x20) &- 0x61 &+ 10
    }
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digit(digits[$0]) << 4 | digit(digits[$0 + 1]) }
  }

  private func write(_ octets: [UInt8]) throws {
    var rest = octets[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure(.io, "cannot write \(name): \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func little(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func big(_ value: UInt16) {
    append(UInt8(value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  fileprivate mutating func set(checksum: UInt16, at index: Int) {
    self[index] = UInt8(checksum >> 8)
    self[index + 1] = UInt8(truncatingIfNeeded: checksum)
  }
}
