import Foundation
import Glibc

/// A listening socket on the loopback interface whose connections a test reads and writes octet by octet.
final class RawListener {
  let port: UInt16
  private var descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = self.descriptor
    let listening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    guard listening else { throw HarnessError.system("listening socket") }
    port = UInt16(bigEndian: address.sin_port)
  }

  /// The next connection.
  func accept(within limit: Duration = .seconds(30)) throws -> RawWire {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&polled, 1, Int32(limit.seconds * 1000)) == 1 else {
      throw HarnessError("nobody connected in \(limit)")
    }
    return RawWire(descriptor: Glibc.accept(descriptor, nil, nil))
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  deinit { close() }
}

/// A port nobody listens on at the moment.
func freePort() throws -> UInt16 {
  let probe = try RawListener()
  defer { probe.close() }
  return probe.port
}

/// One connection: octets out as they are given, PDUs in one by one, with deadlines.
final class RawWire {
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  /// What came while something else was awaited.
  private var aside: [RawPDU] = []
  private var nextSequence: UInt32 = 1
  /// Every PDU read, in order.
  private(set) var read: [RawPDU] = []

  init(descriptor: Int32) {
    self.descriptor = descriptor
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
  }

  /// Connects to a port of this machine.
  static func connect(to port: UInt16) throws -> RawWire {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw HarnessError.system("connect to \(port)") }
    return RawWire(descriptor: descriptor)
  }

  deinit { close() }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// A write that waits longer for the gateway to read fails.
  func writesWaitAtMost(_ limit: Duration) {
    var time = timeval(tv_sec: Int(limit.components.seconds), tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Our half of the connection ends; theirs is still read.
  func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  func write(_ octets: [UInt8]) throws {
    var written = 0
    while written < octets.count {
      let count = octets.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: written), octets.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw HarnessError.system("write to the gateway") }
      written += count
    }
  }

  func send(_ pdu: RawPDU) throws { try write(pdu.encoded) }

  /// Sends a request under a fresh sequence number, and gives that.
  @discardableResult
  func request(_ command: UInt32, _ body: [UInt8] = []) throws -> UInt32 {
    defer { nextSequence += 1 }
    try send(RawPDU(command: command, sequence: nextSequence, body: body))
    return nextSequence
  }

  /// Answers a request.
  func answer(_ request: RawPDU, status: UInt32 = 0, _ body: [UInt8] = []) throws {
    try send(
      RawPDU(
        command: request.command | RawPDU.response, status: status, sequence: request.sequence, body: body))
  }

  private enum Arrival { case octets, end }

  private func fill(until deadline: ContinuousClock.Instant) throws -> Arrival {
    while true {
      let left = ContinuousClock.now.duration(to: deadline).seconds
      guard left > 0 else { throw HarnessError("the gateway sent nothing more in time; read \(summary)") }
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, Int32(left * 1000) + 1) == 1 else { continue }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
      guard count > 0 else { return .end }
      buffer += chunk[..<count]
      let pdus = RawPDU.take(from: &buffer)
      read += pdus
      for pdu in pdus {
        if pdu.command == RawPDU.enquireLink { try answer(pdu) } else { aside.append(pdu) }
      }
      return .octets
    }
  }

  /// The next PDU with this command and, where given, this sequence number. What else comes waits for its own turn;
  /// enquire_link is answered.
  func next(
    _ command: UInt32, sequence: UInt32? = nil, within limit: Duration = .seconds(30)
  ) throws -> RawPDU {
    let deadline = ContinuousClock.now + limit
    while true {
      if let index = aside.firstIndex(where: {
        $0.command == command && (sequence == nil || $0.sequence == sequence)
      }) {
        return aside.remove(at: index)
      }
      if try fill(until: deadline) == .end {
        throw HarnessError("closed before 0x\(String(command, radix: 16)) came; read \(summary)")
      }
    }
  }

  /// Waits for the other side's end of file.
  func awaitEnd(within limit: Duration = .seconds(30)) throws {
    let deadline = ContinuousClock.now + limit
    while try fill(until: deadline) != .end {}
  }

  /// PDUs that came and were not asked for.
  var unasked: [RawPDU] { aside }

  private var summary: String {
    "["
      + read.suffix(6).map { "0x\(String($0.command, radix: 16))/\($0.status)/\($0.sequence)" }
      .joined(separator: " ") + "]"
  }
}
