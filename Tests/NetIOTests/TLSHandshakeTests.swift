import COpenSSL
import Testing

@testable import NetIO

/// Who is believed and who is not, and the one line that says why.
@Suite struct TLSHandshakeTests {
  let made: Certificates

  init() throws { made = try Certificates() }

  @Test(arguments: TLSVersion.allCases)
  func aServerOfOurAuthorityWithTheRightNameIsBelieved(_ version: TLSVersion) throws {
    let client = try made.client()
    client.limit(to: version)
    let pair = try TLSPair(client, try made.server())
    #expect(pair.isDone)
    #expect(pair.clientsVersion.hasPrefix("TLSv\(version.rawValue) "))
    #expect(pair.serversCertificate?.names == [Certificates.host, "127.0.0.1"])
    #expect(pair.clientWrites("bind") == .count(4))
    #expect(pair.serverReads() == .count(4))
  }

  @Test func anAddressIsCheckedAgainstTheCertificatesAddresses() throws {
    let good = try TLSPair(try made.client(), try made.server(), host: "127.0.0.1")
    #expect(good.isDone)
    let wrong = try TLSPair(try made.client(), try made.server(), host: "127.0.0.2")
    #expect(
      wrong.clientReason()
        == "tls: certificate is for smpp.carrier.example, 127.0.0.1, not for 127.0.0.2")
  }

  @Test func aWrongNameIsRefusedAndBothNamesAreShown() throws {
    let pair = try TLSPair(try made.client(), try made.server(), host: "smpp.other.example")
    #expect(
      pair.clientReason()
        == "tls: certificate is for smpp.carrier.example, 127.0.0.1, not for smpp.other.example")
    #expect(pair.serverReason() == "tls: the peer refused: it says our certificate is bad")
    #expect(pair.clientWrites("bind") == .closed)
  }

  @Test func wildcardsStandForAWholeLabelAndNoPartOfOne() throws {
    let whole = try made.server { $0.names = ["*.carrier.example"] }
    #expect(try TLSPair(try made.client(), try made.server(whole)).isDone)
    let part = try made.server { $0.names = ["sm*.carrier.example"] }
    #expect(try !TLSPair(try made.client(), try made.server(part)).isDone)
  }

  @Test func withoutTheNamesCheckTheChainStillCounts() throws {
    let chain = try TLSPair(
      try made.client { $0.verification = .chain }, try made.server(), host: "smpp.other.example")
    #expect(chain.isDone)
    let unknown = try CertificateMaker.make(.init(commonName: "carrier"))
    let refused = try TLSPair(
      try made.client { $0.verification = .chain }, try made.server(unknown), host: "smpp.other.example")
    #expect(!refused.isDone)
  }

  @Test func certificatesOutOfTheirTimeAreRefusedWithTheDay() throws {
    let old = try made.server {
      $0.notBefore = 1_700_000_000
      $0.notAfter = 1_767_225_600
    }
    #expect(
      try TLSPair(try made.client(), try made.server(old)).clientReason()
        == "tls: certificate has expired (notAfter 2026-01-01)")
    let early = try made.server {
      $0.notBefore = 4_102_444_800
      $0.notAfter = 4_102_444_800 + day
    }
    #expect(
      try TLSPair(try made.client(), try made.server(early)).clientReason()
        == "tls: certificate is not valid yet (notBefore 2100-01-01)")
  }

  @Test func onlyAuthoritiesWeTrustAreBelieved() throws {
    let selfSigned = try CertificateMaker.make(.init(commonName: "carrier", names: [Certificates.host]))
    #expect(
      try TLSPair(try made.client(), try made.server(selfSigned)).clientReason()
        == "tls: certificate is not signed by a CA we trust (self-signed certificate)")
    let other = try CertificateMaker.make(.authority("Other Root"))
    let theirs = try CertificateMaker.make(
      .init(commonName: "carrier", names: [Certificates.host]), signedBy: other)
    #expect(
      try TLSPair(try made.client(), try made.server(theirs)).clientReason()
        == "tls: certificate is not signed by a CA we trust (its issuer CN=Other Root is not known and was not sent)"
    )
    #expect(
      try TLSPair(try made.client(), try made.server(theirs, chain: other.certificate)).clientReason()
        == "tls: certificate is not signed by a CA we trust (its root is CN=Other Root)")
    #expect(
      try TLSPair(
        try made.client { $0.authorities = nil }, try made.server()
      ).clientReason().hasPrefix("tls: certificate is not signed by a CA we trust"))
  }

  @Test func anIntermediateHasToBeSentOrTrusted() throws {
    let between = try CertificateMaker.make(.authority("Between"), signedBy: made.authority)
    let leaf = try CertificateMaker.make(
      .init(commonName: "carrier", names: [Certificates.host]), signedBy: between)
    #expect(
      try TLSPair(try made.client(), try made.server(leaf)).clientReason()
        == "tls: certificate is not signed by a CA we trust (its issuer CN=Between is not known and was not sent)"
    )
    #expect(try TLSPair(try made.client(), try made.server(leaf, chain: between.certificate)).isDone)
    let trusting = try made.client { $0.authorities = try TLSCertificates(pem: between.certificate) }
    #expect(try TLSPair(trusting, try made.server(leaf)).isDone)
  }

  @Test func aServersVeryCertificateMayBeTrusted() throws {
    let lone = try CertificateMaker.make(.init(commonName: "carrier", names: [Certificates.host]))
    let trusting = try made.client { $0.authorities = try TLSCertificates(pem: lone.certificate) }
    #expect(try TLSPair(trusting, try made.server(lone)).isDone)
  }

  @Test func aPinnedKeyIsEnoughAloneAndCountsBesideTheChain() throws {
    let lone = try made.server { $0.notAfter = $0.notBefore + 1 }
    let pin = try #require(try lone.identity().certificate?.keyPin)
    let other = try #require(try made.server.identity().certificate?.keyPin)
    let pinned = try made.client {
      $0.verification = .pin
      $0.pins = [other, pin]
    }
    #expect(try TLSPair(pinned, try made.server(lone), host: "elsewhere.example").isDone)
    let wrong = try made.client {
      $0.verification = .pin
      $0.pins = [other]
    }
    #expect(try TLSPair(wrong, try made.server(lone)).clientReason() == "tls: the pinned key differs")
    let both = try made.client { $0.pins = [pin] }
    #expect(try TLSPair(both, try made.server()).clientReason() == "tls: the pinned key differs")
    #expect(
      try TLSPair(both, try made.server(lone)).clientReason().hasPrefix("tls: certificate has expired"))
    #expect(try KeyPin(pin.description) == pin)
  }

  @Test func withoutVerificationWhoeverAnswersIsBelieved() throws {
    let lone = try CertificateMaker.make(.init(commonName: "anybody"))
    #expect(try TLSPair(try made.client { $0.verification = .none }, try made.server(lone)).isDone)
  }

  @Test func aClientShowsItsCertificateWhenItIsAsked() throws {
    let server = try made.server(nil) { try made.asksForClients(&$0) }
    let client = try made.client { $0.identity = try made.client.identity() }
    let pair = try TLSPair(client, server)
    #expect(pair.isDone)
    #expect(pair.clientsCertificate?.subject == "CN=tollgate")
  }

  @Test func aClientWithoutTheCertificateThatIsAskedForIsRefused() throws {
    let server = try made.server(nil) { try made.asksForClients(&$0) }
    let pair = try TLSPair(try made.client(), server)
    #expect(pair.serverReason() == "tls: the peer showed no client certificate")
    #expect(pair.clientReason() == "tls: the peer asks for a client certificate and we have none")
  }

  @Test func clientCertificatesAreCheckedLikeServers() throws {
    let server = try made.server(nil) { try made.asksForClients(&$0) }
    let strange = try CertificateMaker.make(.init(commonName: "stranger"))
    let strangers = try TLSPair(try made.client { $0.identity = try strange.identity() }, server)
    #expect(
      strangers.serverReason()
        == "tls: client certificate is not signed by a CA we trust (self-signed certificate)")
    #expect(
      strangers.clientReason() == "tls: the peer refused: it does not know the CA that signed our certificate"
    )
    let old = try made.server {
      $0.notBefore = 1_700_000_000
      $0.notAfter = 1_767_225_600
    }
    let expired = try TLSPair(try made.client { $0.identity = try old.identity() }, server)
    #expect(expired.serverReason() == "tls: client certificate has expired (notAfter 2026-01-01)")
    #expect(expired.clientReason() == "tls: the peer refused: it says our certificate has expired")
  }

  @Test func peersWithoutTLSAreDistinguishedFromPeersThatClose() throws {
    let nacked = try HalfTLSPair(try made.client(), host: Certificates.host)
    #expect(nacked.handshake() == .wantRead)
    // generic_nack, as an SMSC without TLS answers our hello.
    #expect(nacked.bareWrites([0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]) == .count(16))
    #expect("\(nacked.handshake())".contains("tls: the peer speaks no TLS"))

    let bound = try HalfTLSPair(try made.server())
    #expect(bound.handshake() == .wantRead)
    #expect(bound.bareWrites([0, 0, 0, 47, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]) == .count(16))
    #expect("\(bound.handshake())".contains("tls: the peer speaks no TLS"))

    let left = try HalfTLSPair(try made.server())
    left.ends.second.shutdownWriting()
    #expect("\(left.handshake())".contains("tls: the peer closed the connection during the handshake"))
  }

  @Test func aVersionThatIsTooLowIsNamed() throws {
    let old = try made.client()
    old.limit(to: .v1_2)
    let pair = try TLSPair(old, try made.server(nil) { $0.minimum = .v1_3 })
    #expect(pair.serverReason() == "tls: the peer speaks no version of TLS that we do (1.3 or later)")
    #expect(pair.clientReason() == "tls: the peer speaks no version of TLS that we do (1.2 or later)")
  }
}

extension TLSContext {
  /// A peer that speaks nothing newer.
  fileprivate func limit(to version: TLSVersion) {
    let highest = version == .v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION
    SSL_CTX_ctrl(raw, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(highest), nil)
  }
}
