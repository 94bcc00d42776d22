import Contract
import Store

/// `queue.*`: the lines in which threads wait that no rep owns.
struct QueueCommands: CommandRules {
  /// Queues of one gateway, and members of a queue.
  static let maximumQueues = 1_000
  static let maximumMembers = 1_000

  let outbox: Outbox
  let reads: DecisionReads
  let members: MemberTable
  let episodes: Episodes
  let views: Views

  private var table: QueueTable { episodes.queues }

  func add(_ params: QueueAdd, _ caller: Requester) throws(APIError) -> Decision {
    try checkAll(caller)
    let row = QueueTable.QueueRow(
      name: try freeName(params.name, of: nil), answerWithin: Int64(params.answerWithinS ?? 300) * 1_000,
      capacity: Int64(params.capacity ?? 5), dispositionRequired: params.dispositionRequired ?? false,
      created: now, updated: now)
    let choices = try checked(params.dispositions ?? [])
    try checkBounds(row)
    guard try read(try table.count()) < Self.maximumQueues else {
      throw .limitReached("queues", Self.maximumQueues)
    }
    return Decision { () throws(StoreError) in
      let id = try table.add(row)
      try table.setChoices(choices, of: id)
      episodes.move(id)
      return try tell(id)
    }
  }

  func update(_ params: QueueUpdate, _ caller: Requester) throws(APIError) -> Decision {
    try checkAll(caller)
    var row = try known(params.queueID)
    if let name = params.name { row.name = try freeName(name, of: row.id) }
    if let seconds = params.answerWithinS { row.answerWithin = Int64(seconds) * 1_000 }
    if let capacity = params.capacity { row.capacity = Int64(capacity) }
    if let required = params.dispositionRequired { row.dispositionRequired = required }
    let choices = try params.dispositions.map { (given) throws(APIError) in try checked(given) }
    try checkBounds(row)
    row.updated = now
    return Decision { [row] () throws(StoreError) in
      try table.update(row)
      if let choices { try table.setChoices(choices, of: row.id) }
      episodes.move(row.id)
      return try tell(row.id)
    }
  }

  func join(_ params: QueueJoin, _ caller: Requester) throws(APIError) -> Decision {
    let (queue, member) = try members(params.queueID, params.memberID, caller)
    guard member.isActive else { throw .refused(.wrongState, "the member is not active", field: "member_id") }
    guard !member.roles.isDisjoint(with: [.agent, .supervisor]) else {
      throw .refused(
        .wrongState, "a queue is answered by agents and supervisors: give the member such a role",
        field: "member_id")
    }
    let known = try read(try table.members(of: queue))
    guard known.contains(member.id) || known.count < Self.maximumMembers else {
      throw .limitReached("queue_members", Self.maximumMembers)
    }
    return Decision { () throws(StoreError) in
      guard !known.contains(member.id) else { return try view(queue) }
      try table.join(member.id, queue, at: now)
      episodes.move(queue)
      return try tell(queue)
    }
  }

  func leave(_ params: QueueLeave, _ caller: Requester) throws(APIError) -> Decision {
    let (queue, member) = try members(params.queueID, params.memberID, caller)
    guard try read(try table.isMember(member.id, of: queue)) else {
      throw .refused(.notInQueue, "the member does not answer this queue", field: "member_id")
    }
    return Decision { () throws(StoreError) in
      try table.leave(member.id, queue, at: now)
      try episodes.giveBack(of: member.id, in: queue, leaves: true)
      episodes.move(queue)
      return try tell(queue)
    }
  }

  // MARK: Checks

  /// Queues are the whole company's.
  private func checkAll(_ caller: Requester) throws(APIError) {
    guard caller.isUnrestricted else {
      throw APIError(.forbidden, "queues need a role that sees every number")
    }
  }

  /// Who answers a queue is for managers to say, and for the supervisors of the queue.
  private func members(_ queue: QueueID, _ member: MemberID, _ caller: Requester) throws(APIError) -> (
    Int64, MemberTable.MemberRow
  ) {
    if !caller.isUnrestricted {
      guard let acting = caller.member, acting.supervises,
        try read(try table.isMember(acting.id, of: queue.value))
      else { throw .notFound("queue", queue) }
    }
    let row = try known(queue)
    guard let member = try read(try members.member(member.value)) else { throw .notFound("member", member) }
    return (row.id, member)
  }

  private func known(_ id: QueueID) throws(APIError) -> QueueTable.QueueRow {
    guard let row = try read(try table.queue(id.value)) else { throw .notFound("queue", id) }
    return row
  }

  private func freeName(_ name: String, of queue: Int64?) throws(APIError) -> String {
    let name = try checkedName(name)
    guard QueueID(name) == nil else {
      throw .refused(.invalidField, "a name that looks like an id", field: "name")
    }
    if let other = try read(try table.queue(named: name)), other != queue {
      throw .refused(.duplicate, "\(QueueID(other)) has this name", field: "name")
    }
    return name
  }

  private func checked(_ choices: [DispositionChoice]) throws(APIError) -> [QueueTable.Choice] {
    guard choices.count <= CommandLimits.dispositions else {
      throw .limitReached("dispositions", CommandLimits.dispositions, field: "dispositions")
    }
    var keys: Set<String> = []
    var checked: [QueueTable.Choice] = []
    for choice in choices {
      let key = try checkedName(choice.disposition, field: "dispositions")
      guard key.unicodeScalars.count <= CommandLimits.dispositionKey else {
        throw .refused(
          .invalidField, "a key has at most \(CommandLimits.dispositionKey) characters", field: "dispositions"
        )
      }
      guard keys.insert(key).inserted, key != QueueTable.optedOut else {
        throw .refused(.duplicate, "\(key) is an outcome already", field: "dispositions")
      }
      checked.append(.init(key: key, label: try checkedName(choice.label, field: "dispositions")))
    }
    return checked
  }

  /// What the schema says, for callers inside the process.
  private func checkBounds(_ row: QueueTable.QueueRow) throws(APIError) {
    let (seconds, capacity) = (CommandLimits.answerWithin, CommandLimits.capacity)
    guard seconds.contains(row.answerWithin / 1_000) else {
      throw .invalid("answer_within_s", "\(seconds.lowerBound) to \(seconds.upperBound)")
    }
    guard capacity.contains(row.capacity) else {
      throw .invalid("capacity", "\(capacity.lowerBound) to \(capacity.upperBound)")
    }
  }

  private func view(_ id: Int64) throws(StoreError) -> QueueView {
    guard let view = try views.queue(id) else { throw .misuse("queue", "one that is not stored") }
    return view
  }

  /// The feed is told all of a queue.
  private func tell(_ id: Int64) throws(StoreError) -> QueueView {
    let view = try view(id)
    emit(
      .queueChanged(
        QueueChanged(
          queueID: view.queueID, name: view.name, answerWithinS: view.answerWithinS, capacity: view.capacity,
          dispositionRequired: view.dispositionRequired, dispositions: view.dispositions,
          memberIDs: view.memberIDs, createdAt: view.createdAt, at: Timestamp(milliseconds: now))))
    return view
  }
}
