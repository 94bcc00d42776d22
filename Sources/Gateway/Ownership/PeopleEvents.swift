import Contract
import Store

// What the feed is told of people. A rep's private mobile and address are in none of it.

extension Part {
  func emitChange(of rep: Rep) {
    emit(
      .repChanged(
        RepChanged(
          repID: RepID(rep.id), name: rep.name, hasMobile: rep.mobile != nil, hasEmail: rep.email != nil,
          alertBy: rep.alertBy, active: rep.isActive, createdAt: Timestamp(milliseconds: rep.row.created),
          at: Timestamp(milliseconds: now))))
  }
}

extension Ownership {
  /// The feed is told all of a contact.
  func emitChange(ofContact id: Int64) throws(StoreError) {
    guard let contact = try contacts.contact(id) else { throw .misuse("contact", "one that is not stored") }
    emit(
      .contactChanged(
        ContactChanged(
          contactID: ContactID(id), ref: contact.ref, firstName: contact.firstName,
          lastName: contact.lastName,
          phones: contact.phones.filter { directory.rep(withMobile: $0) == nil }.compactMap {
            E164(digits: $0)
          }, repID: contact.owner.map { RepID($0) }, tags: contact.tags, attributes: contact.attributes,
          createdAt: Timestamp(milliseconds: contact.created), at: Timestamp(milliseconds: now))))
  }

  /// The feed is told of a group, and of the contacts that came or went.
  func emitChange(ofGroup id: Int64, _ change: GroupChange, _ changed: [ContactID]) throws(StoreError) {
    guard let group = try contacts.group(id) else { throw .misuse("group", "one that is not stored") }
    emit(
      .groupChanged(
        GroupChanged(
          groupID: GroupID(id), name: group.name, repID: group.owner.map { RepID($0) }, change: change,
          contactIDs: changed, conditions: group.conditions?.conditions,
          createdAt: Timestamp(milliseconds: group.created),
          at: Timestamp(milliseconds: now))))
  }
}
