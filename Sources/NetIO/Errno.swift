import CLinux
import Glibc

/// An error number of the kernel, errno(3). Unknown values are kept.
public struct Errno: RawRepresentable, Hashable, Sendable, Error, CustomStringConvertible {
  public let rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The calling thread's errno.
  @inline(__always)
  static var current: Errno { Errno(rawValue: Glibc.errno) }

  /// The text of strerror(3), with the name: "Connection refused (ECONNREFUSED)".
  public var description: String {
    guard let text = clinux_error_text(rawValue), let name = clinux_error_name(rawValue) else {
      return "error \(rawValue)"
    }
    return "\(String(cString: text)) (\(String(cString: name)))"
  }

  public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  public static let connectionReset = Errno(rawValue: ECONNRESET)
  public static let brokenPipe = Errno(rawValue: EPIPE)
  public static let addressInUse = Errno(rawValue: EADDRINUSE)
  public static let noSuchFile = Errno(rawValue: ENOENT)
  public static let notPermitted = Errno(rawValue: EPERM)
  public static let accessDenied = Errno(rawValue: EACCES)
  public static let invalidArgument = Errno(rawValue: EINVAL)
  public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
  /// The peer broke the protocol below ours: `Connection.tlsFailure` says how.
  public static let protocolFault = Errno(rawValue: EPROTO)
  public static let timedOut = Errno(rawValue: ETIMEDOUT)
  public static let tooManyDescriptors = Errno(rawValue: EMFILE)
}

/// A system call that failed: which one, and why. Carries no data of the program.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call's name as in section 2 of the manual: "bind".
  public let call: String
  public let errno: Errno

  public init(call: String, errno: Errno) {
    self.call = call
    self.errno = errno
  }

  /// "bind: Address already in use (EADDRINUSE)".
  public var description: String { "\(call): \(errno)" }

  /// The error of the call that has just returned -1 on this thread.
  static func last(_ call: String) -> SystemError { SystemError(call: call, errno: .current) }
}

/// Throws the thread's errno under `call` if `result` is -1.
@inline(__always) @discardableResult
func check(_ call: String, _ result: Int32) throws(SystemError) -> Int32 {
  if result == -1 { throw SystemError.last(call) }
  return result
}
