import Contract
import Gateway

/// What is promised of opt-in keywords: whoever texts one is a contact with its tag, and the consent is on record.
extension Witness {
  /// A text that is told to be the keyword, when it is first read.
  func joined(_ received: MessageReceived) {
    guard received.keyword == Staff.joinWord else { return }
    feed.joins[received.messageID] = received.from
    if received.contactIDs.isEmpty || received.keywordClass != .optIn {
      violated("joins", "\(received.messageID) is an opt-in of nobody's: \(received)")
    }
  }

  /// At rest.
  func compareJoins(_ queries: Queries) {
    for (message, phone) in feed.joins.sorted(by: { $0.key < $1.key }) {
      if !feed.optIns.contains(message) {
        violated("joins", "\(message) is an opt-in, and no consent was told of")
      }
      let list = ContactList(tag: Staff.joinTag, phone: TypedPhone(phone))
      let found: Page<ContactView>? = world.answer(queries, .contactList(list))
      if found?.items.isEmpty ?? false { violated("joins", "\(message) opted in, and nobody has the tag") }
    }
  }
}
