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

  /// The roles that name the peer's user, then those that name one of its groups, each in their order. The first is the peer's, unless it
  /// asks for another of them.
  public func roles(for peer: UnixSocket.PeerCredentials) -> [Role] {
    let byUser = entries.filter { $0.users.contains(peer.userID) }
    let byGroup = entries.filter {
      !$0.users.contains(peer.userID) && $0.groups.contains(where: peer.isMember(of:))
    }
    return (byUser + byGroup).map(\.role)
  }
}
