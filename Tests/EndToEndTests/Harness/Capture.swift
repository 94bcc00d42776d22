import Foundation
import Glibc

/// What passes the loopback interface, taken by dumpcap (of Debian's tshark) while a test runs.
final class Capture {
  private let child: Child
  private let marker = [UInt8]("tollgate capture ends \(getpid())".utf8)
  private let markerPort: UInt16 = 9

  /// `filter` is a capture filter, say "tcp port 2775".
  init(filter: String) throws {
    try Locations.foreignImplementations.get()
    child = try Child(
      "dumpcap",
      [
        "dumpcap", "-q", "-P", "-B", "32", "-i", "lo", "-f", "(\(filter)) or udp port \(markerPort)", "-w",
        "-",
      ],
      rawOutput: true)
    _ = try child.errorLine { $0.hasPrefix("File: ") }
  }

  /// Everything that was sent before this call, as a pcap file's octets.
  func finish() throws -> [UInt8] {
    // Packets of one interface come in order: once the marker is there, all before it is there too.
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = markerPort.bigEndian
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, marker, marker.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard sent == marker.count else { throw HarnessError.system("the capture's marker") }
    // Other tests go on sending: the marker need not be among the last octets when they are looked at.
    var seen = 0
    let octets = try child.octets { octets in
      let start = max(0, seen - marker.count)
      seen = octets.count
      // The file ends with the marker's packet: what follows may be a packet that is not all here yet.
      return Data(octets[start...]).range(of: Data(marker)).map { Array(octets[..<(start + $0.upperBound)]) }
    }
    child.send(signal: SIGINT)
    try child.waitForExit()
    if let dropped = child.errorLines.first(where: {
      $0.contains("dropped") && !$0.contains(" 0 ") && !$0.contains("/0 (")
    }) {
      // dumpcap tells drops of the interface's queue; a capture with holes proves nothing.
      guard dropped.contains("100.0%") else { throw HarnessError("the capture has holes: \(dropped)") }
    }
    return octets
  }

  func destroy() { child.destroy() }
}

/// One direction of one TCP connection.
struct Flow: Hashable, Comparable, CustomStringConvertible {
  var sourcePort: UInt16
  var destinationPort: UInt16

  static func < (a: Flow, b: Flow) -> Bool {
    (a.sourcePort, a.destinationPort) < (b.sourcePort, b.destinationPort)
  }
  var description: String { "\(sourcePort)>\(destinationPort)" }
}

/// Reading and writing of pcap files (Ethernet, IPv4, TCP), as far as a capture of the loopback interface needs.
enum Pcap {
  /// The octets each side of each connection sent, in order.
  static func streams(_ file: [UInt8]) throws -> [Flow: [UInt8]] {
    func little(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[at + $1]) << (8 * $1) } }
    func big16(_ at: Int) -> Int { Int(file[at]) << 8 | Int(file[at + 1]) }
    guard file.count >= 24, [0xA1B2_C3D4, 0xA1B2_3C4D].contains(little(0)), little(20) == 1 else {
      throw HarnessError("not a pcap file of Ethernet frames")
    }
    var streams: [Flow: [UInt8]] = [:]
    var first: [Flow: UInt32] = [:]
    var at = 24
    while at + 16 <= file.count {
      let length = little(at + 8)
      let frame = at + 16
      at = frame + length
      guard at <= file.count else { break }
      let ip = frame + 14
      guard length >= 54, big16(frame + 12) == 0x0800, file[ip + 9] == 6 else { continue }
      let tcp = ip + Int(file[ip] & 0x0F) * 4
      let payload = tcp + Int(file[tcp + 12] >> 4) * 4
      let end = ip + big16(ip + 2)
      let flow = Flow(sourcePort: UInt16(big16(tcp)), destinationPort: UInt16(big16(tcp + 2)))
      let sequence = RawPDU.integer(file[tcp + 4..<tcp + 8])
      if file[tcp + 13] & 0x02 != 0 {
        // SYN; a port used a second time starts a new stream, which no test here needs.
        first[flow] = sequence &+ 1
        continue
      }
      guard let start = first[flow], end > payload, end <= at else { continue }
      let offset = Int(sequence &- start)
      let have = streams[flow, default: []].count
      guard offset <= have else { throw HarnessError("the capture lacks octets of \(flow)") }
      let fresh = have - offset
      if fresh < end - payload { streams[flow, default: []] += file[payload + fresh..<end] }
    }
    return streams
  }

  /// A capture in which every PDU is a packet of its own.
  static func file(ofWhole packets: [(flow: Flow, octets: [UInt8])]) -> [UInt8] {
    func little(_ value: UInt32) -> [UInt8] { RawPDU.octets(value).reversed() }
    func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
    var file = little(0xA1B2_C3D4) + [2, 0, 4, 0] + little(0) + little(0) + little(1 << 18) + little(1)
    var sent: [Flow: UInt32] = [:]
    for (index, packet) in packets.enumerated() {
      let sequence = sent[packet.flow, default: 1]
      sent[packet.flow] = sequence &+ UInt32(packet.octets.count)
      let back = Flow(sourcePort: packet.flow.destinationPort, destinationPort: packet.flow.sourcePort)
      let tcp: [UInt8] =
        big(packet.flow.sourcePort) + big(packet.flow.destinationPort) + RawPDU.octets(sequence)
        + RawPDU.octets(sent[back, default: 1]) + [0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]
      let ip: [UInt8] =
        [0x45, 0] + big(UInt16(40 + packet.octets.count)) + [
          0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
        ]
      let frame = [UInt8](repeating: 0, count: 12) + [8, 0] + ip + tcp + packet.octets
      file +=
        little(1_700_000_000) + little(UInt32(index)) + little(UInt32(frame.count))
        + little(UInt32(frame.count))
      file += frame
    }
    return file
  }
}
