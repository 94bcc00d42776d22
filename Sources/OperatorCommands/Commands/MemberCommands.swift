import CommandFrame
import Contract

/// `tollgate member`: the people who sign in.
package enum MemberCommands {
  package static let command = Command(
    name: "member", summary: "add and manage the people who sign in",
    examples: [
      Example(
        "tollgate member add dana 'Dana Whitfield' --role rep --rep 'Dana Whitfield'", "a rep who signs in"),
      Example("tollgate member invite dana", "the token with which Dana sets a password"),
    ],
    subcommands: [add, list, show, change, invite, sessions, signOut])

  private static let roles = Option(
    "role", argument: "ROLE", repeats: true,
    "rep, agent, supervisor, manager, operator or admin; several add up")

  static let add = Command(
    name: "add", summary: "add a member", operands: "LOGIN NAME", operandCount: 2...2,
    options: [roles, Option("rep", argument: "REP", "the rep who this person is")],
    examples: [
      Example("tollgate member add kim 'Kim Osei' --role manager --role admin", "one person, two roles")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    guard let given = try givenRoles(invocation) else { throw invocation.usage("--role is required") }
    try show(
      try daemon.call(
        MemberAdd(
          login: invocation.operands[0], name: invocation.operands[1], roles: given,
          repID: try invocation.value("rep").map { try references.rep($0) })), invocation)
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list the members",
    options: [Option("role", argument: "ROLE", "only members with this role"), Pages.limit],
    examples: [Example("tollgate member list --role admin", "who may add members")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try Pages.read(
      invocation, daemon,
      MemberList(memberRole: try invocation.value("role").map { try role($0, invocation) }))
    try Pages.print(invocation, result, none: "no members yet; see: tollgate member add --help") {
      var table = Table("id", "login", "name", "roles", "rep", "presence", "state")
      for member in result.items {
        table.add(
          .init(member.memberID.description), .init(member.login), .init(member.name, .bold),
          .init(words(member.roles)), .init(try references.name(of: member.repID)),
          .init(member.presence.rawValue),
          .init(state(member), member.active && member.hasPassword ? .green : .yellow))
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one member", operands: "MEMBER", operandCount: 1...1,
    examples: [Example("tollgate member show dana", "by login or by id")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    try show(try daemon.call(MemberGet(memberID: try member(invocation, daemon))), invocation)
    return .ok
  }

  static let change = Command(
    name: "change", summary: "change a member's name, roles or rep", operands: "MEMBER", operandCount: 1...1,
    options: [
      Option("name", argument: "NAME", "the person's name"), roles,
      Option("rep", argument: "REP", "the rep who this person is; 'none': the person is no rep"),
      Option("active", argument: "on|off", "whether the member may sign in"),
    ],
    examples: [Example("tollgate member change dana --active off", "signed out everywhere, at once")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let rep = invocation.value("rep")
    try show(
      try daemon.call(
        MemberUpdate(
          memberID: try member(invocation, daemon), name: invocation.value("name"),
          roles: try givenRoles(invocation),
          repID: rep == "none" ? nil : try rep.map { try references.rep($0) },
          clearRep: rep == "none" ? true : nil, active: try invocation.onOff("active"))), invocation)
    return .ok
  }

  static let invite = Command(
    name: "invite", summary: "make the one-time token with which a member sets a password",
    operands: "MEMBER", operandCount: 1...1,
    details: """
      The token can be used once, within 24 hours. It ends the password, the sessions and the invite before. Whoever has it
      is taken for the member: hand it over in private.
      """,
    examples: [Example("tollgate member invite dana", "print a new token")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try daemon.call(MemberInvite(memberID: try member(invocation, daemon)))
    if invocation.has("json") {
      try JSONOutput.line(result)
    } else {
      var facts = Facts()
      facts.add("token", result.token.text, .bold)
      facts.add("until", Words.time(result.expiresAt))
      try facts.print()
    }
    return .ok
  }

  static let sessions = Command(
    name: "sessions", summary: "list where a member is signed in", operands: "MEMBER", operandCount: 1...1,
    options: [Pages.limit],
    examples: [Example("tollgate member sessions dana", "each device, and until when")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try Pages.read(
      invocation, daemon, SessionList(memberID: try member(invocation, daemon)))
    try Pages.print(invocation, result, none: "signed in nowhere") {
      var table = Table("id", "device", "since", "until")
      for session in result.items {
        table.add(
          .init(session.sessionID.description), .init(session.device), .init(Words.time(session.createdAt)),
          .init(Words.time(session.expiresAt)))
      }
      return table
    }
    return .ok
  }

  static let signOut = Command(
    name: "sign-out", summary: "end one session of a member", operands: "SESSION", operandCount: 1...1,
    examples: [Example("tollgate member sign-out ses_9", "that device has to sign in again")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try daemon.call(SessionClose(sessionID: try References.session(invocation.operands[0])))
    if invocation.has("json") { try JSONOutput.line(result) }
    return .ok
  }

  // MARK: Words

  private static func member(_ invocation: Invocation, _ daemon: DaemonConnection) throws -> MemberID {
    try member(invocation.operands[0], daemon)
  }

  /// `mem_4`, or the name a member signs in with.
  static func member(_ text: String, _ daemon: DaemonConnection) throws -> MemberID {
    if let id = MemberID(text) { return id }
    guard let found = try daemon.call(MemberList(login: text, limit: 1)).items.first else {
      throw Failure(.data, "no member signs in as \"\(text)\"", hint: "see: tollgate member list")
    }
    return found.memberID
  }

  private static func givenRoles(_ invocation: Invocation) throws -> [MemberRole]? {
    let given = invocation.values(of: "role")
    return given.isEmpty ? nil : try given.map { try role($0, invocation) }
  }

  private static func role(_ word: String, _ invocation: Invocation) throws -> MemberRole {
    guard let role = MemberRole(rawValue: word) else {
      throw invocation.usage("--role: expected \(words(MemberRole.allCases))")
    }
    return role
  }

  private static func words(_ roles: [MemberRole]) -> String {
    roles.map(\.rawValue).joined(separator: ", ")
  }

  private static func state(_ member: MemberView) -> String {
    if !member.active { return "inactive" }
    if member.hasPassword { return "active" }
    return member.invitedUntil.map { "invited until \(Words.time($0))" } ?? "not invited"
  }

  private static func show(_ member: MemberView, _ invocation: Invocation) throws {
    if invocation.has("json") { return try JSONOutput.line(member) }
    var facts = Facts()
    facts.add("id", member.memberID.description)
    facts.add("login", member.login, .bold)
    facts.add("name", member.name)
    facts.add("roles", words(member.roles))
    facts.add("rep", member.repID?.description ?? "none")
    facts.add("presence", member.presence.rawValue)
    facts.add("second factor", member.hasSecondFactor ? "yes" : "none")
    facts.add("state", state(member), member.active ? .green : .yellow)
    facts.add("added", Words.time(member.createdAt))
    try facts.print()
  }
}
