extension Bench {
  /// What is measured, in the order it is printed.
  public enum Part: String, CaseIterable, Sendable {
    case codec, bind, tls, outbound, inbound, latency
    case slowCarrier = "slow-carrier"
    case floors
    case trace, consumers, busy, desk, soak

    /// Whether the part runs by default. Parts that take minutes run only when named.
    public var isUsual: Bool {
      switch self {
      case .trace, .consumers, .busy, .desk, .soak: false
      default: true
      }
    }

    /// Whether the part starts a daemon and measures it.
    public var startsDaemon: Bool {
      switch self {
      case .codec, .bind, .tls, .floors: false
      case .outbound, .inbound, .latency, .slowCarrier, .trace, .consumers, .busy, .desk, .soak: true
      }
    }

    /// One line of the help.
    public var summary: String {
      switch self {
      case .codec: "encode and decode a submit_sm with 100 octets of text, beside a memcpy"
      case .bind: "submit_sm and its answer over loopback, without a store, beside a bare C client"
      case .tls: "bind with TLS, beside bind without TLS"
      case .outbound: "a campaign through the whole daemon, from the commit to the last receipt"
      case .inbound:
        "deliver_sm through the whole daemon, until acknowledged and read by a consumer"
      case .latency: "one message on an idle daemon: command to PDU, and deliver_sm to the feed"
      case .slowCarrier: "outbound to a carrier that answers after 20 ms"
      case .floors: "the bare C work alone: SMPP loopback, rows into SQLite, fdatasync, memcpy"
      case .trace: "outbound with the trace, beside outbound without it"
      case .consumers:
        "nine consumers read the whole feed, with and without a slow one"
      case .busy: "deliver_sm while verify, a replay, an import of contacts and a plan run"
      case .desk: "agents at a queue of 100,000: complete and next, and the first page of lists"
      case .soak:
        "half of full speed with a fault every 10 s: memory, descriptors, verify"
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
      case .desk: try DeskBench.measure(settings)
      case .soak: try SoakBench.measure(settings)
      }
    }
  }
}
