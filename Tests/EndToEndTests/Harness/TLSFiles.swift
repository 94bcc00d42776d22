import Foundation
import Glibc
import NetIO

/// Certificates and keys of one test, in files as peers and the gateway read them.
final class TLSFiles {
  struct Pair {
    var certificate: String
    var key: String
    /// The certificates behind it; nil: none.
    var chain: String?
    var issued: CertificateMaker.Issued
    var pin: String
  }

  static let host = "smpp.carrier.example"

  let directory: URL
  /// The authority that both sides trust unless told otherwise.
  let root: Pair
  let password: String

  init() throws {
    directory = try Locations.temporaryDirectory()
    root = try TLSFiles.write(try CertificateMaker.make(.authority("Test Root")), "root", in: directory)
    password = try TLSFiles.write(Array(GatewayProcess.password.utf8), "password", in: directory)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  /// One of the root's; good for `host` unless changed.
  func make(
    _ name: String, by issuer: Pair? = nil, isLone: Bool = false, chain: [Pair] = [],
    _ change: (inout CertificateMaker.Request) -> Void = { _ in }
  ) throws -> Pair {
    var request = CertificateMaker.Request(commonName: name, names: [TLSFiles.host])
    change(&request)
    let issued = try CertificateMaker.make(request, signedBy: isLone ? nil : (issuer ?? root).issued)
    return try TLSFiles.write(issued, name, chain: chain, in: directory)
  }

  func authority(_ name: String, by issuer: Pair? = nil) throws -> Pair {
    try TLSFiles.write(
      try CertificateMaker.make(.authority(name), signedBy: issuer?.issued),
      name.filter(\.isLetter), in: directory)
  }

  /// Puts another certificate and key in the place of `pair`.
  func replace(_ pair: Pair, by other: Pair) throws {
    try Data(other.issued.certificate).write(to: URL(fileURLWithPath: pair.certificate), options: .atomic)
    _ = try TLSFiles.write(
      other.issued.key, URL(fileURLWithPath: pair.key).lastPathComponent, in: directory)
  }

  private static func write(
    _ issued: CertificateMaker.Issued, _ name: String, chain: [Pair] = [], in directory: URL
  ) throws -> Pair {
    let all = issued.certificate + chain.flatMap(\.issued.certificate)
    return Pair(
      certificate: try write(all, name + ".pem", in: directory),
      key: try write(issued.key, name + ".key", in: directory),
      chain: chain.isEmpty
        ? nil : try write(chain.flatMap(\.issued.certificate), name + ".chain", in: directory),
      issued: issued,
      pin: try issued.identity().certificate?.keyPin.map { "\($0)" } ?? "")
  }

  static func write(_ octets: [UInt8], _ name: String, in directory: URL) throws -> String {
    let path = directory.appendingPathComponent(name).path
    try? FileManager.default.removeItem(atPath: path)
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(octets), attributes: [.posixPermissions: 0o600])
    else { throw HarnessError("cannot write \(path)") }
    return path
  }
}

/// Programs that speak TLS and are not ours, and peers that do not speak it.
enum TLSPeers {
  /// A port nobody listens on.
  static func freePort() throws -> UInt16 {
    let listener = try TCP.listen(on: .loopback())
    return try listener.localAddress().port
  }

  /// `openssl s_server`: shakes hands with whoever comes.
  static func server(_ pair: TLSFiles.Pair, _ more: [String] = []) throws -> (child: Child, port: UInt16) {
    let port = try freePort()
    let child = try Child(
      "openssl s_server",
      [
        "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert", pair.certificate, "-key",
        pair.key,
      ] + (pair.chain.map { ["-cert_chain", $0] } ?? []) + more)
    _ = try child.line { $0.hasPrefix("ACCEPT") }
    return (child, port)
  }

  /// `openssl s_client`: shakes hands, and ends.
  static func client(_ port: UInt16, _ more: [String] = []) throws -> Child {
    try Child("openssl s_client", ["openssl", "s_client", "-connect", "127.0.0.1:\(port)"] + more)
  }

  /// socat with TLS towards the gateway, in front of a carrier without. Where it does not fork, its end is the connection's.
  static func terminator(
    _ pair: TLSFiles.Pair, to port: UInt16, _ more: String = ",verify=0", forks: Bool = true
  )
    throws -> (
      child: Child, port: UInt16
    )
  {
    let listening = try freePort()
    let child = try Child(
      "socat",
      [
        "socat", "-d", "-d",
        "OPENSSL-LISTEN:\(listening),bind=127.0.0.1\(forks ? ",fork" : ""),reuseaddr,cert=\(pair.certificate),key=\(pair.key)\(more)",
        "TCP:127.0.0.1:\(port)",
      ])
    _ = try child.errorLine { $0.contains("listening on") }
    return (child, listening)
  }

  /// socat with TLS towards the gateway's listener, behind a peer without.
  static func initiator(to port: UInt16, _ more: String) throws -> (child: Child, port: UInt16) {
    let listening = try freePort()
    let child = try Child(
      "socat",
      [
        "socat", "-d", "-d", "TCP-LISTEN:\(listening),bind=127.0.0.1,fork,reuseaddr",
        "OPENSSL:127.0.0.1:\(port)\(more)",
      ])
    _ = try child.errorLine { $0.contains("listening on") }
    return (child, listening)
  }
}

/// A peer that says the same octets to whoever connects, after it was sent something; with none it stays silent.
final class RawPeer: @unchecked Sendable {
  let port: UInt16
  private let stopped = Monitor(false)

  init(answer: [UInt8]) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isOpen else { throw HarnessError.system("raw peer") }
    port = UInt16(bigEndian: address.sin_port)
    let stopped = stopped
    Thread.detachNewThread {
      var open: [Int32] = []
      while !stopped.read({ $0 }) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 200) > 0 else { continue }
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { continue }
        open.append(connection)
        guard !answer.isEmpty else { continue }
        var octets = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &octets, octets.count, 0)
        _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      }
      for connection in open { close(connection) }
      close(descriptor)
    }
  }

  func stop() { stopped.change { $0 = true } }
}

/// A client on a plain socket.
final class RawClient {
  private let descriptor: Int32
  private var pending: [UInt8] = []

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = self.descriptor
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw HarnessError.system("connect") }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func shutdown() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

  func write(_ octets: [UInt8]) { _ = send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL)) }

  func write(_ pdu: RawPDU) { write(pdu.encoded) }

  /// The next PDU.
  func read() throws -> RawPDU {
    while true {
      var buffer = pending
      let pdus = RawPDU.take(from: &buffer)
      if let first = pdus.first {
        pending.removeFirst(first.encoded.count)
        return first
      }
      var octets = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &octets, octets.count, 0)
      guard count > 0 else { throw HarnessError("the gateway closed the connection") }
      pending += octets[..<count]
    }
  }

  /// bind_transceiver as `system_id`, and its answer's status.
  func bind(_ systemID: String) throws -> UInt32 {
    let body =
      Array(systemID.utf8) + [0] + Array(GatewayProcess.password.utf8) + [0, 0, 0x34, 0, 0, 0]
    write(RawPDU(command: RawPDU.bindTransceiver, sequence: 1, body: body))
    return try read().status
  }
}
