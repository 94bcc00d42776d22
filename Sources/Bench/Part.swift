extension Bench {
  /// What is measured, in the order it is printed.
  public enum Part: String, CaseIterable, Sendable {
    case codec, bind, tls, outbound, inbound, latency
    case slowCarrier = "slow-carrier"
    case floors
    case trace, consumers, busy, soak

    /// Whether it runs where no part is named: those that take minutes have to be asked for.
    public var isUsual: Bool {
      switch self {
      case .trace, .consumers, .busy, .soak: false
      default: true
      }
    }

    /// Whether it measures a daemon, which it starts.
    public var startsDaemon: Bool {
      switch self {
      case .codec, .bind, .tls, .floors: false
      case .outbound, .inbound, .latency, .slowCarrier, .trace, .consumers, .busy, .soak: true
      }
    }

    /// One line of the help.
    public var summary: String {
      switch self {
      case .codec: "submit_sm with 100 octets of text, encoded and decoded, beside a memcpy of its octets"
      case .bind: "submit_sm and answer over loopback without a store, beside a bare C client"
      case .tls: "the same with TLS, beside the same without, both against the simulated carrier"
      case .outbound: "a campaign, from its commit to the last receipt recorded, through the whole daemon"
      case .inbound:
        "deliver_sm until durable, acknowledged and read by one consumer, through the whole daemon"
      case .latency: "a lone message, idle: command to PDU, and deliver_sm to the feed"
      case .slowCarrier: "outbound to a carrier that answers after 20 ms"
      case .floors: "bare C alone: SMPP loopback, rows into SQLite, fdatasync, memcpy"
      case .trace: "outbound with the ring that `tollgate trace` reads, beside the same without"
      case .consumers:
        "nine consumers from the oldest event on, with a slow one and without, and what they saw"
      case .busy: "deliver_sm beside verify, a replay, an import of contacts and a plan over them"
      case .soak:
        "half of what the machine can do, with a fault every 10 s: memory, descriptors, verify"
      }
    }

    public func measure(_ settings: Settings) throws -> [Figure] {
      switch self {
      case .codec: try CodecBench.measure(settings)
      case .bind: try BindBench.measure(settings)
      case .tls: try TLSBench.measure(settings)
      case .floors: try FloorBench.measure(settings)
      case .outbound: try OutboundBench.measure(settings)
      case .inbound: try InboundBench.measure(settings)
      case .latency: try LatencyBench.measure(settings)
      case .slowCarrier: try OutboundBench.measureSlowCarrier(settings)
      case .trace: try OutboundBench.measureTrace(settings)
      case .consumers: try ConsumersBench.measure(settings)
      case .busy: try BusyBench.measure(settings)
      case .soak: try SoakBench.measure(settings)
      }
    }
  }
}
