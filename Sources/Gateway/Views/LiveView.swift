import Contract

/// One session with a carrier, as it stands.
public struct LiveSession: Sendable {
  public var type: String
  public var state: BindState
  public var window: Int
  /// Requests sent and not answered.
  public var inFlight = 0
  /// Milliseconds since 1970 UTC.
  public var since: Int64?
  public var retryAt: Int64?
  public var lastError: String?

  public init(type: String, state: BindState, window: Int) {
    self.type = type
    self.state = state
    self.window = window
  }
}

/// A carrier's sessions and counts since the start.
public struct LiveCarrier: Sendable {
  public var name: String
  public var systemID: String
  /// Segments per second by contract.
  public var rate: Double
  public var sessions: [LiveSession]
  public var sent = 0
  public var received = 0
  public var throttled = 0
  /// Attempts to connect, and sessions bound.
  public var connects = 0
  public var binds = 0

  public init(name: String, systemID: String, rate: Double, sessions: [LiveSession]) {
    self.name = name
    self.systemID = systemID
    self.rate = rate
    self.sessions = sessions
  }
}

/// What went over the wire lately: asked by queries, from another thread.
public protocol TraceView: Sendable {
  /// The JSON of a `CarrierTraceResult`.
  func trace(_ params: CarrierTrace, for caller: Requester) throws -> [UInt8]
}

/// What the network side is doing: asked by queries, from another thread.
public protocol LiveView: Sendable {
  func snapshot() -> [LiveCarrier]
}
