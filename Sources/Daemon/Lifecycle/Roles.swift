import Configuration
import Contract
import NetIO
import SocketServer

extension Configuration.Socket {
  /// Who may do what, with names of users and groups turned into numbers. A name this machine does not know is nobody.
  var roleTable: RoleTable {
    RoleTable(
      roles.map { role in
        RoleTable.Entry(
          role: Role(
            name: role.name, may: role.may,
            numbers: role.numbers.map { Set($0.compactMap { PhoneNumber($0) }) },
            seesText: role.sees.contains(.text), acts: role.acts),
          users: role.users.compactMap { UInt32($0) ?? UnixSocket.userID(named: $0) },
          groups: role.groups.compactMap { UInt32($0) ?? UnixSocket.groupID(named: $0) })
      })
  }
}
