import Contract
import SMPP
import Settings
import Store

/// `absence.set`, `absence.clear`: when a rep is away, and who answers meanwhile.
struct AbsenceCommands: CommandRules {
  /// Of one rep, that are not over.
  static let maximumOfRep = 20
  /// Milliseconds from now within which an absence begins and ends.
  static let furthest: Int64 = 366 * 86_400_000

  let outbox: Outbox
  let reads: DecisionReads
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let queues: QueueTable
  let ownership: Ownership

  private typealias Row = AbsenceTable.AbsenceRow

  private var table: AbsenceTable { ownership.absences.table }

  func set(_ params: AbsenceSet, _ caller: Requester) throws(APIError) -> Decision {
    let old = try params.absenceID.map { (id) throws(APIError) in try known(id, caller) }
    if let old, old.state == .over { throw Self.isOver }
    if old?.isByCalendar == true {
      throw .refused(
        .wrongState, "the rep's working hours made it: calendar.set changes it, absence.clear ends it",
        field: "absence_id")
    }
    let rep = try rep(params.repID ?? old.map { RepID($0.rep) }, caller)
    if let old, old.rep != rep.id { throw .invalid("rep_id", "\(AbsenceID(old.id)) is another rep's") }
    guard rep.isActive else { throw .refused(.repInactive, field: "rep_id") }
    if old?.state == .inForce, params.startsAt != nil {
      throw .invalid("starts_at", "the absence is in force, and keeps its beginning")
    }
    var row = Row(
      rep: rep.id, starts: max(now, params.startsAt?.milliseconds ?? now), ends: params.endsAt?.milliseconds,
      reply: try checked(params.reply, rep), created: now, updated: now)
    if let old {
      (row.id, row.created, row.state) = (old.id, old.created, old.state)
      if old.state == .inForce || params.startsAt == nil { row.starts = old.starts }
    }
    (row.delegateRep, row.delegateQueue) = try delegate(
      params.delegateRepID, params.delegateQueueID, of: rep, caller)
    try checkTimes(row)
    let others = try read(try table.open(of: rep.id)).filter {
      $0.id != row.id && !$0.isByCalendar
    }
    if let other = others.first(where: row.overlaps) {
      throw .refused(.duplicate, "the rep is away then already: \(AbsenceID(other.id))", field: "starts_at")
    }
    guard others.count < Self.maximumOfRep else { throw .limitReached("absences_of_rep", Self.maximumOfRep) }
    return Decision { [row] () throws(StoreError) in
      var unchanged = row
      if let old {
        unchanged.updated = old.updated
        // The same once more changes nothing, and tells nothing.
        if unchanged == old { return AbsenceView(old) }
      }
      return AbsenceView(try ownership.set(row))
    }
  }

  func clear(_ params: AbsenceClear, _ caller: Requester) throws(APIError) -> Decision {
    let row: Row
    if let id = params.absenceID {
      guard params.repID == nil else { throw .invalid("rep_id", "expected absence_id or rep_id") }
      row = try known(id, caller)
      guard row.state != .over else { throw Self.isOver }
    } else {
      let rep = try rep(params.repID, caller)
      guard let found = try read(try table.open(of: rep.id)).first(where: { $0.state == .inForce }) else {
        throw .refused(.wrongState, "the rep is not away", field: "rep_id")
      }
      row = found
    }
    return Decision { () throws(StoreError) in AbsenceView(try ownership.clear(row)) }
  }

  // MARK: Checks

  private static let isOver = APIError.refused(.wrongState, "the absence is over", field: "absence_id")

  private func known(_ id: AbsenceID, _ caller: Requester) throws(APIError) -> Row {
    guard let row = try read(try table.absence(id.value)), try read(try table.isSeen(row, by: caller.scope))
    else { throw .notFound("absence", id) }
    return row
  }

  /// The rep named, else the rep who the acting member is. To a member who is a rep all others are as if not there.
  func rep(_ id: RepID?, _ caller: Requester) throws(APIError) -> Rep {
    guard let id = id ?? caller.member?.rep.map({ RepID($0) }) else {
      throw .invalid("rep_id", "required: the request acts for no rep")
    }
    if id.value == caller.scope.rep { return try directory.known(id) }
    return try directory.known(id, caller)
  }

  /// A rep who signed in may name any colleague.
  func delegate(_ rep: RepID?, _ queue: QueueID?, of absent: Rep, _ caller: Requester) throws(APIError) -> (
    Int64?, Int64?
  ) {
    switch (rep, queue) {
    case (nil, nil): return (nil, nil)
    case (let id?, nil):
      let delegate = try caller.scope.rep == nil ? directory.known(id, caller) : directory.known(id)
      guard delegate.id != absent.id else {
        throw .refused(.invalidField, "a rep does not stand in for themself", field: "delegate_rep_id")
      }
      guard delegate.isActive else { throw .refused(.repInactive, field: "delegate_rep_id") }
      return (delegate.id, nil)
    case (nil, let id?):
      guard try read(try queues.queue(id.value)) != nil else { throw .notFound("queue", id) }
      return (nil, id.value)
    case (.some, .some):
      throw .invalid("delegate_queue_id", "expected delegate_rep_id or delegate_queue_id")
    }
  }

  private func checkTimes(_ row: Row) throws(APIError) {
    guard row.starts - now <= Self.furthest else {
      throw .refused(.invalidField, "a time within a year", field: "starts_at")
    }
    guard let ends = row.ends else { return }
    guard ends > max(row.starts, now), ends - now <= Self.furthest else {
      throw .refused(.invalidField, "a time after the beginning, to come, within a year", field: "ends_at")
    }
  }

  /// The reply fits what the rep's numbers may send, and has no merge fields: nobody would fill them in.
  func checked(_ reply: String?, _ rep: Rep) throws(APIError) -> String? {
    guard let reply else { return nil }
    guard !reply.isBlank else { throw .refused(.emptyText, field: "reply") }
    guard reply.unicodeScalars.count <= CommandLimits.note else {
      throw .invalid("reply", "at most \(CommandLimits.note) characters")
    }
    guard !reply.contains("{{") else {
      throw .refused(.invalidField, "a reply has no merge fields", field: "reply")
    }
    for number in rep.held.compactMap({ directory.numbers[$0] }) {
      if let plan = routes.segmenter(of: number)?.plan(reply), plan.count > settings.maximumSegments {
        throw .refused(.tooLong, "at most \(settings.maximumSegments) segments", field: "reply")
      }
    }
    return reply
  }
}
