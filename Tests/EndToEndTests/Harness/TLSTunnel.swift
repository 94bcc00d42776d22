import Foundation

/// A certificate made for a test by openssl, for 127.0.0.1 and localhost, its own authority.
final class TestCertificate {
  let directory: URL
  let certificate: String
  let key: String

  init() throws {
    directory = try Locations.temporaryDirectory()
    certificate = directory.appendingPathComponent("certificate.pem").path
    key = directory.appendingPathComponent("key.pem").path
    let openssl = try Child(
      "openssl",
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key,
        "-out",
        certificate,
      ])
    guard try openssl.waitForExit() == .code(0) else { throw HarnessError(openssl.transcript) }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }
}

/// TLS for an implementation that has none of its own: socat in between.
final class TLSTunnel {
  let port: UInt16
  private let child: Child

  /// Takes plain TCP and speaks TLS to `port`, checking its certificate.
  init(toTLS port: UInt16, _ certificate: TestCertificate) throws {
    (child, self.port) = try Self.start(
      "TCP-LISTEN:0,bind=127.0.0.1,fork,nodelay",
      "OPENSSL:127.0.0.1:\(port),cafile=\(certificate.certificate),commonname=localhost,nodelay")
  }

  /// Takes TLS and speaks plain TCP to `port`.
  init(fromTLS port: UInt16, _ certificate: TestCertificate) throws {
    (child, self.port) = try Self.start(
      "OPENSSL-LISTEN:0,bind=127.0.0.1,fork,nodelay,verify=0,cert=\(certificate.certificate),key=\(certificate.key)",
      "TCP:127.0.0.1:\(port),nodelay")
  }

  private static func start(_ from: String, _ to: String) throws -> (Child, UInt16) {
    let child = try Child("socat", ["socat", "-d", "-d", from, to])
    let line = try child.errorLine { $0.contains("listening on AF=2 127.0.0.1:") }
    guard let port = line.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw HarnessError("no port in \(line)")
    }
    return (child, port)
  }

  func destroy() { child.destroy() }
}
