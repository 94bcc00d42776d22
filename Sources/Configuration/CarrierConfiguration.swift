public import Carriers
public import NetIO
public import SMPP

extension Configuration {
  /// `carriers.NAME`: a peer we exchange SMPP with: its address, our identity there, and its profile.
  public struct Carrier: Sendable, Equatable {
    public var name: String
    public var side: Side
    /// How this carrier wants texts, addresses, receipts, windows, rates and times.
    public var profile: CarrierProfile

    package init(name: String, side: Side, profile: CarrierProfile) {
      self.name = name
      self.side = side
      self.profile = profile
    }

    /// Who connects.
    public enum Side: Sendable, Equatable {
      /// `connect`: we bind to them, as an ESME.
      case connect(Connect)
      /// `listen`: they bind to us, as to an SMSC.
      case listen(Listen)
    }
  }

  /// `carriers.NAME.connect`, with our identity there.
  public struct Connect: Sendable, Equatable {
    /// `connect.host` and `port`, or `connect.hosts`: session n starts with the n-th host, and tries the next one if that
    /// host cannot be reached.
    public var hosts: [Endpoint]
    /// `connect.tls`; nil: plain TCP.
    public var tls: ClientTLS?
    public var bind: BindMode
    /// `sessions`: sessions to keep bound; with `transmitter_receiver`, pairs of sessions.
    public var sessions: Int
    /// `system_id`: at most 15 octets (SMPP 3.4, 5.2.1).
    public var systemID: String
    public var password: Secret
    /// `system_type`: at most 12 octets (SMPP 3.4, 5.2.3).
    public var systemType: String
    /// `address_range`, `addr_ton`, `addr_npi`: the addresses we serve, for carriers that want them in the bind (5.2.5 to 5.2.7).
    public var addressRange = ""
    public var addrTON: UInt8 = 0
    public var addrNPI: UInt8 = 0

    package init(
      hosts: [Endpoint], bind: BindMode, sessions: Int, systemID: String, password: Secret,
      systemType: String = "", tls: ClientTLS? = nil
    ) {
      self.hosts = hosts
      self.tls = tls
      self.bind = bind
      self.sessions = sessions
      self.systemID = systemID
      self.password = password
      self.systemType = systemType
    }
  }

  /// `carriers.NAME.listen`: where the carrier connects. `carriers.NAME.accounts`: who may bind.
  ///
  /// Carriers may share an address: the bind identifies the carrier.
  public struct Listen: Sendable, Equatable {
    /// `listen.host` and `listen.port`: an address of this machine; "::" takes IPv4 as well.
    public var address: SocketAddress
    /// `listen.tls`; nil: plain TCP.
    public var tls: ServerTLS?
    /// `system_id`: our name in bind_resp.
    public var systemID: String
    /// Ordered by name.
    public var accounts: [Account]

    package init(address: SocketAddress, systemID: String, accounts: [Account], tls: ServerTLS? = nil) {
      self.address = address
      self.tls = tls
      self.systemID = systemID
      self.accounts = accounts
    }
  }

  /// `carriers.NAME.accounts.SYSTEM_ID`: an account that may bind to us.
  public struct Account: Sendable, Equatable {
    /// The account's `system_id`.
    public var systemID: String
    public var password: Secret
    /// `from`: the addresses that the account may connect from; empty: any.
    public var from: [AddressRange]
    /// `sessions`: how many sessions may be bound at the same time.
    public var sessions: Int
    /// `outbind`: our identity if the account asks us to bind (SMPP 3.4, 4.1.7).
    public var outbind: OutbindIdentity?

    package init(
      systemID: String, password: Secret, from: [AddressRange], sessions: Int,
      outbind: OutbindIdentity? = nil
    ) {
      self.systemID = systemID
      self.password = password
      self.from = from
      self.sessions = sessions
      self.outbind = outbind
    }
  }

  /// `carriers.NAME.accounts.SYSTEM_ID.outbind`: what we bind with when the account sends outbind.
  public struct OutbindIdentity: Sendable, Equatable {
    public var bind: BindMode
    public var systemID: String
    public var password: Secret
    public var systemType: String
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

extension Configuration.Carrier {
  public var connect: Configuration.Connect? { if case .connect(let connect) = side { connect } else { nil } }
  public var listen: Configuration.Listen? { if case .listen(let listen) = side { listen } else { nil } }

  /// How many sessions the carrier may have at the same time.
  public var maximumSessions: Int {
    switch side {
    case .connect(let connect): connect.binds.count
    case .listen(let listen): listen.accounts.reduce(0) { $0 + $1.sessions }
    }
  }
}

extension Configuration.Connect {
  /// The sessions to keep bound, in order.
  public var binds: [BindType] { (0..<sessions).flatMap { _ in bind.binds } }
}

extension Configuration.BindMode {
  /// The sessions of one.
  public var binds: [BindType] {
    switch self {
    case .transceiver: [.transceiver]
    case .transmitterReceiver: [.transmitter, .receiver]
    case .transmitter: [.transmitter]
    case .receiver: [.receiver]
    }
  }
}
