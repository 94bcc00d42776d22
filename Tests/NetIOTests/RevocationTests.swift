import TestSupport
import Testing

@testable import NetIO

/// Certificates that their authority took back.
@Suite struct RevocationTests {
  let made: Certificates

  init() throws { made = try Certificates() }

  private func client(_ lists: RevocationLists) throws -> TLSContext {
    try made.client { $0.revoked = lists }
  }

  @Test func aRevokedServerIsRefusedAndOneThatIsNotIsBelieved() throws {
    let other = try made.server { $0.commonName = "other" }
    let lists = try made.list(revoked: [other])
    let refused = try TLSPair(try client(lists), try made.server(other))
    #expect(refused.clientReason() == "tls: certificate is revoked by CN=Test Root")
    #expect(refused.serverReason() == "tls: the peer refused: it says our certificate is revoked")
    #expect(try TLSPair(try client(lists), try made.server()).isDone)
  }

  @Test func aRevokedClientIsRefusedAndOneThatIsNotIsBelieved() throws {
    let identity = try made.client.identity()
    for (revoked, isDone) in [([made.client], false), ([made.server], true)] {
      let server = try made.server {
        try made.asksForClients(&$0)
        $0.revoked = try made.list(revoked: revoked)
      }
      let pair = try TLSPair(try made.client { $0.identity = identity }, server)
      #expect(pair.isDone == isDone)
      if !isDone { #expect(pair.serverReason() == "tls: client certificate is revoked by CN=Test Root") }
    }
  }

  @Test func aListThatCannotBeBelievedLetsNobodyIn() throws {
    let other = try CertificateMaker.make(.authority("Test Root"))
    let stranger = try CertificateMaker.make(.authority("Stranger"))
    let cases: [(RevocationLists, String)] = [
      (
        try made.list(nextUpdate: today - day),
        "certificate cannot be looked for: the list of CN=Test Root in crl has expired"
      ),
      (
        try made.list(by: stranger),
        "certificate cannot be looked for: crl holds no list of CN=Test Root"
      ),
      (
        try made.list(by: other),
        "certificate cannot be looked for: the list in crl is not signed by CN=Test Root"
      ),
    ]
    for (lists, reason) in cases {
      #expect(try TLSPair(try client(lists), try made.server()).clientReason() == "tls: " + reason)
    }
  }

  @Test func anAuthorityBetweenIsLookedForWhereItsIssuersListIsThere() throws {
    let between = try CertificateMaker.make(.authority("Between"), signedBy: made.authority)
    let leaf = try CertificateMaker.make(
      .init(commonName: "carrier", names: [Certificates.host]), signedBy: between)
    func pair(_ pem: [UInt8]) throws -> TLSPair {
      try TLSPair(
        try client(try RevocationLists(pem: pem)), try made.server(leaf, chain: between.certificate))
    }
    let own = try RevocationListMaker.make(by: between)
    #expect(try pair(own).isDone)
    #expect(try pair(own + RevocationListMaker.make(by: made.authority)).isDone)
    #expect(
      try pair(own + RevocationListMaker.make(by: made.authority, revoked: [between])).clientReason()
        == "tls: the authority's certificate CN=Between is revoked by CN=Test Root")
  }

  @Test func aConnectionThatStandsIsLookedForInNewerLists() throws {
    let pair = try TLSPair(try client(try made.list()), try made.server())
    #expect(pair.isDone)
    let other = try client(try made.list(revoked: [made.client]))
    #expect(!pair.clientIsRevoked(by: other))
    let none = try made.client()
    #expect(!pair.clientIsRevoked(by: none))
    let newer = try client(try made.list(revoked: [made.client, made.server]))
    #expect(pair.clientIsRevoked(by: newer))
  }

  @Test func listsSayWhoseTheyAreAndWhenTheyEnd() throws {
    let end = today + 3 * day
    let lists = try RevocationLists(
      pem: made.authority.certificate
        + RevocationListMaker.make(by: made.authority, revoked: [made.server, made.client], nextUpdate: end))
    #expect(lists.lists.map(\.issuer) == ["CN=Test Root"])
    #expect(lists.lists.map(\.count) == [2])
    #expect(lists.lists.map(\.nextUpdate) == [end])
    for (pem, reason) in [
      ([], "is empty"), (made.authority.certificate, "holds no revocation list (expected a CRL in PEM)"),
      (
        Array("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n".utf8),
        "holds a damaged revocation list (number 1)"
      ),
    ] as [([UInt8], String)] {
      #expect(throws: TLSError(reason)) { try RevocationLists(pem: pem) }
    }
  }
}
