import Contract
import Store

/// `member.*`: the people who sign in.
struct MemberCommands: CommandRules {
  /// Members that one gateway knows.
  static let maximumMembers = 10_000
  /// Milliseconds for which an invite can be used.
  static let inviteLasts: Int64 = 86_400_000

  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let table: MemberTable
  let secrets: Secrets
  let episodes: Episodes
  let serves: ServeTable

  func add(_ params: MemberAdd, _ caller: Requester) throws(APIError) -> Decision {
    try checkAll(caller)
    let row = MemberTable.MemberRow(
      login: try checkedLogin(params.login), name: try checkedName(params.name),
      roles: try checkedRoles(params.roles), rep: try checkedRep(params.repID, of: nil), created: now,
      updated: now)
    guard try read(try table.member(login: row.login)) == nil else {
      throw .refused(.duplicate, "another member signs in by this name", field: "login")
    }
    guard try read(try table.count()) < Self.maximumMembers else {
      throw .limitReached("members", Self.maximumMembers)
    }
    return Decision { () throws(StoreError) in
      var row = row
      row.id = try table.add(row)
      emitChange(of: row)
      return MemberView(row, at: now)
    }
  }

  func update(_ params: MemberUpdate, _ caller: Requester) throws(APIError) -> Decision {
    try checkAll(caller)
    let before = try known(params.memberID)
    var row = before
    if let name = params.name { row.name = try checkedName(name) }
    if let roles = params.roles { row.roles = try checkedRoles(roles) }
    if params.clearRep == true {
      row.rep = nil
    } else if let rep = try checkedRep(params.repID, of: row.id) {
      row.rep = rep
    }
    if let active = params.active { row.isActive = active }
    if !row.isActive { row.presence = .off }
    guard caller.member?.id != row.id || row.isActive && row.roles.contains(.admin) else {
      throw .refused(
        .notAllowed, "you cannot take away your own rights; another admin can", field: "member_id")
    }
    if row.roles.isDisjoint(with: [.agent, .supervisor]),
      let queue = try read(try episodes.queues.queues(of: row.id)).first
    {
      throw .refused(
        .wrongState, "the member answers \(QueueID(queue)): take the member out of it first", field: "roles")
    }
    row.updated = now
    return Decision { [row] () throws(StoreError) in
      try table.update(row)
      // Whoever loses rights loses them at once, wherever signed in.
      if !row.isActive || !before.roles.isSubset(of: row.roles) || before.rep != row.rep {
        try table.closeSessions(of: row.id)
      }
      emitChange(of: row)
      if !row.isActive { try stopServing(row.id, leaves: true) }
      return MemberView(row, at: now)
    }
  }

  func presence(_ params: MemberPresence, _ caller: Requester) throws(APIError) -> Decision {
    guard let id = params.memberID?.value ?? caller.member?.id else {
      throw .invalid("member_id", "required: the request acts in no session")
    }
    if id != caller.member?.id { try checkAll(caller) }
    let row = try known(MemberID(id))
    guard row.isActive else { throw .refused(.wrongState, "the member is not active", field: "member_id") }
    return Decision { () throws(StoreError) in
      try episodes.setPresence(params.presence, of: id)
      if params.presence != .available { try serves.removeWish(of: id) }
      if params.presence == .off { try stopServing(id, leaves: false) }
      guard let row = try table.member(id) else { throw .misuse("member", "one that is not stored") }
      return MemberView(row, at: now)
    }
  }

  /// Who is off has nothing to answer.
  private func stopServing(_ member: Int64, leaves: Bool) throws(StoreError) {
    try serves.removeWish(of: member)
    try episodes.moveQueues(of: member)
    try episodes.giveBack(of: member, in: nil, leaves: leaves)
  }

  func invite(_ params: MemberInvite, _ caller: Requester) throws(APIError) -> Decision {
    try checkAll(caller)
    var row = try known(params.memberID)
    guard row.isActive else { throw .refused(.wrongState, "the member is not active", field: "member_id") }
    return Decision { () throws(StoreError) in
      let token = secrets.token()
      (row.salt, row.proof, row.secondFactor, row.failures, row.failed) = (nil, nil, nil, 0, nil)
      row.invite = Hash.sha256(token.octets)
      row.invitedUntil = now + Self.inviteLasts
      row.updated = now
      try table.update(row)
      try table.closeSessions(of: row.id)
      emitChange(of: row)
      return MemberInviteResult(
        memberID: MemberID(row.id), token: token, expiresAt: Timestamp(milliseconds: now + Self.inviteLasts))
    }
  }

  // MARK: Checks

  /// Members are the whole company's.
  private func checkAll(_ caller: Requester) throws(APIError) {
    guard caller.isUnrestricted else {
      throw APIError(.forbidden, "members need a role that sees every number")
    }
  }

  private func known(_ id: MemberID) throws(APIError) -> MemberTable.MemberRow {
    guard let row = try read(try table.member(id.value)) else { throw .notFound("member", id) }
    return row
  }

  private func checkedLogin(_ login: String) throws(APIError) -> String {
    let isGood = login.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._-+@".utf8.contains($0)
      }
    }
    guard isGood else {
      throw .refused(.invalidField, "login: letters, digits and . _ - + @", field: "login")
    }
    return login
  }

  private func checkedRoles(_ roles: [MemberRole]) throws(APIError) -> Set<MemberRole> {
    guard Set(roles).count == roles.count else {
      throw .refused(.invalidField, "roles: each once", field: "roles")
    }
    return Set(roles)
  }

  private func checkedRep(_ id: RepID?, of member: Int64?) throws(APIError) -> Int64? {
    guard let id else { return nil }
    let rep = try directory.known(id)
    if let holder = try read(try table.member(rep: rep.id)), holder.id != member {
      throw .refused(.duplicate, "\(MemberID(holder.id)) is this rep", field: "rep_id")
    }
    return rep.id
  }
}
