import Foundation
import NetIO
import TestSupport
import Testing

@testable import Configuration

/// `connect.tls` and `listen.tls`: what is read, what is refused, and what `config check` shows.
@Suite final class TLSConfigurationTests {
  private let place: TemporaryDirectory
  private var directory: String { place.path }
  private let authority: CertificateMaker.Issued
  private let ours: CertificateMaker.Issued

  init() throws {
    place = try TemporaryDirectory()
    authority = try CertificateMaker.make(.authority("Test Root"))
    var request = CertificateMaker.Request(commonName: "acme")
    request.notAfter = WallClock.nowMilliseconds / 1000 + 10 * 86_400
    ours = try CertificateMaker.make(request, signedBy: authority)
    try place.write("ca.pem", authority.certificate)
    try place.write("acme.pem", ours.certificate)
    try place.write("acme.key", ours.key)
    try place.write("other.key", authority.key)
    try place.write("crl.pem", try RevocationListMaker.make(by: authority, revoked: [ours]))
    try place.write("old.pem", try RevocationListMaker.make(by: authority, nextUpdate: 1_767_225_600))
    try place.write("nonsense.pem", Array("nonsense".utf8))
    try place.write("p", Array("tr1ckle".utf8))
  }

  private func read(_ carrier: String, _ secrets: SecretSource? = nil) throws -> Configuration {
    let text = """
      {
        socket: { roles: { admin: { users: ['root'] } } },
        brand: { name: 'Acme', help: 'Acme: call. STOP to opt out.' },
        carriers: { c: { rate: 10, \(carrier.replacing("DIR", with: directory)) } },
      }
      """
    return try Configuration.parse(
      text, file: "t.json5", secrets: secrets ?? SecretSource(credentialsDirectory: directory))
  }

  private func client(_ tls: String, _ secrets: SecretSource? = nil) throws -> Configuration {
    try read(
      "connect: { host: 'smpp.example', tls: { \(tls) } }, system_id: 'acme', password: { credential: 'p' }",
      secrets)
  }

  private func server(_ tls: String) throws -> Configuration {
    try read("listen: { tls: { \(tls) } }, accounts: { acme: { password: { credential: 'p' } } }")
  }

  private func problem(_ body: @autoclosure () throws -> Configuration) -> String {
    do {
      _ = try body()
      return "(accepted)"
    } catch {
      return "\(error)".replacing(directory, with: "DIR")
    }
  }

  @Test func anEmptyObjectChecksHostAndChainAgainstThisMachinesAuthorities() throws {
    let tls = try #require(try client("").carriers[0].connect?.tls)
    #expect(tls.settings.verification == .full)
    #expect(tls.settings.minimum == .v1_2)
    #expect(tls.settings.authorities == nil)
    #expect(tls.settings.identity == nil)
    #expect(
      try read("connect: { host: 'h' }, system_id: 'a', password: { credential: 'p' }").carriers[0].connect?
        .tls == nil)
  }

  @Test func everyKeyOfBothSidesIsRead() throws {
    let pin = try #require(try TLSCertificates(pem: ours.certificate).certificates[0].keyPin)
    let tls = try #require(
      try client(
        """
        ca: 'DIR/ca.pem', verify: 'chain', pins: ['\(pin)'], certificate: 'DIR/acme.pem',
        key: { credential: 'acme.key' }, crl: 'DIR/crl.pem', server_name: 'smpp.carrier.example', minimum: '1.3'
        """
      ).carriers[0].connect?.tls)
    #expect(tls.settings.verification == .chain)
    #expect(tls.settings.pins == [pin])
    #expect(tls.settings.minimum == .v1_3)
    #expect(tls.settings.authorities?.certificates.map(\.subject) == ["CN=Test Root"])
    #expect(tls.settings.identity?.certificate?.subject == "CN=acme")
    #expect(tls.settings.revoked?.lists.map(\.count) == [1])
    #expect(tls.serverName == "smpp.carrier.example")

    let configuration = try server(
      "certificate: 'DIR/acme.pem', key: { file: 'DIR/acme.key' }, client_ca: 'DIR/ca.pem', crl: 'DIR/crl.pem', minimum: '1.3'"
    )
    let settings = try #require(configuration.carriers[0].listen?.tls?.settings)
    #expect(settings.minimum == .v1_3)
    #expect(settings.clientAuthorities?.certificates.count == 1)
    #expect(settings.revoked?.lists.count == 1)
  }

  @Test func whatIsWrongIsOneLineWithItsPlace() throws {
    let own = "certificate: 'DIR/acme.pem'"
    let connect = "carriers.c.connect.tls"
    let pin = try #require(try TLSCertificates(pem: ours.certificate).certificates[0].keyPin)
    let faults: [(String, String)] = [
      ("verify: 'no'", "\(connect).verify: expected one of \"full\", \"chain\", \"pin\", \"none\""),
      ("verify: 'pin'", "\(connect).pins: is missing; expected the server's key"),
      ("pins: ['sha1/AAAA']", "\(connect).pins: expected sha256/ and 44 characters of base 64"),
      ("minimum: '1.1'", "\(connect).minimum: expected one of \"1.2\", \"1.3\""),
      ("ca: 'DIR/none.pem'", "\(connect).ca: DIR/none.pem cannot be read: No such file or directory"),
      ("ca: 'DIR/nonsense.pem'", "\(connect).ca: DIR/nonsense.pem holds no certificate (expected PEM)"),
      ("ca: 'DIR/ca.pem', verify: 'none'", "\(connect).ca: expected no ca where verify is \"none\""),
      ("crl: 'DIR/ca.pem'", "\(connect).crl: DIR/ca.pem holds no revocation list (expected a CRL in PEM)"),
      (
        "crl: 'DIR/crl.pem', verify: 'pin', pins: ['\(pin)']",
        "\(connect).crl: expected no crl where verify is"
      ),
      ("key: { file: 'DIR/acme.key' }", "\(connect).certificate: is missing"),
      (own, "\(connect).key: is missing; expected a secret"),
      (own + ", key: 'abc'", "\(connect).key: expected { credential"),
      (
        own + ", key: { file: 'DIR/other.key' }",
        "\(connect).key: file DIR/other.key does not belong to the certificate"
      ),
      (
        own + ", key: { file: 'DIR/nonsense.pem' }",
        "\(connect).key: file DIR/nonsense.pem holds no private key"
      ),
      ("server_name: 'a b'", "\(connect).server_name: expected a host's name or address"),
      ("certificat: 'x'", "\(connect).certificat: unknown key; did you mean certificate?"),
    ]
    for (text, line) in faults {
      let found = problem(try client(text))
      #expect(found.contains(line), "\(text): \(found)")
      #expect(!found.contains("\n"))
    }
    #expect(
      problem(try server(own + ", key: { file: 'DIR/acme.key' }, crl: 'DIR/crl.pem'"))
        .contains("carriers.c.listen.tls.client_ca: is missing"))
    #expect(problem(try server("")).contains("carriers.c.listen.tls.certificate: is missing"))
  }

  @Test func checkingShowsSubjectsAndEndsAndWarnsOfThem() throws {
    let configuration = try client(
      "ca: 'DIR/ca.pem', certificate: 'DIR/acme.pem', key: { file: 'DIR/acme.key' }")
    let shown = Dictionary(uniqueKeysWithValues: configuration.effective.map { ($0.path, $0.text) })
    let certificate = try #require(shown["carriers.c.connect.tls.certificate"])
    #expect(certificate.hasPrefix("\(directory)/acme.pem (CN=acme, until 20"))
    #expect(shown["carriers.c.connect.tls.key.file"] == "\(directory)/acme.key")
    #expect(shown["carriers.c.connect.tls.verify"] == "full")
    #expect(configuration.warnings.contains { $0.contains("connect.tls.certificate: expires on 20") })
    let old = try client("ca: 'DIR/ca.pem', crl: 'DIR/old.pem'")
    #expect(
      old.warnings.contains {
        $0.contains(
          "connect.tls.crl: the list of \"CN=Test Root\" has expired (nextUpdate 2026-01-01); its certificates are refused"
        )
      })
    #expect(
      old.effective.contains {
        $0.text.hasSuffix("/old.pem (CN=Test Root: 0 revoked, next list by 2026-01-01)")
      })
    #expect(
      try client("verify: 'none'").warnings.contains { $0.contains("accepts any certificate") })
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!dumped.contains("PRIVATE KEY"))
    let unseen = try client(
      "certificate: 'DIR/acme.pem', key: { credential: 'k' }",
      SecretSource(credentialsDirectory: nil, mayBeUnseen: true))
    #expect(unseen.warnings.contains { $0.contains("connect.tls.key: credential k was not checked") })
  }

  @Test func carriersThatShareAListeningAddressHaveTheSameTLS() throws {
    let found = problem(
      try read(
        """
        listen: { tls: { certificate: 'DIR/acme.pem', key: { file: 'DIR/acme.key' } } },
        accounts: { acme: { password: { credential: 'p' } } } },
        d: { rate: 10, listen: {}, accounts: { other: { password: { credential: 'p' } } }
        """))
    #expect(found.contains("carriers.d: expected carriers that share [::]:2775 to have the same listen.tls"))
  }
}
