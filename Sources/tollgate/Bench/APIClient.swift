import Contract
import NetIO

/// A connection to the daemon's socket that asks and waits: for setting up, and for commands whose time is measured.
final class APIClient {
  private let connection: Connection
  private var input = InputBuffer(limit: 1 << 20)
  private var nextID: Int64 = 1

  init(path: String) throws {
    connection = try UnixSocket.connect(to: path)
    try connection.setBlocking(true)
    _ = try call(Hello(protocol: 1, client: "tollgate bench"))
  }

  /// A request as it goes over the socket.
  private struct Request<Params: MethodParams>: Encodable {
    var jsonrpc = "2.0"
    var id: Int64
    var method: String
    var params: Params
  }

  private struct Answer<Result: Decodable>: Decodable {
    struct Failure: Decodable {
      struct Detail: Decodable { var reason: String? }
      var code: Int
      var message: String
      var data: Detail?
    }
    var id: Int64?
    var result: Result?
    var error: Failure?
  }

  /// The line of a request, ready to be sent.
  func line<Params: MethodParams>(_ params: Params) throws -> [UInt8] {
    defer { nextID += 1 }
    return try ContractJSON.encode(Request(id: nextID, method: Params.method.rawValue, params: params)) + [
      0x0A
    ]
  }

  func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    try send(try line(params))
    return try answer(to: Params.self)
  }

  func answer<Params: MethodParams>(to call: Params.Type) throws -> Params.Result {
    let answer = try ContractJSON.decode(Answer<Params.Result>.self, from: try receiveLine())
    if let error = answer.error {
      let reason = error.data?.reason.map { " (\($0))" } ?? ""
      throw Bench.Failure("\(Params.method.rawValue): \(error.message)\(reason)")
    }
    guard let result = answer.result else {
      throw Bench.Failure("\(Params.method.rawValue): an empty answer")
    }
    return result
  }

  func send(_ octets: [UInt8]) throws {
    var sent = 0
    while sent < octets.count {
      let result = octets.withUnsafeBytes { connection.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
      switch result {
      case .count(let count): sent += count
      case .wouldBlock: continue
      case .closed: throw Bench.Failure("the daemon closed its socket")
      case .failed(let reason): throw Bench.Failure("the daemon's socket: \(reason)")
      }
    }
  }

  private func receiveLine() throws -> [UInt8] {
    while true {
      let line = input.withUnread { octets in octets.firstIndex(of: 0x0A).map { Array(octets[..<$0]) } }
      if let line {
        input.consume(line.count + 1)
        return line
      }
      switch input.fill(from: connection) {
      case .count(0): throw Bench.Failure("an answer of the daemon is longer than \(input.limit) octets")
      case .count, .wouldBlock: continue
      case .closed: throw Bench.Failure("the daemon closed its socket")
      case .failed(let reason): throw Bench.Failure("the daemon's socket: \(reason)")
      }
    }
  }
}
