public import Carriers

extension Configuration {
  /// `carriers.NAME`: a peer we exchange SMPP with: where it is, who we are to it, and how it wants things.
  public struct Carrier: Sendable, Equatable {
    public var name: String
    /// `connect.host`: a name, an IPv4 or an IPv6 address.
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
    /// How this carrier wants texts, addresses, receipts, windows, rates and times.
    public var profile: CarrierProfile
  }

  /// `carriers.NAME.bind`: which binds of SMPP 3.4, 2.2.1, are opened.
  public enum BindMode: String, Sendable, CaseIterable {
    case transceiver
    /// Two sessions: one sends, one receives.
    case transmitterReceiver = "transmitter_receiver"
    case transmitter
    case receiver
  }
}
