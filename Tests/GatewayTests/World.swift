import Carriers
import Contract
import Foundation
import NetIO
import SMPP
import Settings
import Store
import TestSupport
import Testing

@testable import Gateway

/// A gateway's rules on a store of their own, with a clock that is set by hand, and no sockets: what the loop and the
/// socket would say is said by the test, and what they would hear is kept.
///
/// Every event that is read, and every query's result, is held against its schema.
final class World {
  static let brand = GatewaySettings.Brand(
    name: "Acme Homes", help: "Acme Homes: call 1-800-555-0100.", country: "US",
    stopConfirmation: "Acme Homes: you get no more texts.", startConfirmation: "Acme Homes: welcome back.")

  let directory: TemporaryDirectory
  var path: String { directory.path + "/store.sqlite3" }
  var settings: GatewaySettings
  /// Milliseconds since 1970 UTC.
  var now: Int64 = 1_795_366_980_000
  private var opened: Gateway?
  private var token: UInt64 = 0
  private var key = 0
  private var sequence: UInt32 = 0
  private var readTo: Int64 = 0
  private var answers = 0
  /// What the last batches let out, since it was last looked at.
  var network: [NetworkOutput] = []
  var notices: [Released.Notice] = []
  private var isDamaged = false
  private var isVerified = false

  /// - Parameter live: whether every phone may be texted; a new store says no.
  init(live: Bool = true, _ change: (inout GatewaySettings) -> Void = { _ in }) throws {
    let worlds = try #require(Worlds.ofTest, "the suite of a test that makes a world says .worlds")
    directory = try TemporaryDirectory(isInMemory: true)
    settings = GatewaySettings(
      brand: World.brand, carriers: ["alpha": CarrierProfile(), "beta": World.echoing])
    change(&settings)
    opened = try Gateway(path: path, settings: settings, now: now)
    _ = try gateway.storeID()
    if live { try gateway.parts.ground.directory.setLive(true) }
    worlds.add(self)
  }

  deinit {
    verify()
    opened = nil
  }

  /// Whatever a test did, the store is whole at its end; and where it was damaged on purpose, that is found.
  func verify() {
    guard !isVerified else { return }
    isVerified = true
    do {
      let found = try wholeAudit()
      if isDamaged { #expect(!found.isEmpty) } else { #expect(found == []) }
    } catch {
      Issue.record("the store could not be verified: \(error)")
    }
  }

  /// A carrier that repeats `user_message_reference` in its receipts.
  static var echoing: CarrierProfile {
    var profile = CarrierProfile()
    profile.userMessageReference = .echoed
    return profile
  }

  var gateway: Gateway {
    get throws { try #require(opened) }
  }

  /// Ends without a word, as `kill -9` does, and opens the store again.
  func restart() throws {
    opened = nil
    opened = try Gateway(path: path, settings: settings, now: now)
    network = []
  }

  // MARK: Batches

  /// One batch. What it lets out is returned, and kept in `network`.
  @discardableResult
  func batch(_ body: (Gateway) throws -> Void) throws -> Released {
    let gateway = try gateway
    gateway.begin(at: now)
    try gateway.open()
    try body(gateway)
    gateway.retryDue()
    let released = try gateway.commit()
    network += released.network
    notices += released.notices
    return released
  }

  @discardableResult
  func take(_ inputs: NetworkInput...) throws -> Released {
    try batch { gateway in for input in inputs { try gateway.take(input) } }
  }

  /// A batch that fails after its work was done, as one does when the disk is full.
  func fail(_ body: (Gateway) throws -> Void) throws {
    let gateway = try gateway
    gateway.begin(at: now)
    try gateway.open()
    try body(gateway)
    try gateway.rollBack()
  }

  /// Long work, to its end.
  @discardableResult
  func finishJobs(atMost slices: Int = 1_000) throws -> [CommandReply] {
    var replies: [CommandReply] = []
    for _ in 0..<slices where try gateway.hasJobs {
      replies += try batch { try $0.stepJob() }.replies
    }
    return replies
  }

  func housekeep() throws { try batch { try $0.housekeep() } }

  // MARK: The socket

  static let admin = Requester(role: "admin", uid: 0)

  func reply(to command: Command, as caller: Requester = World.admin) throws -> Result<[UInt8], APIError> {
    token += 1
    var replies = try batch { try $0.run(PendingCommand(token: token, caller: caller, command: command)) }
      .replies
    if replies.isEmpty { replies = try finishJobs() }
    let outcome = try #require(replies.first { $0.token == token }).outcome
    if case .failure(let error) = outcome { #expect(SchemaChecker.problems(error) == []) }
    return outcome
  }

  func call<R: Decodable>(_ command: Command, as caller: Requester = World.admin) throws -> R {
    let json = try reply(to: command, as: caller).get()
    #expect(SchemaChecker.problems(json: json, against: command.method.description.resultSchema) == [])
    return try ContractJSON.decode(R.self, from: json)
  }

  /// Why a command was refused; nil when it was not.
  func refusal(of command: Command, as caller: Requester = World.admin) throws -> Refusal? {
    if case .failure(let error) = try reply(to: command, as: caller) { return error.refusal }
    return nil
  }

  func code(of command: Command, as caller: Requester = World.admin) throws -> ErrorCode? {
    if case .failure(let error) = try reply(to: command, as: caller) { return error.code }
    return nil
  }

  func ask<R: Decodable>(
    _ query: Query, as caller: Requester = World.admin, live: [LiveCarrier] = [],
    metrics: (any MetricsSource)? = nil
  ) throws
    -> R
  {
    let queries = try Queries(
      path: path, settings: settings, live: FixedView(carriers: live), metrics: metrics, version: "test",
      started: now, clock: { [now] in now })
    let json: [UInt8]
    do {
      json = try queries.answer(query, for: caller)
    } catch let error as APIError {
      #expect(SchemaChecker.problems(error) == [])
      throw error
    }
    let problems = SchemaChecker.problems(
      json: json, against: query.method.description.resultSchema)
    #expect(problems == [], "\(String(decoding: json, as: UTF8.self))")
    return try ContractJSON.decode(R.self, from: json)
  }

  func nextKey() -> String {
    key += 1
    return "key-\(key)"
  }

  // MARK: The feed

  /// What was told since the last look, each event held against its schema.
  func events() throws -> [EventData] {
    let events = try feed(after: readTo)
    if let last = events.last { readTo = try #require(Int64(last.sequence)) }
    return events.map(\.data)
  }

  /// The feed after an event, as a reader of the socket gets it.
  func feed(after sequence: Int64) throws -> [FeedEvent] {
    let reader = try FeedReader(path: path)
    var rows: [PackedRow] = []
    try reader.read(after: sequence, maximumEvents: .max, maximumOctets: .max, into: &rows)
    var writer = EventWriter(store: "test")
    var found: [FeedEvent] = []
    for row in rows {
      try row.bytes.withUnsafeBytes { octets in
        var walk = PackedEventWalk(octets)
        var sequence = row.firstSequence
        while let event = walk.next(in: octets) {
          var buffer = JSONBuffer(capacity: 512)
          try #require(
            writer.append(
              event, of: octets, place: .init(sequence: sequence, timeMilliseconds: row.timeMilliseconds),
              to: &buffer))
          let decoded = try ContractJSON.decode(FeedEvent.self, from: buffer.octets)
          let data = try #require(try ContractJSON.decode(JSONValue.self, from: buffer.octets)["data"])
          #expect(SchemaChecker.problems(data, against: decoded.type.description) == [])
          found.append(decoded)
          sequence += 1
        }
        #expect(!walk.isDamaged && sequence == row.lastSequence + 1)
      }
    }
    return found
  }

  /// The network side's output since it was last taken.
  func takeNetwork() -> [NetworkOutput] {
    defer { network = [] }
    return network
  }

  func nextSequence() -> UInt32 {
    sequence += 1
    return sequence
  }

  func nextAnswer() -> Int {
    answers += 1
    return answers
  }

  /// A counter of a carrier, as `metrics` prints it; nil where it has none.
  func count(_ name: String, carrier: String = "alpha") throws -> Int? {
    let result: MetricsResult = try ask(.metrics(Metrics()))
    let series = "tollgate_carrier_\(name){carrier=\"\(carrier)\"} "
    return result.text.split(separator: "\n").first { $0.hasPrefix(series) }
      .flatMap { Int($0.dropFirst(series.count)) }
  }

  /// Changes the store behind the gateway's back.
  func damage(_ sql: String) throws {
    isDamaged = true
    try gateway.store.execute(sql)
  }

  /// Numbers a query may ask the store itself, where no contract shows it.
  func stored(_ sql: String) throws -> Int64? { try Database(path: path, mode: .reader).int(sql) }
}

/// Carriers as a test says they are.
struct FixedView: LiveView {
  var carriers: [LiveCarrier]
  func snapshot() -> [LiveCarrier] { carriers }
}
