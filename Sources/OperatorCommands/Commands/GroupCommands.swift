import CommandFrame
import Contract

/// `tollgate group`: named lists of contacts.
package enum GroupCommands {
  package static let command = Command(
    name: "group", summary: "make and manage named lists of contacts",
    examples: [Example("tollgate group create renters con_1 con_2", "make a group of two contacts")],
    subcommands: [create, list, show, add, remove])

  static let create = Command(
    name: "create", summary: "make a group", operands: "NAME [CONTACT…]", operandCount: 1...501,
    options: [Option("rep", argument: "REP", "the rep who owns the group (default: everybody)")],
    examples: [Example("tollgate group create renters con_1 con_2", "make a group of two contacts")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let contacts = try invocation.operands.dropFirst().map(References.contact)
    let group = try daemon.call(
      GroupCreate(
        name: invocation.operands[0], repID: try invocation.value("rep").map { try references.rep($0) },
        contactIDs: contacts.isEmpty ? nil : contacts))
    return try invocation.answer(
      group,
      "\(group.groupID): group \"\(Terminal.shown(group.name))\" with \(Words.count(group.memberCount, "member"))"
    )
  }

  static let list = Command(
    name: "list", summary: "list the groups",
    options: [Option("rep", argument: "REP", "only groups of this rep"), Pages.since, Pages.limit],
    examples: [Example("tollgate group list", "list all groups")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let owner = try invocation.value("rep").map { try references.rep($0) }
    let result = try Pages.read(invocation, daemon, GroupList(repID: owner))
    try Pages.print(invocation, result, none: "no groups yet; see: tollgate group create --help") {
      var table = Table("id", "name", ">members", "rep", "added")
      for group in result.items {
        table.add(
          group.groupID.description, group.name, "\(group.memberCount)", try references.name(of: group.repID),
          Words.time(group.createdAt))
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "list a group's members", operands: "GROUP", operandCount: 1...1,
    options: [Pages.since, Pages.limit],
    examples: [Example("tollgate group show renters", "name a group by its name or its id")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let group = try References.group(invocation.operands[0])
    let result = try Pages.read(invocation, daemon, ContactList(group: group))
    try Pages.print(invocation, result, none: "this group has no members") {
      try ContactCommands.table(result.items, &references)
    }
    return .ok
  }

  static let add = Command(
    name: "add", summary: "put contacts into a group", operands: "GROUP CONTACT…", operandCount: 2...501,
    examples: [Example("tollgate group add renters con_3 con_4", "add two contacts; earlier members stay")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      GroupAdd(
        group: try References.group(invocation.operands[0]),
        contactIDs: try invocation.operands.dropFirst().map(References.contact)))
    return try invocation.answer(result, "\(Words.count(result.changed, "contact")) added")
  }

  static let remove = Command(
    name: "remove", summary: "remove contacts from a group", operands: "GROUP CONTACT…",
    operandCount: 2...501,
    examples: [Example("tollgate group remove renters con_3", "remove one contact; the contact itself stays")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      GroupRemove(
        group: try References.group(invocation.operands[0]),
        contactIDs: try invocation.operands.dropFirst().map(References.contact)))
    return try invocation.answer(result, "\(Words.count(result.changed, "contact")) removed")
  }
}
