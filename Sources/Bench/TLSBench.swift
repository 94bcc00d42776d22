import CarrierSimulator
import NetIO

/// What TLS costs: one bind with it beside one without, against the same SMSC of ours.
enum TLSBench {
  /// Of the plain bind's messages, at least so many with TLS.
  static let share = 0.7

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var settings = settings
    settings.segments = max(settings.segments, BindBench.fewest)
    let issued = try CertificateMaker.make(.init(commonName: "bench", names: ["127.0.0.1"]))
    var client = TLSClientSettings()
    client.authorities = try TLSCertificates(pem: issued.certificate)
    let context = try TLSContext(client)
    let identity = try issued.identity()
    var plain: [Double] = []
    var secured: [Double] = []
    for _ in 0..<settings.runs {
      plain.append(try rate(settings, client: nil, server: nil))
      secured.append(try rate(settings, client: context, server: TLSServerSettings(identity: identity)))
    }
    return [
      Bench.Figure(
        part: .tls, name: "submit_sm and answer over TLS", unit: .perSecond, values: secured,
        floor: .init(name: "without TLS", values: plain), target: share * Bench.median(plain),
        conditions: [
          ("window", "\(settings.window)"), ("sessions", "\(settings.sessions)"),
          ("segments", "\(settings.segments)"), ("text", "\(settings.textOctets) octets"),
          ("runs", "\(settings.runs)"), ("TLS", "1.3, AES-256-GCM, EC P-256"),
          ("peer", "the simulated carrier, loopback"),
        ])
    ]
  }

  private static func rate(
    _ settings: Bench.Settings, client: TLSContext?, server: TLSServerSettings?
  ) throws -> Double {
    var configuration = CarrierSimulator.Configuration()
    configuration.isLoad = true
    configuration.receipts.isEnabled = false
    configuration.tls = server
    let smsc = CarrierSimulator(configuration)
    let port = try smsc.start()
    defer { smsc.stop() }
    return try BindBench.submitRate(settings, port: port, tls: client)
  }
}
