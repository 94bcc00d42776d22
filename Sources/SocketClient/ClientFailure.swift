public import Contract
public import NetIO

/// What can go wrong below the contract.
public enum ClientFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The socket cannot be reached.
  case unreachable(path: String, SystemError)
  /// The server refused the connection itself, not one of its requests.
  case refused(APIError)
  /// The connection is closed.
  case closed
  /// No answer, or no event, within the time.
  case timedOut
  /// The server sent what is no answer.
  case malformed(String)
  /// Too many requests, or too many octets of them, wait for the server.
  case full
  case system(SystemError)

  public var description: String {
    switch self {
    case .unreachable(let path, let error): "cannot reach the gateway at \(path): \(error.errno)"
    case .refused(let error): "the gateway refused the connection: \(error.message)"
    case .closed: "the gateway closed the connection"
    case .timedOut: "the gateway did not answer in time"
    case .malformed(let what): "the gateway sent \(what)"
    case .full: "too many requests wait for the gateway"
    case .system(let error): error.description
    }
  }
}
