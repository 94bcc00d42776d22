import Contract
import Foundation
import Store

/// Answers to what only reads, from a read-only connection, on the thread that owns it.
public final class Queries {
  let database: Database
  let settings: GatewaySettings
  let live: any LiveView
  let version: String
  let started: Int64

  /// `started`: milliseconds since 1970 UTC.
  public init(
    path: String, settings: GatewaySettings, live: any LiveView, version: String, started: Int64
  ) throws {
    database = try Database(path: path, mode: .reader)
    self.settings = settings
    self.live = live
    self.version = version
    self.started = started
  }

  /// The JSON of the result.
  public func answer(_ query: Query, for caller: Requester) throws -> [UInt8] {
    throw APIError.internalError
  }
}
