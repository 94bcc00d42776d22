import CommandFrame
import FoundationEssentials
import NetIO

/// `simulate-carrier --tls`: with a certificate of a file, or one made for the occasion.
struct SimulatorTLS {
  var settings: TLSServerSettings
  /// What to write into the configuration to trust it.
  var hint: String

  /// Nil without --tls.
  init?(_ invocation: Invocation) throws {
    let files = ["certificate", "key", "client-ca"].filter { invocation.value($0) != nil }
    guard invocation.has("tls") else {
      if let file = files.first { throw invocation.usage("--\(file): only with --tls") }
      return nil
    }
    let identity: TLSIdentity
    switch (invocation.value("certificate"), invocation.value("key")) {
    case (.some(let certificate), .some(let key)):
      identity = try Self.read(certificate: certificate, key: key)
      hint = "the certificate is \(identity.certificate?.subject ?? "")"
    case (nil, nil):
      identity = try Self.made()
      let pin = identity.certificate?.keyPin.map { "\($0)" } ?? ""
      hint =
        "the certificate is self-signed; to trust it, write into connect:  tls: { verify: \"pin\", pins: [\"\(pin)\"] }"
    default: throw invocation.usage("--certificate and --key go together")
    }
    settings = TLSServerSettings(identity: identity)
    if let path = invocation.value("client-ca") {
      settings.clientAuthorities = try Self.certificates(path)
    }
  }

  /// Good for this machine by its usual names.
  private static func made() throws -> TLSIdentity {
    let issued = try CertificateMaker.make(
      .init(commonName: "simulated carrier", names: ["localhost", "127.0.0.1", "::1"]))
    return try issued.identity()
  }

  private static func read(certificate: String, key: String) throws -> TLSIdentity {
    let chain = try certificates(certificate)
    do throws(TLSError) {
      return try TLSIdentity(chain: chain, key: try Self.octets(key))
    } catch {
      throw Failure(.configuration, "\(key) \(error)")
    }
  }

  private static func certificates(_ path: String) throws -> TLSCertificates {
    do throws(TLSError) {
      return try TLSCertificates(pem: try octets(path))
    } catch {
      throw Failure(.configuration, "\(path) \(error)")
    }
  }

  private static func octets(_ path: String) throws(TLSError) -> [UInt8] {
    FileManager.default.contents(atPath: path).map { Array($0) } ?? []
  }
}
