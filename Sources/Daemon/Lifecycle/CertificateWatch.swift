import Configuration
import Gateway
import NetIO

/// Reports every certificate in use to the rules: ours from the configuration, with the lists of revoked ones, and those that carriers showed. The rules decide
/// whether to raise an alert. Belongs to the lifecycle's thread.
struct CertificateWatch {
  /// How often each certificate is reported. A new certificate is reported at once.
  static let every: Duration = .seconds(3600)

  private var ours: [CertificateNotice]
  private var next: Duration?

  init(_ configuration: Configuration) { ours = CertificateWatch.notices(configuration) }

  /// The configuration was read again.
  mutating func renewed(_ configuration: Configuration) {
    ours = CertificateWatch.notices(configuration)
    next = nil
  }

  /// The certificates to report now; empty most of the time.
  mutating func due(at now: Duration, presented: PresentedCertificates) -> [CertificateNotice] {
    let isNew = presented.takeNews()
    if let next, now < next, !isNew { return [] }
    next = now + CertificateWatch.every
    return ours + presented.notices
  }

  private static func notices(_ configuration: Configuration) -> [CertificateNotice] {
    configuration.carriers.flatMap { carrier in
      let own = carrier.connect?.tls?.own ?? carrier.listen?.tls?.own
      let revoked = carrier.connect?.tls?.settings.revoked ?? carrier.listen?.tls?.revoked
      return (own?.chain.certificates ?? []).map { CertificateNotice($0, carrier: carrier.name, kind: .ours) }
        + (revoked?.lists ?? []).compactMap { CertificateNotice($0, carrier: carrier.name) }
    }
  }
}

/// What carriers showed when they bound; set by the network thread, read by the lifecycle's.
final class PresentedCertificates: Sendable {
  /// Certificates of one carrier that are remembered, the latest.
  static let maximumPerCarrier = 8

  private struct State {
    var byCarrier: [String: [CertificateNotice]] = [:]
    var hasNews = false
  }

  private let state = Lock(State())

  func add(_ certificate: TLSCertificate, by carrier: String) {
    let notice = CertificateNotice(certificate, carrier: carrier, kind: .theirs)
    state.withLock { state in
      var known = state.byCarrier[carrier] ?? []
      guard !known.contains(notice) else { return }
      // One that replaces another of the same name is the one to watch.
      known.removeAll { $0.subject == notice.subject }
      known.append(notice)
      state.byCarrier[carrier] = Array(known.suffix(PresentedCertificates.maximumPerCarrier))
      state.hasNews = true
    }
  }

  func takeNews() -> Bool {
    state.withLock { state in
      defer { state.hasNews = false }
      return state.hasNews
    }
  }

  var notices: [CertificateNotice] {
    state.withLock { state in state.byCarrier.keys.sorted().flatMap { state.byCarrier[$0] ?? [] } }
  }
}

extension CertificateNotice {
  init(_ certificate: TLSCertificate, carrier: String, kind: Kind) {
    self.init(
      carrier: carrier, kind: kind, subject: certificate.subject, notAfter: certificate.notAfter * 1000,
      day: TLSCertificate.day(certificate.notAfter))
  }

  /// Nil: the list has no end.
  fileprivate init?(_ list: RevocationLists.Summary, carrier: String) {
    guard let end = list.nextUpdate else { return nil }
    self.init(
      carrier: carrier, kind: .revocations, subject: list.issuer, notAfter: end * 1000,
      day: TLSCertificate.day(end))
  }
}
