import Glibc
import TestSupport
import Testing

@testable import NetIO

/// Seconds of a day.
let day: Int64 = 86_400

var today: Int64 { WallClock.nowMilliseconds / 1000 }

/// Two ends of one connection with TLS on it, and how their handshake ended.
final class TLSPair {
  var ends: ConnectionPair
  private(set) var clientEnded = TLSHandshake.wantRead
  private(set) var serverEnded = TLSHandshake.wantRead

  /// Shakes hands to the end: in one thread, since no call blocks.
  init(_ client: TLSContext, _ server: TLSContext, host: String? = Certificates.host) throws {
    ends = try UnixSocket.pair()
    try ends.first.startTLS(client, host: host)
    try ends.second.startTLS(server)
    for _ in 0..<20 {
      if !TLSPair.isOver(clientEnded) { clientEnded = ends.first.handshake() }
      if !TLSPair.isOver(serverEnded) { serverEnded = ends.second.handshake() }
    }
  }

  private static func isOver(_ state: TLSHandshake) -> Bool {
    switch state {
    case .done, .failed: true
    case .wantRead, .wantWrite: false
    }
  }

  var isDone: Bool { clientEnded == .done && serverEnded == .done }

  /// Why the client would not go on; what it reads first counts too, since in TLS 1.3 a server says then that it
  /// does not want the client's certificate.
  func clientReason() -> String {
    if case .failed(let failure) = clientEnded { return failure.description }
    _ = ends.first.readNow()
    return clientFailure ?? "none"
  }

  func serverReason() -> String {
    if case .failed(let failure) = serverEnded { return failure.description }
    _ = ends.second.readNow()
    return serverFailure ?? "none"
  }

  // The macros of the tests cannot look into what cannot be copied.
  func clientWrites(_ text: String) -> IOResult { ends.first.write(text) }
  func serverWrites(_ text: String) -> IOResult { ends.second.write(text) }
  func clientReads() -> IOResult { ends.first.readNow() }
  func serverReads() -> IOResult { ends.second.readNow() }
  func clientIsRevoked(by context: TLSContext) -> Bool { ends.first.isRevoked(by: context) }
  var serverHasPending: Bool { ends.second.hasPending }
  var clientFailure: String? { ends.first.tlsFailure?.description }
  var serverFailure: String? { ends.second.tlsFailure?.description }
  var clientsVersion: String { ends.first.tlsDescription ?? "none" }
  /// What the client was shown, and the server.
  var serversCertificate: TLSCertificate? { ends.first.peerCertificate }
  var clientsCertificate: TLSCertificate? { ends.second.peerCertificate }
}

/// One end with TLS, the other one without.
final class HalfTLSPair {
  var ends: ConnectionPair

  init(_ context: TLSContext, host: String? = nil) throws {
    ends = try UnixSocket.pair()
    try ends.first.startTLS(context, host: host)
  }

  func handshake() -> TLSHandshake { ends.first.handshake() }
  func bareWrites(_ octets: [UInt8]) -> IOResult { octets.withUnsafeBytes { ends.second.write($0) } }
}

/// An authority, a server's certificate of its making and a client's.
struct Certificates {
  let authority: CertificateMaker.Issued
  let server: CertificateMaker.Issued
  let client: CertificateMaker.Issued
  static let host = "smpp.carrier.example"

  init() throws {
    authority = try CertificateMaker.make(.authority("Test Root"))
    server = try CertificateMaker.make(
      .init(commonName: "carrier", names: [Certificates.host, "127.0.0.1"]), signedBy: authority)
    client = try CertificateMaker.make(.init(commonName: "tollgate"), signedBy: authority)
  }

  /// One more of the authority's, changed.
  func server(_ change: (inout CertificateMaker.Request) -> Void) throws -> CertificateMaker.Issued {
    var request = CertificateMaker.Request(commonName: "carrier", names: [Certificates.host])
    change(&request)
    return try CertificateMaker.make(request, signedBy: authority)
  }

  var trusting: TLSClientSettings {
    get throws {
      var settings = TLSClientSettings()
      settings.authorities = try TLSCertificates(pem: authority.certificate)
      return settings
    }
  }

  func client(_ change: (inout TLSClientSettings) throws -> Void = { _ in }) throws -> TLSContext {
    var settings = try trusting
    try change(&settings)
    return try TLSContext(settings)
  }

  func server(
    _ issued: CertificateMaker.Issued? = nil, chain: [UInt8] = [],
    _ change: (inout TLSServerSettings) throws -> Void = { _ in }
  ) throws -> TLSContext {
    var settings = TLSServerSettings(identity: try (issued ?? server).identity(chain: chain))
    try change(&settings)
    return try TLSContext(settings)
  }

  /// The authority's list.
  func list(
    revoked: [CertificateMaker.Issued] = [], by issuer: CertificateMaker.Issued? = nil,
    nextUpdate: Int64? = nil
  ) throws -> RevocationLists {
    try RevocationLists(
      pem: try RevocationListMaker.make(by: issuer ?? authority, revoked: revoked, nextUpdate: nextUpdate))
  }

  func asksForClients(_ settings: inout TLSServerSettings) throws {
    settings.clientAuthorities = try TLSCertificates(pem: authority.certificate)
  }
}
