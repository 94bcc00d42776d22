import CommandFrame
import Contract

/// `tollgate group`: named lists of contacts, and contacts that fulfil conditions.
package enum GroupCommands {
  package static let command = Command(
    name: "group", summary: "make and manage groups of contacts: lists, or by conditions",
    examples: [Example("tollgate group create renters con_1 con_2", "make a group of two contacts")],
    subcommands: [create, list, show, add, remove])

  static let create = Command(
    name: "create", summary: "make a group", operands: "NAME [CONTACT…]", operandCount: 1...501,
    details: """
      With --where the group has no list of contacts: all contacts are in it that fulfil every condition, whenever the group is used.
      A condition is a name, =, >= or <=, and a value, or several values with commas between them. The names tag, rep and created (>= or <)
      mean the contact's own; any other name is a merge field. "not " in front turns it around; a name alone means that the field is there.
      """,
    options: [
      Option("rep", argument: "REP", "the rep who owns the group (default: everybody)"),
      Option("where", argument: "CONDITION", repeats: true, "who is in it"),
    ],
    examples: [
      Example("tollgate group create renters con_1 con_2", "make a group of two contacts"),
      Example(
        "tollgate group create 'warm leads' --where status=new,open --where 'not tag=sold' --where 'age>=30'",
        "whoever fulfils all three"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let contacts = try invocation.operands.dropFirst().map(References.contact)
    let conditions = try invocation.values(of: "where").map { try condition($0, &references, invocation) }
    let group = try daemon.call(
      GroupCreate(
        name: invocation.operands[0], repID: try invocation.value("rep").map { try references.rep($0) },
        contactIDs: contacts.isEmpty ? nil : contacts, conditions: conditions.isEmpty ? nil : conditions))
    let who =
      group.memberCount.map { "with \(Words.count($0, "member"))" }
      ?? "of whoever fulfils \(Words.count(conditions.count, "condition"))"
    return try invocation.answer(group, "\(group.groupID): group \"\(Terminal.shown(group.name))\" \(who)")
  }

  private static func condition(_ text: String, _ references: inout References, _ invocation: Invocation)
    throws
    -> GroupCondition
  {
    var condition = GroupCondition()
    guard
      let match = text.wholeMatch(
        of: /\s*(?:(not)\s+)?([^<>=!]*[^<>=!\s])\s*(?:(>=|<=|=|<)\s*([^=].*?))?\s*/.ignoresCase())
    else { throw invocation.usage("--where: expected a condition such as status=new, found \"\(text)\"") }
    let (name, sign, value) = (match.output.2, match.output.3, match.output.4.map { String($0) })
    if match.output.1 != nil { condition.not = true }
    let values = (value ?? "").split(separator: ",").map { CSVReader.trimmed(String($0)) }
    guard value == nil || !values.isEmpty, !values.contains("") else {
      throw invocation.usage("--where: expected a value behind \(sign ?? "="), found \"\(text)\"")
    }
    switch (name, sign) {
    case ("tag", "="): condition.tags = values
    case ("rep", "="): condition.repIDs = try values.map { try references.rep($0) }
    case ("created", ">="): condition.createdSince = try value.map(References.time)
    case ("created", "<"): condition.createdBefore = try value.map(References.time)
    case ("tag", _), ("rep", _), ("created", _):
      throw invocation.usage("--where: expected tag=, rep=, created>= or created<, found \"\(text)\"")
    default:
      condition.attribute = String(name)
      if sign == "<" { throw invocation.usage("--where: < is for created; use <=, found \"\(text)\"") }
      switch sign {
      case "=": condition.is = values
      case ">=": condition.atLeast = value
      case "<=": condition.atMost = value
      default: break
      }
    }
    return condition
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
          group.groupID.description, group.name, group.memberCount.map { "\($0)" } ?? "by conditions",
          try references.name(of: group.repID),
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
