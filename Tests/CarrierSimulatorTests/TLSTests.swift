import NetIO
import SMPP
import SMPPSession
import Testing

@testable import CarrierSimulator

/// The simulated carrier with TLS, and a client that is nothing but a connection.
@Suite struct TLSSimulatorTests {
  private func simulator(_ identity: TLSIdentity) throws -> (CarrierSimulator, UInt16) {
    var configuration = CarrierSimulator.Configuration()
    configuration.tls = TLSServerSettings(identity: identity)
    let simulator = CarrierSimulator(configuration)
    return (simulator, try simulator.start())
  }

  /// Shakes hands, sends `pdu`, and gives the first PDU that comes back; nil: the connection ended before.
  private func exchange(_ context: TLSContext, _ port: UInt16, _ pdu: PDU) throws -> PDU? {
    var connection = try TCP.connect(to: .loopback(port: port))
    try connection.startTLS(context, host: "127.0.0.1")
    let loop = try EventLoop()
    let token = try loop.add(connection, [.readable, .writable])
    var events: [EventLoop.Event] = []
    var input = InputBuffer(limit: 1 << 16)
    var output = OutputBuffer()
    output.append { pdu.encode(into: &$0) }
    var isSecured = false
    let limit = loop.now + .seconds(20)
    while loop.now < limit {
      loop.wait(until: limit, into: &events)
      if !isSecured {
        switch connection.handshake() {
        case .wantRead: loop.modify(token, .readable)
        case .wantWrite: loop.modify(token, .writable)
        case .failed: return nil
        case .done:
          isSecured = true
          _ = output.flush(to: connection)
          loop.modify(token, .readable)
        }
        continue
      }
      switch input.fill(from: connection) {
      case .closed, .failed: return nil
      case .count, .wouldBlock: break
      }
      let first = input.withUnread { octets -> PDU? in
        guard case .frame(let length) = Framing.next(octets),
          case .pdu(let pdu) = PDU.decode(UnsafeRawBufferPointer(rebasing: octets[..<length]))
        else { return nil }
        return pdu
      }
      if let first { return first }
    }
    return nil
  }

  @Test func aBindOverTLSIsAnsweredAndAStrangerToItsCertificateLeaves() throws {
    let identity = try CertificateMaker.make(.init(commonName: "smsc", names: ["127.0.0.1"])).identity()
    let (simulator, port) = try simulator(identity)
    defer { simulator.stop() }
    var trusting = TLSClientSettings()
    trusting.verification = .pin
    trusting.pins = [try #require(identity.certificate?.keyPin)]
    let bind = PDU(
      sequence: 1, body: .bind(.transceiver, Bind(systemID: "acme", password: "secret")))
    let answer = try #require(try exchange(try TLSContext(trusting), port, bind))
    #expect(answer.status == .ESME_ROK)
    #expect(answer.sequence == 1)
    #expect(try exchange(try TLSContext(TLSClientSettings()), port, bind) == nil)
  }
}
