import Contract
import NetIO

// Who gets a place where there are few: whoever has said hello keeps its own, and administrators always find one.

extension APILoop {
  /// Makes room for one connection more; else the limit that is reached.
  ///
  /// Connections that have not said hello make room, the oldest first. So nobody is kept out by connections that say nothing, be they
  /// of the same user or of users without a role.
  func makeRoom(for user: UInt32, _ role: Role?, at now: Duration) -> String? {
    if role == nil {
      while clientsInOrder.count(where: { $0.caller == nil }) >= limits.connectionsWithoutRole {
        guard displace(oldest: { $0.caller == nil }, at: now) else { return "connections_without_role" }
      }
    }
    if clientsInOrder.count(where: { $0.userID == user }) >= limits.connectionsPerUser,
      !displace(oldest: { $0.userID == user && !$0.machine.hasGreeted }, at: now)
    {
      return "connections_per_user"
    }
    let kept = role?.isAdministrator == true ? 0 : min(limits.connectionsKept, limits.connections / 4)
    if clientsInOrder.count >= limits.connections - kept,
      !displace(oldest: { !$0.machine.hasGreeted }, at: now)
    {
      return "connections"
    }
    return nil
  }

  /// Closes the oldest connection of a kind; false where there is none.
  private func displace(oldest isMeant: (Client) -> Bool, at now: Duration) -> Bool {
    guard let client = clientsInOrder.first(where: isMeant) else { return false }
    counters.displacedTotal += 1
    client.machine.displace()
    perform(client, at: now)
    client.machine.output.withReadable { _ = client.connection.write($0) }
    drop(client)
    return true
  }
}
