import Glibc

/// An IPv4 or IPv6 address with a port, or the path of a Unix socket.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// `address` in host order: 127.0.0.1 is 0x7F000001.
  case ipv4(address: UInt32, port: UInt16)
  /// The 16 octets as two numbers, most significant first; `scope` is the interface of a link-local address.
  case ipv6(high: UInt64, low: UInt64, port: UInt16, scope: UInt32)
  case local(path: String)
  /// A family that is not listened on here.
  case other(family: UInt16)

  /// The most octets a Unix socket's path may have, unix(7).
  public static let maximumPathLength = 107

  /// From "192.0.2.1:2775" or "[2001:db8::1%eth0]:2775". Names are `Resolver`'s: nil for them.
  public init?(_ text: String) {
    guard let endpoint = Endpoint(text) else { return nil }
    self.init(host: endpoint.host, port: endpoint.port)
  }

  /// From a numeric host without brackets; nil for a name.
  public init?(host: String, port: UInt16) {
    var v4 = in_addr()
    if inet_pton(AF_INET, host, &v4) == 1 {
      self = .ipv4(address: UInt32(bigEndian: v4.s_addr), port: port)
      return
    }
    let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var v6 = in6_addr()
    guard let numeric = parts.first, inet_pton(AF_INET6, String(numeric), &v6) == 1 else { return nil }
    var scope: UInt32 = 0
    if parts.count == 2 {
      scope = UInt32(parts[1]) ?? if_nametoindex(String(parts[1]))
      guard scope != 0 else { return nil }
    }
    let (high, low) = SocketAddress.halves(of: v6)
    self = .ipv6(high: high, low: low, port: port, scope: scope)
  }

  public static func loopback(port: UInt16 = 0) -> SocketAddress {
    .ipv4(address: 0x7F00_0001, port: port)
  }

  /// The port; 0 for a Unix socket.
  public var port: UInt16 {
    switch self {
    case .ipv4(_, let port), .ipv6(_, _, let port, _): port
    case .local, .other: 0
    }
  }

  /// The numeric host without port or brackets; a Unix socket's path.
  public var host: String {
    switch self {
    case .ipv4(let address, _):
      return (0..<4).map { String(address >> (24 - 8 * $0) & 0xFF) }.joined(separator: ".")
    case .ipv6(let high, let low, _, let scope):
      var address = SocketAddress.address(high: high, low: low)
      var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return "::" }
      let host = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return scope == 0 ? host : "\(host)%\(scope)"
    case .local(let path): return path
    case .other(let family): return "family \(family)"
    }
  }

  /// "192.0.2.1:2775", "[::1]:2775" or the path: what `init(_:)` reads.
  public var description: String {
    switch self {
    case .ipv4: "\(host):\(port)"
    case .ipv6: "[\(host)]:\(port)"
    case .local, .other: host
    }
  }

  var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .local: AF_UNIX
    case .other(let family): Int32(family)
    }
  }

  // MARK: The kernel's form

  /// Calls `body` with the sockaddr and its length.
  func withSockaddr<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    var storage = sockaddr_storage()
    let length = try write(to: &storage)
    return try withUnsafePointer(to: &storage) { pointer throws(SystemError) in
      try UnsafeRawPointer(pointer).withMemoryRebound(to: sockaddr.self, capacity: 1) {
        address throws(SystemError) in
        try body(address, length)
      }
    }
  }

  private func write(to storage: inout sockaddr_storage) throws(SystemError) -> socklen_t {
    switch self {
    case .ipv4(let address, let port):
      let value = sockaddr_in(
        sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
        sin_addr: in_addr(s_addr: address.bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: value, as: sockaddr_in.self) }
      return socklen_t(MemoryLayout<sockaddr_in>.size)
    case .ipv6(let high, let low, let port, let scope):
      let value = sockaddr_in6(
        sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
        sin6_addr: SocketAddress.address(high: high, low: low), sin6_scope_id: scope)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: value, as: sockaddr_in6.self) }
      return socklen_t(MemoryLayout<sockaddr_in6>.size)
    case .local(let path):
      let octets = Array(path.utf8)
      guard !octets.isEmpty, octets.count <= SocketAddress.maximumPathLength else {
        throw SystemError(call: "bind", errno: .nameTooLong)
      }
      let offset = MemoryLayout<sa_family_t>.size
      withUnsafeMutableBytes(of: &storage) { bytes in
        bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
        // A leading "@" names a socket in the abstract space, as systemd writes it.
        for (index, octet) in octets.enumerated() { bytes[offset + index] = octet }
        if octets[0] == UInt8(ascii: "@") { bytes[offset] = 0 }
      }
      let isAbstract = octets[0] == UInt8(ascii: "@")
      return socklen_t(offset + octets.count + (isAbstract ? 0 : 1))
    case .other(let family):
      throw SystemError(call: "socket family \(family)", errno: Errno(rawValue: EAFNOSUPPORT))
    }
  }

  /// From what accept, getsockname or getaddrinfo filled in.
  init(_ storage: UnsafeRawBufferPointer) {
    guard storage.count >= MemoryLayout<sa_family_t>.size else {
      self = .other(family: 0)
      return
    }
    let family = Int32(storage.loadUnaligned(as: sa_family_t.self))
    if family == AF_INET, storage.count >= MemoryLayout<sockaddr_in>.size {
      let value = storage.loadUnaligned(as: sockaddr_in.self)
      self = .ipv4(
        address: UInt32(bigEndian: value.sin_addr.s_addr), port: UInt16(bigEndian: value.sin_port))
    } else if family == AF_INET6, storage.count >= MemoryLayout<sockaddr_in6>.size {
      let value = storage.loadUnaligned(as: sockaddr_in6.self)
      let (high, low) = SocketAddress.halves(of: value.sin6_addr)
      self = .ipv6(high: high, low: low, port: UInt16(bigEndian: value.sin6_port), scope: value.sin6_scope_id)
    } else if family == AF_UNIX {
      var octets = Array(storage.dropFirst(MemoryLayout<sa_family_t>.size))
      if octets.first == 0, octets.count > 1 { octets[0] = UInt8(ascii: "@") }
      self = .local(path: String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self))
    } else {
      self = .other(family: UInt16(truncatingIfNeeded: family))
    }
  }

  private static func halves(of address: in6_addr) -> (high: UInt64, low: UInt64) {
    withUnsafeBytes(of: address) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  private static func address(high: UInt64, low: UInt64) -> in6_addr {
    var address = in6_addr()
    withUnsafeMutableBytes(of: &address) { bytes in
      bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
      bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return address
  }
}

/// A host, numeric or a name, with a port: what configuration holds and `Resolver` takes.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: UInt16

  /// RFC 1035 2.3.4: the longest name.
  public static let maximumHostLength = 255

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// From "smsc.example:2775", "192.0.2.1:2775" or "[::1]:2775".
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    var host = text[..<colon]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
      return nil
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, host.utf8.count <= Endpoint.maximumHostLength else { return nil }
    self.init(host: String(host), port: port)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
