import Contract
import Store

/// `template.put`, `template.remove`: texts that people send again and again.
struct TemplateCommands: CommandRules {
  /// Of one gateway.
  static let maximumTemplates = 10_000
  /// Of one queue, and of one rep.
  static let maximumOfOwner = 500
  /// Octets of one, as JSON: it fits into a line, and others beside it.
  static let octets = 65_536

  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let queues: QueueTable
  let table: TemplateTable

  private typealias Row = TemplateTable.TemplateRow

  func put(_ params: TemplatePut, _ caller: Requester) throws(APIError) -> Decision {
    var row = Row(
      name: try checkedName(params.name), text: try checked(params.text), defaults: params.defaults ?? [:],
      queue: params.queueID?.value, rep: params.repID?.value, created: now, updated: now)
    try check(row.defaults)
    try checkOwner(row, params, caller)
    guard try octets(of: row) <= Self.octets else {
      throw .limitReached("template_octets", Self.octets, field: "text")
    }
    let same = try read(try table.template(named: row.name, queue: row.queue, rep: row.rep))
    let old = try params.templateID.map { (id) throws(APIError) in try known(id, caller) } ?? same
    if let same, same.id != old?.id {
      throw .refused(.duplicate, "\(TemplateID(same.id)) has this name", field: "name")
    }
    guard let old else {
      guard try read(try table.count()) < Self.maximumTemplates else {
        throw .limitReached("templates", Self.maximumTemplates)
      }
      let ofOwner = try read(try table.count(queue: row.queue, rep: row.rep))
      guard row.queue == nil && row.rep == nil || ofOwner < Self.maximumOfOwner else {
        throw .limitReached("templates_of_one", Self.maximumOfOwner)
      }
      return Decision { [row] () throws(StoreError) in
        var row = row
        row.id = try table.add(row)
        return tell(row)
      }
    }
    (row.id, row.created) = (old.id, old.created)
    return Decision { [row] () throws(StoreError) in
      var unchanged = row
      unchanged.updated = old.updated
      guard unchanged != old else { return TemplateView(old) }
      try table.update(row)
      return tell(row)
    }
  }

  func remove(_ params: TemplateRemove, _ caller: Requester) throws(APIError) -> Decision {
    let row = try known(params.templateID, caller)
    return Decision { () throws(StoreError) in
      try table.remove(row.id)
      tell(row, isRemoved: true)
      return Done()
    }
  }

  // MARK: Checks

  /// One that the caller may change.
  private func known(_ id: TemplateID, _ caller: Requester) throws(APIError) -> Row {
    guard let row = try read(try table.template(id.value)), try read(try table.isSeen(row, by: caller.scope))
    else { throw .notFound("template", id) }
    guard try read(try table.isChangeable(row, by: caller.scope)) else { throw Self.notTheirs }
    return row
  }

  private static let notTheirs = APIError(
    .forbidden,
    "a rep may change only their own templates, a supervisor only those of their queues: give rep_id or queue_id"
  )

  private func checkOwner(_ row: Row, _ params: TemplatePut, _ caller: Requester) throws(APIError) {
    guard row.queue == nil || row.rep == nil else { throw .invalid("rep_id", "expected rep_id or queue_id") }
    if let id = params.repID, caller.isUnrestricted, directory.reps[id.value] == nil {
      throw .notFound("rep", id)
    }
    if let id = params.queueID, caller.isUnrestricted, try read(try queues.queue(id.value)) == nil {
      throw .notFound("queue", id)
    }
    guard try read(try table.isChangeable(row, by: caller.scope)) else { throw Self.notTheirs }
  }

  /// What stands in braces and names no field is refused here, not when somebody waits for the text.
  private func checked(_ text: String) throws(APIError) -> String {
    guard !text.isBlank else { throw .refused(.emptyText) }
    guard text.unicodeScalars.count <= CommandLimits.text else {
      throw .invalid("text", "at most \(CommandLimits.text) characters")
    }
    try MergeText(text).checkReadable()
    return text
  }

  private func octets(of row: Row) throws(APIError) -> Int {
    // Only types of our own are encoded here, which cannot fail.
    do { return try ContractJSON.encode(TemplateView(row)).count } catch { throw .internalError }
  }

  private func check(_ defaults: [String: String]) throws(APIError) {
    let isGood = defaults.allSatisfy {
      $0.key.unicodeScalars.count <= MergeText.longestField
        && $0.value.unicodeScalars.count <= CommandLimits.attribute
    }
    guard defaults.count <= CommandLimits.attributes, isGood else {
      throw .invalid("defaults", "at most \(CommandLimits.attributes) names and values")
    }
    let odd = defaults.keys.sorted().first { name in
      !MergeText.isName(name) || defaults[name].map { $0.isBlank || $0.contains("{{") } ?? true
    }
    if let odd {
      throw .refused(
        .invalidField, "\(odd): expected a field's name, and a value without braces", field: "defaults")
    }
  }

  @discardableResult
  private func tell(_ row: Row, isRemoved: Bool = false) -> TemplateView {
    let view = TemplateView(row)
    emit(
      .templateChanged(
        TemplateChanged(
          templateID: view.templateID, name: view.name, text: view.text, defaults: view.defaults,
          queueID: view.queueID, repID: view.repID, removed: isRemoved, createdAt: view.createdAt,
          at: Timestamp(milliseconds: now))))
    return view
  }
}
