import CLinux
import Glibc

/// AF_UNIX stream sockets: the local API's.
public enum UnixSocket {
  /// Who is at the other end, as the kernel recorded it at connect: it cannot be forged.
  public struct PeerCredentials: Hashable, Sendable {
    public let processID: Int32
    public let userID: UInt32
    /// The effective group, SO_PEERCRED.
    public let groupID: UInt32
    /// The supplementary groups, SO_PEERGROUPS.
    public let supplementaryGroupIDs: [UInt32]

    public func isMember(of group: UInt32) -> Bool {
      groupID == group || supplementaryGroupIDs.contains(group)
    }
  }

  /// NGROUPS_MAX: the most supplementary groups the kernel gives a process.
  static let maximumGroups = 65536

  /// Listens at `path`. One daemon at a time: a lock file beside it (`path.lock`) is held while listening. A socket
  /// left by a dead process is removed, one that answers is not (EADDRINUSE). Nobody can connect before mode and
  /// group are set.
  /// - Parameters:
  ///   - mode: permission bits, for example 0o660.
  ///   - group: the group's number; nil leaves the process's own.
  public static func listen(
    at path: String, mode: UInt32, group: UInt32? = nil, backlog: Int32 = Listener.defaultBacklog
  ) throws(SystemError) -> Listener {
    let address = SocketAddress.local(path: path)
    let lock = try lockFile(for: path)
    try removeStale(path, address)
    let descriptor = try Descriptor.streamSocket(family: AF_UNIX)
    try descriptor.bind(to: address)
    let owned = OwnedPath(path: path, lock: lock)
    // Bound but not listening refuses connections: no moment with the wrong mode.
    try check("chmod", chmod(path, mode_t(mode)))
    if let group { try check("chown", chown(path, uid_t.max, group)) }
    try check("listen", Glibc.listen(descriptor.rawValue, backlog))
    return Listener(descriptor, ownedPath: owned)
  }

  /// Connects. The kernel answers at once: ENOENT, ECONNREFUSED (nobody listens), EAGAIN (its backlog is full).
  /// "@name" is in the abstract space.
  public static func connect(to path: String) throws(SystemError) -> Connection {
    let descriptor = try Descriptor.streamSocket(family: AF_UNIX)
    try descriptor.connect(to: .local(path: path))
    return Connection(owning: descriptor)
  }

  /// Two connected ends within this process.
  public static func pair() throws(SystemError) -> ConnectionPair {
    var ends: [Int32] = [-1, -1]
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    try check("socketpair", socketpair(AF_UNIX, type, 0, &ends))
    return ConnectionPair(
      first: Connection(owning: Descriptor(owning: ends[0])),
      second: Connection(owning: Descriptor(owning: ends[1])))
  }

  /// The number of a group by name, from the system's databases; nil if there is none.
  public static func groupID(named name: String) -> UInt32? {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 65536)
    let result = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
    return result == 0 && found != nil ? entry.gr_gid : nil
  }

  /// The number of a user by name; nil if there is none.
  public static func userID(named name: String) -> UInt32? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 65536)
    let result = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
    return result == 0 && found != nil ? entry.pw_uid : nil
  }

  /// The name of a user by number; nil if it has none.
  public static func userName(of userID: UInt32) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 65536)
    let result = getpwuid_r(userID, &entry, &buffer, buffer.count, &found)
    guard result == 0, found != nil, let name = entry.pw_name else { return nil }
    return String(cString: name)
  }

  private static func lockFile(for path: String) throws(SystemError) -> Descriptor {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let lock = Descriptor(owning: try check("open \(path).lock", clinux_open(path + ".lock", flags, 0o600)))
    if flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
      throw SystemError(call: "bind", errno: .addressInUse)
    }
    return lock
  }

  /// Removes a socket that refuses connections. Anything else at the path stays, and bind will say so.
  private static func removeStale(_ path: String, _ address: SocketAddress) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError(call: "bind", errno: .addressInUse)
    }
    let probe = try Descriptor.streamSocket(family: AF_UNIX)
    do {
      try probe.connect(to: address)
    } catch {
      guard error.errno == .connectionRefused else {
        throw SystemError(call: "bind", errno: .addressInUse)
      }
      _ = unlink(path)
      return
    }
    throw SystemError(call: "bind", errno: .addressInUse)
  }
}

/// Both ends of `UnixSocket.pair()`.
@frozen
public struct ConnectionPair: ~Copyable {
  public var first: Connection
  public var second: Connection
}

/// A socket's file and the lock that says it is ours; losing it removes the file.
struct OwnedPath: ~Copyable, Sendable {
  let path: String
  let lock: Descriptor

  deinit { _ = unlink(path) }
}

extension Connection {
  /// Who is at the other end of a Unix socket.
  public borrowing func peerCredentials() throws(SystemError) -> UnixSocket.PeerCredentials {
    var processID: Int32 = 0
    var userID: UInt32 = 0
    var groupID: UInt32 = 0
    try check(
      "getsockopt", clinux_peer_credentials(descriptor.rawValue, &processID, &userID, &groupID))
    var groups = [UInt32](repeating: 0, count: 64)
    var count = UInt32(groups.count)
    if clinux_peer_groups(descriptor.rawValue, &groups, &count) != 0 {
      guard Glibc.errno == ERANGE, count <= UnixSocket.maximumGroups else {
        throw SystemError.last("getsockopt")
      }
      groups = [UInt32](repeating: 0, count: Int(count))
      try check("getsockopt", clinux_peer_groups(descriptor.rawValue, &groups, &count))
    }
    return UnixSocket.PeerCredentials(
      processID: processID, userID: userID, groupID: groupID,
      supplementaryGroupIDs: Array(groups.prefix(Int(count))))
  }
}
