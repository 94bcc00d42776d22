import Contract
import Store

/// Who texts an opt-in keyword becomes a contact, and gets its tag.
struct OptIns: Part {
  let outbox: Outbox
  let directory: Directory
  let keywords: OptInKeywords
  let contacts: ContactTable
  let ownership: Ownership

  /// The opt-in keyword that a text is; nil: none. What came in part is not the word alone, and who cannot be texted cannot join.
  func keyword(_ text: InboundText, from phone: PhoneNumber, to number: Number) throws(StoreError)
    -> OptInKeywords.Row?
  {
    guard text.complete, let keyword = try keywords.keyword(text.text, to: number.id),
      phone.packed > 0, !directory.isOurs(phone.packed)
    else { return nil }
    return keyword
  }

  /// The contact is there, and has the tag.
  ///
  /// A group message goes to a contact's preferred phone. So the tag is for whoever prefers the phone that joined. Where it is nobody's,
  /// or only another phone of somebody's, there is a contact of its own, the number's rep's.
  func takeIn(_ phone: PhoneNumber, _ number: Number, _ keyword: OptInKeywords.Row) throws(StoreError) {
    let holders = try contacts.contacts(of: phone.packed).map(\.id)
    guard let tag = keyword.tag else {
      if holders.isEmpty { _ = try add(phone, number, tag: nil) }
      return
    }
    let row = try contacts.addTag(tag)
    var isThere = false
    for id in holders where try contacts.phones(of: id).first == phone.packed {
      isThere = true
      try give(tag, row, to: id)
    }
    if !isThere { try add(phone, number, tag: row) }
  }

  private func add(_ phone: PhoneNumber, _ number: Number, tag: Int64?) throws(StoreError) {
    let rep = number.rep.flatMap { directory.reps[$0]?.isActive == true ? $0 : nil }
    let id = try contacts.add(.init(owner: rep), at: now)
    try contacts.setPhones([phone.packed], of: id)
    if let tag { _ = try contacts.tag(id, tag) }
    try ownership.emitChange(ofContact: id)
    try ownership.contactChanged([phone.packed])
  }

  private func give(_ name: String, _ tag: Int64, to contact: Int64) throws(StoreError) {
    let has = try contacts.tags(of: contact)
    guard !has.contains(name) else { return }
    guard has.count < ContactTable.mostTags else {
      return noteSometimes(
        .warning, about: "tags \(contact)",
        "limit=tags contact=\(ContactID(contact)) has as many tags as it may; that of an opt-in keyword is left out"
      )
    }
    _ = try contacts.tag(contact, tag)
    try contacts.touch(contact, at: now)
    try ownership.emitChange(ofContact: contact)
  }
}
