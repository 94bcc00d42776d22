public import NetIO

/// Which users and groups have which role.
public struct RoleTable: Sendable {
  /// One role and who has it.
  public struct Entry: Sendable {
    public var role: Role
    /// User numbers.
    public var users: [UInt32]
    /// Group numbers: the peer's own or a supplementary one.
    public var groups: [UInt32]

    public init(role: Role, users: [UInt32], groups: [UInt32]) {
      self.role = role
      self.users = users
      self.groups = groups
    }
  }

  public var entries: [Entry]

  public init(_ entries: [Entry]) { self.entries = entries }

  /// The first role that names the peer's user; else the first that names one of its groups; else none.
  public func role(for peer: UnixSocket.PeerCredentials) -> Role? {
    if let entry = entries.first(where: { $0.users.contains(peer.userID) }) { return entry.role }
    return entries.first { $0.groups.contains(where: peer.isMember(of:)) }?.role
  }
}
