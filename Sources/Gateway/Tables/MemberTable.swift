import Contract
import Store

/// The tables `member` and `session`: who signs in, and who has.
struct MemberTable {
  struct MemberRow: Equatable {
    var id: Int64 = 0
    var login: String
    var name: String
    var roles: Set<MemberRole>
    var rep: Int64?
    var isActive = true
    /// Of the password; both or neither.
    var salt: [UInt8]?
    var proof: [UInt8]?
    var secondFactor: [UInt8]?
    var codeStep: Int64 = 0
    var failures: Int64 = 0
    var failed: Int64?
    /// SHA-256 of the open invite's token.
    var invite: [UInt8]?
    var invitedUntil: Int64?
    var presence = Presence.off
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  struct SessionRow: Equatable {
    var id: Int64
    var member: Int64
    var device: String
    /// The only thread that it is for: the link of an alert opened it. nil: it is for all of the member's.
    var thread: Int64?
    var created: Int64
    var expires: Int64
  }

  private static let columns = """
    id, login, name, roles, rep_id, active, salt, proof, second_factor, code_step, failures, failed, invite,
    invited_until, presence, created, updated
    """
  private static let sessionColumns = "id, member_id, device, created, expires, conversation_id"

  private let database: Database

  init(_ database: Database) { self.database = database }

  private static func member(_ row: Row) throws(StoreError) -> MemberRow {
    guard let presence = Presence(rawValue: row.text(14)) else { throw .damaged("member", row: row.int(0)) }
    return MemberRow(
      id: row.int(0), login: row.text(1), name: row.text(2), roles: Set(bits: row.int(3)),
      rep: row.intOrNil(4),
      isActive: row.bool(5), salt: row.blobOrNil(6), proof: row.blobOrNil(7), secondFactor: row.blobOrNil(8),
      codeStep: row.int(9), failures: row.int(10), failed: row.intOrNil(11), invite: row.blobOrNil(12),
      invitedUntil: row.intOrNil(13), presence: presence, created: row.int(15),
      updated: row.int(16))
  }

  private static func session(_ row: Row) -> SessionRow {
    SessionRow(
      id: row.int(0), member: row.int(1), device: row.text(2), thread: row.intOrNil(5), created: row.int(3),
      expires: row.int(4))
  }

  // MARK: Members

  private func select(_ condition: String) throws(StoreError) -> Statement {
    try database.prepare("SELECT \(Self.columns) FROM member WHERE \(condition)")
  }

  func member(_ id: Int64) throws(StoreError) -> MemberRow? {
    try select("id = ?1").with(id).first(Self.member)
  }

  func member(login: String) throws(StoreError) -> MemberRow? {
    try select("login = ?1").with(login).first(Self.member)
  }

  func member(rep: Int64) throws(StoreError) -> MemberRow? {
    try select("rep_id = ?1").with(rep).first(Self.member)
  }

  /// By the digest of an invite's token.
  func member(invite: [UInt8]) throws(StoreError) -> MemberRow? {
    try select("invite = ?1").bind(1, blob: invite)
      .first(Self.member)
  }

  /// The reps whom members with a role are.
  func reps(with role: MemberRole, limit: Int64) throws(StoreError) -> [Int64] {
    try database.map(
      """
      SELECT rep_id FROM member WHERE active = 1 AND rep_id IS NOT NULL AND roles & ?1 <> 0 ORDER BY id LIMIT ?2
      """, .int(Set([role]).bits), .int(limit)
    ) { $0.int(0) }
  }

  func count() throws(StoreError) -> Int { Int(try database.int("SELECT count(*) FROM member") ?? 0) }

  func add(_ row: MemberRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      "INSERT INTO member (login, name, roles, rep_id, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?5)")
    try insert.with(row.login, row.name, row.roles.bits, row.rep, row.created).run()
    return database.lastInsertRowID
  }

  func update(_ row: MemberRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE member SET name = ?2, roles = ?3, rep_id = ?4, active = ?5, salt = ?6, proof = ?7, second_factor = ?8,
        code_step = ?9, failures = ?10, failed = ?11, invite = ?12, invited_until = ?13, updated = ?14,
        presence = ?15
      WHERE id = ?1
      """)
    update.with(row.id, row.name, row.roles.bits, row.rep).bind(5, row.isActive).bind(6, blob: row.salt)
      .bind(7, blob: row.proof).bind(8, blob: row.secondFactor).bind(9, row.codeStep).bind(10, row.failures)
      .bind(11, row.failed).bind(12, blob: row.invite).bind(13, row.invitedUntil).bind(14, row.updated)
      .bind(15, row.presence.rawValue)
    try update.run()
  }

  // MARK: Sessions

  /// The member of an open session, by the digest of its token. One that a link opened is for as long as its thread is the member's
  /// own, as the rep who the member is.
  func acting(_ token: [UInt8], at now: Int64) throws(StoreError) -> ActingMember? {
    let select = try database.cached(
      """
      SELECT m.id, s.id, m.roles, m.rep_id, s.conversation_id FROM session s JOIN member m ON m.id = s.member_id
      WHERE s.token = ?1 AND s.expires > ?2 AND m.active
        AND (s.conversation_id IS NULL OR EXISTS (
          SELECT 1 FROM conversation c JOIN rep r ON r.id = c.owner_rep
          WHERE c.id = s.conversation_id AND r.id = m.rep_id AND r.state = 'active'))
      """)
    return try select.bind(1, blob: token).bind(2, now).first {
      ActingMember(
        id: $0.int(0), session: $0.int(1), roles: Set(bits: $0.int(2)), rep: $0.intOrNil(3),
        thread: $0.intOrNil(4), at: now)
    }
  }

  func session(_ id: Int64) throws(StoreError) -> SessionRow? {
    try database.prepare("SELECT \(Self.sessionColumns) FROM session WHERE id = ?1").with(id).first(
      Self.session)
  }

  /// A member's sessions that are open, the oldest first: those that links opened, or the others.
  func sessions(of member: Int64, byLink: Bool, limit: Int, at now: Int64) throws(StoreError) -> [SessionRow]
  {
    let select = try database.prepare(
      """
      SELECT \(Self.sessionColumns) FROM session
      WHERE member_id = ?1 AND expires > ?2 AND (conversation_id IS NOT NULL) = ?4 ORDER BY id LIMIT ?3
      """)
    var found: [SessionRow] = []
    try select.with(member, now, Int64(limit), byLink ? 1 : 0).forEachRow { found.append(Self.session($0)) }
    return found
  }

  func open(_ row: SessionRow, token: [UInt8]) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      "INSERT INTO session (token, member_id, device, created, expires, conversation_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )
    try insert.bind(1, blob: token).bind(2, row.member).bind(3, row.device).bind(4, row.created)
      .bind(5, row.expires).bind(6, row.thread).run()
    return database.lastInsertRowID
  }

  func close(session: Int64) throws(StoreError) {
    try database.run("DELETE FROM session WHERE id = ?1", .int(session))
  }

  func closeSessions(of member: Int64) throws(StoreError) {
    try database.run("DELETE FROM session WHERE member_id = ?1", .int(member))
  }

  /// Those that links opened for a thread end, but for those of the member who is its rep.
  func closeSessions(on thread: Int64, besides rep: Int64?) throws(StoreError) {
    try database.cached(
      """
      DELETE FROM session WHERE conversation_id = ?1
        AND NOT EXISTS (SELECT 1 FROM member m WHERE m.id = session.member_id AND m.rep_id = ?2)
      """
    ).with(thread, rep).run()
  }

  /// Those that links opened for the member who is a rep.
  func closeLinkSessions(of rep: Int64) throws(StoreError) {
    try database.run(
      """
      DELETE FROM session WHERE conversation_id IS NOT NULL
        AND member_id IN (SELECT id FROM member WHERE rep_id = ?1)
      """, .int(rep))
  }

  func removeSessions(before time: Int64, limit: Int64) throws(StoreError) {
    try database.run(
      "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
      .int(time), .int(limit))
  }
}

extension MemberView {
  init(_ row: MemberTable.MemberRow, at now: Int64) {
    self.init(
      memberID: MemberID(row.id), login: row.login, name: row.name, roles: row.roles.inOrder,
      repID: row.rep.map { RepID($0) }, active: row.isActive, hasPassword: row.proof != nil,
      hasSecondFactor: row.secondFactor != nil, presence: row.presence,
      invitedUntil: row.invite == nil
        ? nil : row.invitedUntil.flatMap { $0 > now ? Timestamp(milliseconds: $0) : nil },
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}
