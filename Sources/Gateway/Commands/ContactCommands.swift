import Contract
import Store

/// `contact.tag`, `contact.untag`: the tags of the people we text.
struct ContactCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let contacts: ContactTable
  let ownership: Ownership

  func sees(_ contact: Int64, _ caller: Requester) throws(APIError) -> Bool {
    try read(try contacts.isSeen(contact: contact, by: caller.scope))
  }

  // MARK: Tags

  func tag(_ params: ContactTag, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.tag, field: "tag")
    try checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      let tag = try contacts.addTag(name)
      var changed = 0
      for contact in params.contactIDs where try contacts.tag(contact.value, tag) {
        changed += 1
        try contacts.touch(contact.value, at: now)
        try ownership.emitChange(ofContact: contact.value)
      }
      return Changed(changed: changed)
    }
  }

  func untag(_ params: ContactUntag, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.tag, field: "tag")
    try checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed = 0
      if let tag = try contacts.tag(name) {
        for contact in params.contactIDs where try contacts.untag(contact.value, tag) {
          changed += 1
          try contacts.touch(contact.value, at: now)
          try ownership.emitChange(ofContact: contact.value)
        }
      }
      return Changed(changed: changed)
    }
  }

  func checkKnown(
    _ ids: [ContactID], _ caller: Requester, _ counts: ClosedRange<Int> = 1...CommandLimits.upsert
  ) throws(APIError) {
    guard counts.contains(ids.count) else {
      throw .invalid("contact_ids", "\(counts.lowerBound) to \(counts.upperBound)")
    }
    for id in ids {
      guard try read(try contacts.exists(id.value)), try sees(id.value, caller) else {
        throw .notFound("contact", id)
      }
    }
  }
}

/// `group.*`: lists of contacts.
struct GroupCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let contacts: ContactTable
  let members: ContactCommands
  let views: Views

  private var ownership: Ownership { members.ownership }

  func create(_ params: GroupCreate, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.name)
    guard GroupID(name) == nil else {
      throw .refused(.invalidField, "expected a name that does not look like an id", field: "name")
    }
    let owner = try directory.owner(params.repID, caller)
    guard try read(try contacts.group(.name(name))) == nil else {
      throw .refused(.duplicate, "a group with this name exists already", field: "name")
    }
    let conditions = try params.conditions.map { (all) throws(APIError) in try checked(all, caller) }
    guard conditions == nil || params.contactIDs == nil else {
      throw .invalid("contact_ids", "a group with conditions has no members of its own")
    }
    let joining = params.contactIDs ?? []
    try members.checkKnown(joining, caller, 0...CommandLimits.upsert)
    return Decision { () throws(StoreError) in
      let id = try contacts.addGroup(name, owner: owner?.id, conditions, at: now)
      var joined: [ContactID] = []
      for contact in joining where try contacts.join(contact.value, id) { joined.append(contact) }
      try ownership.emitChange(ofGroup: id, .created, joined)
      return try view(id)
    }
  }

  /// Each condition says one thing, of people the caller knows.
  private func checked(_ conditions: [GroupCondition], _ caller: Requester) throws(APIError)
    -> GroupConditions
  {
    guard (1...CommandLimits.conditions).contains(conditions.count) else {
      throw .invalid("conditions", "1 to \(CommandLimits.conditions)")
    }
    let conditions = conditions.map(\.trimmed)
    for condition in conditions {
      guard condition.saysOneThing else {
        throw .invalid(
          "conditions", "each with exactly one of tags, rep_ids, attribute, created_since, created_before")
      }
      let isCompared = condition.is != nil || condition.atLeast != nil || condition.atMost != nil
      guard condition.attribute != nil || !isCompared else {
        throw .invalid("conditions", "is, at_least and at_most stand beside attribute")
      }
      let counts = [condition.tags?.count, condition.repIDs?.count, condition.is?.count].compactMap { $0 }
      guard counts.allSatisfy({ (1...CommandLimits.tags).contains($0) }) else {
        throw .invalid("conditions", "lists of 1 to \(CommandLimits.tags)")
      }
      guard condition.tags?.contains("") != true, condition.attribute != "" else {
        throw .invalid("conditions", "tags and attributes that are not blank")
      }
      for rep in condition.repIDs ?? [] { _ = try directory.known(rep, caller) }
    }
    return try GroupConditions(conditions)
  }

  /// A group whose members are named one by one.
  private func knownList(_ ref: GroupRef, _ caller: Requester) throws(APIError) -> Int64 {
    let id = try known(ref, caller)
    guard try read(try contacts.group(id))?.conditions == nil else {
      throw .refused(.wrongState, "who is in the group follows from its conditions", field: "group")
    }
    return id
  }

  func add(_ params: GroupAdd, _ caller: Requester) throws(APIError) -> Decision {
    let id = try knownList(params.group, caller)
    try members.checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed: [ContactID] = []
      for contact in params.contactIDs where try contacts.join(contact.value, id) { changed.append(contact) }
      try changedMembers(of: id, .added, changed)
      return Changed(changed: changed.count)
    }
  }

  func remove(_ params: GroupRemove, _ caller: Requester) throws(APIError) -> Decision {
    let id = try knownList(params.group, caller)
    try members.checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed: [ContactID] = []
      for contact in params.contactIDs where try contacts.leave(contact.value, id) { changed.append(contact) }
      try changedMembers(of: id, .removed, changed)
      return Changed(changed: changed.count)
    }
  }

  private func changedMembers(of id: Int64, _ change: GroupChange, _ members: [ContactID]) throws(StoreError)
  {
    guard !members.isEmpty else { return }
    try contacts.touch(group: id, at: now)
    try ownership.emitChange(ofGroup: id, change, members)
  }

  func known(_ ref: GroupRef, _ caller: Requester) throws(APIError) -> Int64 {
    guard let id = try read(try contacts.group(ref)),
      try read(try contacts.isSeen(group: id, by: caller.scope))
    else { throw .notFound("group", ref) }
    return id
  }

  private func view(_ id: Int64) throws(StoreError) -> GroupView {
    guard let view = try views.group(id) else { throw .misuse("group", "a group that is not stored") }
    return view
  }
}
