extension Configuration {
  /// `carriers.NAME`: a peer we exchange SMPP with, and how it wants things.
  public struct Carrier: Sendable, Equatable {
    public var name: String
    /// `connect.host`: a name, an IPv4 or an IPv6 address (with or without brackets).
    public var host: String
    /// `connect.port`: 1 to 65535; 2775 is SMPP's own.
    public var port: UInt16
    public var bind: BindMode
    /// `sessions`: connections kept bound; of `transmitter_receiver`, pairs of them.
    public var sessions: Int
    /// `system_id`: at most 15 octets (SMPP 3.4, 5.2.1).
    public var systemID: String
    public var password: Secret
    /// `system_type`: at most 12 octets (SMPP 3.4, 5.2.3).
    public var systemType: String
    /// `window`: requests a session may have unanswered.
    public var window: Int
    /// `rate`: segments per second of the contract, over all its sessions.
    public var rate: Double
    /// `jitter_guard_ms`: how much longer than a second the limit's second is taken to be.
    public var jitterGuard: Duration
    /// `enquire_link_s`: silence after which we ask whether the peer is there.
    public var enquireLink: Duration
    /// `response_timeout_s`: after it an unanswered request is overdue.
    public var responseTimeout: Duration
  }

  /// `carriers.NAME.bind`: which PDUs of SMPP 3.4, 4.1, a session opens with.
  public enum BindMode: String, Sendable, CaseIterable {
    case transceiver
    /// Two sessions: one sends, one receives.
    case transmitterReceiver = "transmitter_receiver"
    case transmitter
    case receiver
  }
}
