import Contract
import Store

/// `session.*`: signing in and out.
///
/// A wrong password is no refusal: it is counted, and what is counted is a change. So it is an outcome, durable as any other.
struct SessionCommands: CommandRules {
  /// Milliseconds for which a session lasts: on a device of one's own, and elsewhere.
  static let ownDeviceLasts: Int64 = 30 * 86_400_000
  static let lasts: Int64 = 12 * 3_600_000
  /// One that the link of an alert opens.
  static let linkLasts: Int64 = 15 * 60_000
  /// Open sessions of one member, and again so many that links opened; for one more, the oldest is closed.
  static let maximumSessions = 20
  /// Failures in a row from which the next attempt must wait: a second after these, then twice as long each time.
  static let freeFailures: Int64 = 5
  static let longestWait: Int64 = 300_000

  let outbox: Outbox
  let reads: DecisionReads
  let table: MemberTable
  let links: AlertLinks
  let secrets: Secrets

  func enrol(_ params: SessionEnrol) throws(APIError) -> Decision {
    let (salt, proof) = (try octets(params.salt, "salt", 16), try octets(params.proof, "proof", 32))
    let device = try checkedName(params.device, field: "device")
    let found = try read(try table.member(invite: Hash.sha256(params.token.octets)))
    guard var row = found, row.isActive, row.invitedUntil ?? 0 > now else {
      return Decision { () throws(StoreError) in SessionOpening(outcome: .wrong) }
    }
    return Decision { () throws(StoreError) in
      (row.salt, row.proof) = (salt, Hash.sha256(proof))
      (row.invite, row.invitedUntil, row.failures, row.failed) = (nil, nil, 0, nil)
      row.updated = now
      guard row.roles.needSecondFactor else {
        emitChange(of: row)
        return try open(row, device, params.ownDevice == true)
      }
      let secret = secrets.octets(OneTimeCode.secretOctets)
      (row.secondFactor, row.codeStep) = (secret, 0)
      try table.update(row)
      emitChange(of: row)
      return SessionOpening(
        outcome: .secondFactor, member: MemberView(row, at: now),
        secondFactorSecret: OneTimeCode.base32(secret))
    }
  }

  func open(_ params: SessionOpen) throws(APIError) -> Decision {
    let proof = try octets(params.proof, "proof", 32)
    let device = try checkedName(params.device, field: "device")
    guard var row = try read(try table.member(login: params.login)), row.isActive, let known = row.proof
    else {
      return Decision { () throws(StoreError) in SessionOpening(outcome: .wrong) }
    }
    if let retryAt = Self.retryAt(row), retryAt > now {
      return Decision { () throws(StoreError) in
        SessionOpening(outcome: .wait, retryAt: Timestamp(milliseconds: retryAt))
      }
    }
    guard Hash.areEqual(Hash.sha256(proof), known) else { return failed(row, .wrong) }
    if let secret = row.secondFactor {
      guard
        let step = params.code.flatMap({
          OneTimeCode.step(of: $0, secret: secret, at: now, after: row.codeStep)
        })
      else { return failed(row, .codeRequired) }
      row.codeStep = step
    }
    return Decision { () throws(StoreError) in
      (row.failures, row.failed) = (0, nil)
      return try open(row, device, params.ownDevice == true)
    }
  }

  /// Before that time nothing is looked at; nil: at once.
  static func retryAt(_ row: MemberTable.MemberRow) -> Int64? {
    guard row.failures >= freeFailures, let failed = row.failed else { return nil }
    return failed + min(longestWait, 1_000 << min(row.failures - freeFailures, 20))
  }

  private func failed(_ row: MemberTable.MemberRow, _ outcome: SessionOutcome) -> Decision {
    var row = row
    row.failures += 1
    row.failed = now
    return Decision { [row] () throws(StoreError) in
      try table.update(row)
      if row.failures == Self.freeFailures {
        alert(
          .passwordGuessing, .warning, subject: MemberID(row.id).description,
          "\(row.failures) failures to sign in, in a row")
      }
      return SessionOpening(outcome: outcome)
    }
  }

  /// The link of an alert. Whatever is wrong with it, the answer is the same.
  func redeem(_ params: SessionRedeem) throws(APIError) -> Decision {
    let device = try checkedName(params.device, field: "device")
    let found = try read(try links.find(params.token))
    guard let link = found, let row = try read(try links.member(who: link.rep)) else {
      return Decision { () throws(StoreError) in SessionOpening(outcome: .wrong) }
    }
    return Decision { () throws(StoreError) in
      try links.table.remove(link)
      return try open(row, device, for: Self.linkLasts, thread: link.conversation)
    }
  }

  /// Opens a session of a member whose row changed.
  private func open(_ row: MemberTable.MemberRow, _ device: String, _ isOwn: Bool) throws(StoreError)
    -> SessionOpening
  {
    try table.update(row)
    return try open(row, device, for: isOwn ? Self.ownDeviceLasts : Self.lasts, thread: nil)
  }

  /// Links close no session that a password opened.
  private func open(
    _ row: MemberTable.MemberRow, _ device: String, for lasts: Int64, thread: Int64?
  ) throws(StoreError) -> SessionOpening {
    let open = try table.sessions(
      of: row.id, byLink: thread != nil, limit: Self.maximumSessions, at: now)
    if open.count == Self.maximumSessions { try table.close(session: open[0].id) }
    let token = secrets.token()
    var session = MemberTable.SessionRow(
      id: 0, member: row.id, device: device, thread: thread, created: now, expires: now + lasts)
    session.id = try table.open(session, token: Hash.sha256(token.octets))
    return SessionOpening(
      outcome: .opened, token: token, session: SessionView(session, current: session.id),
      member: MemberView(row, at: now))
  }

  func close(_ params: SessionClose, _ caller: Requester) throws(APIError) -> Decision {
    guard let id = params.sessionID?.value ?? caller.member?.session else {
      throw .invalid("session_id", "required: the request acts in no session")
    }
    if let session = try read(try table.session(id)) {
      guard mayEnd(session, caller) else { throw .notFound("session", SessionID(id)) }
    }
    return Decision { () throws(StoreError) in
      try table.close(session: id)
      return Done()
    }
  }

  /// The own ones; an admin, or a role that sees every number, anybody's.
  private func mayEnd(_ session: MemberTable.SessionRow, _ caller: Requester) -> Bool {
    guard let member = caller.member else { return caller.isUnrestricted }
    // One that a link opened ends itself alone.
    guard member.thread == nil else { return session.id == member.session }
    return session.member == member.id || member.roles.contains(.admin)
  }

  private func octets(_ text: String, _ field: String, _ count: Int) throws(APIError) -> [UInt8] {
    guard let octets = Base64URL.octets(of: text), octets.count == count else {
      throw .invalid(field, "\(count) octets in base64url without padding")
    }
    return octets
  }
}

extension SessionView {
  init(_ row: MemberTable.SessionRow, current: Int64?) {
    self.init(
      sessionID: SessionID(row.id), memberID: MemberID(row.member), device: row.device,
      conversationID: row.thread.map { ConversationID($0) }, current: row.id == current,
      createdAt: Timestamp(milliseconds: row.created),
      expiresAt: Timestamp(milliseconds: row.expires))
  }
}
