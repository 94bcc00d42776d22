import Glibc
import Testing

@testable import NetIO

/// Octets through TLS: nothing lost, nothing twice, nothing waited for in vain.
@Suite struct TLSStreamTests {
  let made: Certificates

  init() throws { made = try Certificates() }

  private func pair() throws -> TLSPair {
    let pair = try TLSPair(try made.client(), try made.server())
    #expect(pair.isDone)
    return pair
  }

  @Test func fullSocketsAndMovingBuffersLoseNothing() throws {
    let pair = try pair()
    try pair.ends.first.setBufferSizes(send: 4096)
    let octets = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
    var output = OutputBuffer()
    var input = InputBuffer(limit: 1 << 20)
    var received: [UInt8] = []
    received.reserveCapacity(octets.count)
    var appended = 0
    var blocked = 0
    while received.count < octets.count {
      // More comes while a sealed record waits: its octets stay in front, in a buffer that may have moved.
      if appended < octets.count {
        let next = min(octets.count, appended + 70_001)
        output.append(contentsOf: octets[appended..<next])
        appended = next
      }
      switch output.flush(to: pair.ends.first) {
      case .all: break
      case .blocked: blocked += 1
      case .closed, .failed: Issue.record("the connection ended")
      }
      reading: while true {
        switch input.fill(from: pair.ends.second) {
        case .count(let count) where count > 0:
          input.withUnread { received.append(contentsOf: $0) }
          input.consume(count)
        case .wouldBlock: break reading
        case let other:
          Issue.record("\(other)")
          return
        }
      }
    }
    #expect(blocked > 0)
    #expect(received == octets)
    #expect(output.writtenOctets == UInt64(octets.count))
  }

  @Test func octetsThatEpollDoesNotSeeAreReported() throws {
    let pair = try pair()
    #expect(pair.clientWrites(String(repeating: "x", count: 1000)) == .count(1000))
    // One recv takes the whole record; the reader takes a part of it.
    let part = try pair.ends.second.readWaiting(10)
    #expect(part.count == 10)
    #expect(pair.serverHasPending)
    #expect(pair.serverReads() == .count(990))
    #expect(!pair.serverHasPending)
    #expect(pair.serverReads() == .wouldBlock)
  }

  @Test func octetsThatCameWithTheHandshakesEndAreReported() throws {
    let half = try HalfTLSPair(try made.client(), host: Certificates.host)
    try half.ends.second.startTLS(try made.server())
    #expect(half.handshake() == .wantRead)
    var server = half.ends.second.handshake()
    #expect(server == .wantRead)
    #expect(half.handshake() == .done)
    let written = half.ends.first.write("bind")
    #expect(written == .count(4))
    server = half.ends.second.handshake()
    #expect(server == .done)
    let isPending = half.ends.second.hasPending
    #expect(isPending)
    let read = half.ends.second.readNow()
    #expect(read == .count(4))
  }

  @Test func closeNotifyIsReportedAfterTheOctetsBeforeIt() throws {
    let pair = try pair()
    #expect(pair.clientWrites("bye") == .count(3))
    pair.ends.first.shutdownWriting()
    #expect(pair.serverReads() == .count(3))
    #expect(pair.serverHasPending)
    #expect(pair.serverReads() == .closed)
    #expect(pair.serverFailure == nil)
    // The other direction goes on.
    #expect(pair.serverWrites("still") == .count(5))
    #expect(pair.clientReads() == .count(5))
  }

  @Test func aCloseWithoutCloseNotifyIsAClose() throws {
    let pair = try pair()
    #expect(pair.clientWrites("bye") == .count(3))
    shutdown(pair.ends.first.descriptor.rawValue, Int32(SHUT_RDWR))
    #expect(pair.serverReads() == .count(3))
    #expect(pair.serverReads() == .closed)
    #expect(pair.serverFailure == "tls: the peer closed the connection")
  }

  @Test func aDamagedRecordEndsTheConnectionWithAReason() throws {
    let pair = try pair()
    let damaged: [UInt8] = [23, 3, 3, 0, 20] + [UInt8](repeating: 0x41, count: 20)
    #expect(
      damaged.withUnsafeBytes { Descriptor.write(pair.ends.first.descriptor.rawValue, $0) } == .count(25))
    #expect(pair.serverReads() == .failed(.protocolFault))
    #expect(pair.serverFailure == "tls: a record of the peer's is damaged")
    #expect(pair.serverWrites("more") == .closed)
  }

  @Test func writingToAPeerThatIsGoneRaisesNoSignal() throws {
    let pair = try pair()
    shutdown(pair.ends.first.descriptor.rawValue, Int32(SHUT_RDWR))
    // The first write may still be taken by the kernel.
    var last = IOResult.count(0)
    for _ in 0..<3 { last = pair.serverWrites("x") }
    #expect(last == .closed)
  }

  @Test func replacingAContextLeavesItsSessionsAlone() throws {
    var context: TLSContext? = try made.server()
    let pair = try TLSPair(try made.client(), try #require(context))
    context = nil
    #expect(pair.isDone)
    #expect(pair.serverWrites("on") == .count(2))
    #expect(pair.clientReads() == .count(2))
  }
}

@Suite struct TLSFilesTests {
  @Test func filesThatAreNoCertificatesAndKeysAreNamedSo() throws {
    let made = try Certificates()
    #expect(throws: TLSError("holds no certificate (expected PEM)")) {
      try TLSCertificates(pem: Array("hello".utf8))
    }
    #expect(throws: TLSError("is empty")) { try TLSCertificates(pem: []) }
    let damaged = String(decoding: made.server.certificate, as: UTF8.self).replacing("\nMII", with: "\nMAA")
    #expect(throws: TLSError("holds a damaged certificate (number 1)")) {
      try TLSCertificates(pem: Array(damaged.utf8))
    }
    let chain = try TLSCertificates(pem: made.server.certificate)
    #expect(throws: TLSError("does not belong to the certificate")) {
      try TLSIdentity(chain: chain, key: made.client.key)
    }
    #expect(throws: TLSError("holds no private key (expected PEM)")) {
      try TLSIdentity(chain: chain, key: made.server.certificate)
    }
    let identity = try made.server.identity()
    #expect(!"\(identity)".contains("PRIVATE"))
    #expect(Mirror(reflecting: identity).children.isEmpty)
  }

  @Test(arguments: ["sha256/", "sha1/AAAA", "sha256/" + String(repeating: "A", count: 44), "x"])
  func pinsThatAreNoneAreRefused(_ text: String) {
    #expect(throws: TLSError.self) { try KeyPin(text) }
  }

  @Test func hostileNamesCannotBreakTheJournalsLine() throws {
    let hostile = try CertificateMaker.make(.init(commonName: "a\n<2>event=fake\"\u{1b}[2J"))
    let names = try hostile.identity().certificate?.names ?? []
    #expect(names.count == 1)
    #expect(names[0].utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 })
  }
}
