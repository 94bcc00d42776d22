import Contract
import Foundation
import Glibc

/// An application on the gateway's local socket, with nothing of the gateway's own client in it: lines of JSON over a
/// Unix socket, as any program would write them.
final class App: @unchecked Sendable {
  /// An error the gateway answered with.
  struct Refused: Error, Decodable, CustomStringConvertible {
    struct Details: Decodable { var reason: String? }
    var code: Int
    var message: String
    var data: Details?
    /// What was asked.
    var method: String?
    var description: String { "\(method ?? ""): \(code) \(message) \(data?.reason ?? "")" }
  }

  /// One event of the feed, its data decoded where a test asks for it.
  struct Event: Decodable {
    struct Envelope: Decodable {
      var id: String
      var type: String
      var received: MessageReceived?
      var stateChanged: MessageStateChanged?
      var consent: ConsentChanged?
      var progress: CampaignProgress?
      var alert: AlertRaised?

      private enum Keys: String, CodingKey { case id, type, data }

      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        id = try container.decode(String.self, forKey: .id)
        type = try container.decode(String.self, forKey: .type)
        switch EventType(type) {
        case .messageReceived: received = try container.decode(MessageReceived.self, forKey: .data)
        case .messageStateChanged:
          stateChanged = try container.decode(MessageStateChanged.self, forKey: .data)
        case .consentChanged: consent = try container.decode(ConsentChanged.self, forKey: .data)
        case .campaignProgress: progress = try container.decode(CampaignProgress.self, forKey: .data)
        case .alertRaised: alert = try container.decode(AlertRaised.self, forKey: .data)
        default: break
        }
      }
    }

    var consumer: String
    var cursor: Cursor
    var event: Envelope
  }

  private struct State {
    var answers: [Int: Data] = [:]
    var events: [Event] = []
    var faults: [String] = []
    var closed = false
  }

  private struct Request<Params: Encodable>: Encodable {
    var jsonrpc = "2.0"
    var id: Int
    var method: String
    var params: Params
  }

  private struct Answer<Result: Decodable>: Decodable {
    var result: Result?
    var error: Refused?
  }

  private let descriptor: Int32
  private let state = Monitor(State())
  private let nextID = Monitor(1)

  /// Connects and says hello.
  init(_ path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    self.descriptor = descriptor
    guard connected == 0 else { throw HarnessError.system(path) }
    let state = self.state
    Thread.detachNewThread { Self.read(descriptor, into: state) }
    _ = try call(Hello(protocol: 1, client: "end-to-end-tests"))
  }

  deinit { close() }

  /// Ends the connection; the reading thread closes the descriptor.
  func close() {
    let descriptor = self.descriptor
    state.change { if !$0.closed { shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }

  private static func read(_ descriptor: Int32, into state: Monitor<State>) {
    struct Head: Decodable {
      var id: Int?
      var method: String?
    }
    struct Notification: Decodable { var params: Event }
    var pending = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      pending.append(contentsOf: buffer[..<count])
      while let end = pending.firstIndex(of: 0x0A) {
        let line = Data(pending[pending.startIndex..<end])
        pending.removeSubrange(pending.startIndex...end)
        do {
          let head = try JSONDecoder().decode(Head.self, from: line)
          if let id = head.id {
            state.change { $0.answers[id] = line }
          } else if head.method == "feed.event" {
            let event = try JSONDecoder().decode(Notification.self, from: line).params
            state.change { $0.events.append(event) }
          }
        } catch {
          state.change { $0.faults.append("\(error): \(String(decoding: line.prefix(300), as: UTF8.self))") }
        }
      }
    }
    // Under the lock: the number may be another file's at once.
    state.change {
      Glibc.close(descriptor)
      $0.closed = true
    }
  }

  /// Sends a call and does not wait.
  func post<Params: MethodParams>(_ params: Params) throws -> Int {
    let id = nextID.change { next in
      defer { next += 1 }; return next
    }
    var line = try JSONEncoder().encode(Request(id: id, method: Params.method.rawValue, params: params))
    line.append(0x0A)
    var written = 0
    while written < line.count {
      if state.read({ $0.closed }) { throw HarnessError("the local socket is closed") }
      let count = line.withUnsafeBytes {
        send(descriptor, $0.baseAddress?.advanced(by: written), line.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw HarnessError.system("the local socket") }
      written += count
    }
    return id
  }

  /// Waits for the answer to a posted call.
  func answer<Params: MethodParams>(_ id: Int, to: Params.Type, within limit: Duration = .seconds(60)) throws
    -> Params.Result
  {
    let line = state.wait(within: limit) { state -> Data? in
      state.answers.removeValue(forKey: id) ?? (state.closed ? Data() : nil)
    }
    guard let line, !line.isEmpty else {
      throw HarnessError(
        "no answer to \(Params.method.rawValue)" + (line == nil ? " in \(limit)" : ", the socket closed"))
    }
    let answer = try JSONDecoder().decode(Answer<Params.Result>.self, from: line)
    if var error = answer.error {
      error.method = Params.method.rawValue
      throw error
    }
    guard let result = answer.result else { throw HarnessError("an answer without a result") }
    return result
  }

  func call<Params: MethodParams>(_ params: Params, within limit: Duration = .seconds(60)) throws
    -> Params.Result
  {
    try answer(post(params), to: Params.self, within: limit)
  }

  /// Reads the feed from its oldest event, as a new consumer; `acknowledge` moves it on.
  func subscribe(_ consumer: String, types: [EventType]? = nil, from: FeedStart? = nil) throws {
    _ = try call(
      FeedSubscribe(
        consumer: consumer, start: from, filter: types.map { EventFilter(types: $0) }, maxInFlight: 65_536,
        ackTimeoutS: 0))
  }

  var events: [Event] { state.read { $0.events } }
  var faults: [String] { state.read { $0.faults } }

  /// Waits until the events read so far give what is awaited.
  func events<Result>(_ what: String, within limit: Duration = .seconds(60), _ search: ([Event]) -> Result?)
    throws
    -> Result
  {
    guard let result = state.wait(within: limit, for: { search($0.events) }) else {
      let types = Dictionary(grouping: events, by: \.event.type).mapValues(\.count)
      throw HarnessError(
        "the feed did not tell in \(limit): \(what); it told \(types), faults \(faults.prefix(3))")
    }
    return result
  }
}
