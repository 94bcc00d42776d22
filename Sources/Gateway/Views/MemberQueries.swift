import Contract
import Store

/// `member.*` and `session.*`: what only reads.
struct MemberQueries {
  /// The cost of a password: 32 MiB and a third of a second on a slow core (RFC 7914; OWASP's third choice).
  static let cost = (n: 1 << 15, r: 8, p: 3)

  let queries: Queries
  let caller: Requester

  private var table: MemberTable { MemberTable(queries.database) }

  func list(_ params: MemberList) throws -> Page<MemberView> {
    guard caller.isUnrestricted else { return Page(items: []) }
    // A login is one member at the most.
    let login = try params.login.map { try table.member(login: $0)?.id ?? 0 }
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "member", since: params.since, after, count, queries)
      },
      item: { place in
        guard login.map({ $0 == place.second }) ?? true, let row = try table.member(place.second),
          params.active.map({ $0 == row.isActive }) ?? true, params.memberRole.map(row.roles.contains) ?? true
        else { return nil }
        return MemberView(row, at: queries.clock())
      })
  }

  func get(_ params: MemberGet) throws -> MemberView {
    guard caller.isUnrestricted, let row = try table.member(params.memberID.value) else {
      throw APIError.notFound("member", params.memberID)
    }
    return MemberView(row, at: queries.clock())
  }

  /// A login that does not exist has a salt too, always the same: the answer tells nobody which logins exist.
  func challenge(_ params: SessionChallenge) throws -> SessionChallengeResult {
    let cost = Self.cost
    var salt = try table.member(login: params.login).flatMap { $0.isActive ? $0.salt : nil }
    if salt == nil {
      guard let key = try SettingTable(queries.database)[.challengeKey].flatMap(Base64URL.octets(of:)) else {
        throw APIError.internalError
      }
      salt = Array(Hash.hmacSHA256(Array(params.login.lowercased().utf8), key: key).prefix(16))
    }
    return SessionChallengeResult(salt: Base64URL.text(of: salt ?? []), n: cost.n, r: cost.r, p: cost.p)
  }

  func session() throws -> SessionGetResult {
    guard let acting = caller.member, let session = try table.session(acting.session),
      let member = try table.member(acting.id)
    else { throw APIError.noSession }
    return SessionGetResult(
      session: SessionView(session, current: acting.session), member: MemberView(member, at: queries.clock()))
  }

  func sessions(_ params: SessionList) throws -> Page<SessionView> {
    guard let member = params.memberID?.value ?? caller.member?.id else {
      throw APIError.invalid("member_id", "required: the request acts in no session")
    }
    let isOwn = member == caller.member?.id
    guard isOwn || (caller.member.map { $0.roles.contains(.admin) } ?? caller.isUnrestricted),
      try table.member(member) != nil
    else { throw APIError.notFound("member", MemberID(member)) }
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try queries.all(
          """
          SELECT id, created FROM session WHERE member_id = ?1 AND id > ?2 AND expires > ?3 ORDER BY id LIMIT ?4
          """, [.int(member), .int(after?.first ?? 0), .int(queries.clock()), .int(Int64(count))]
        ) { row in
          WalkKey(
            place: PageCursor(row.int(0)), fits: params.since.map { row.int(1) >= $0.milliseconds } ?? true)
        }
      },
      item: { try table.session($0.first).map { SessionView($0, current: caller.member?.session) } })
  }
}
