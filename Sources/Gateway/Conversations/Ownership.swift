import Contract

/// Who answers a conversation.
struct Ownership: Equatable {
  var rep: Int64?
  /// The default queue, when no rep is clear.
  var queue: String?
  var contacts: [Int64] = []
  /// Reps it might belong to, where that is not clear.
  var candidates: [Int64] = []

  /// Where conversations wait that nobody owns.
  static let defaultQueue = "default"
}

extension Gateway {
  /// Owner by hand, else by the number, else by the contact's owner; unclear ones wait in the default queue with the
  /// candidates listed. Never unowned.
  func owner(of conversation: Conversation, number: Number) throws -> (Ownership, [Directory.PhoneContact]) {
    let contacts = try directory.contacts(of: conversation.phone)
    var found = Ownership(contacts: contacts.map(\.id))
    if let rep = conversation.ownerRep {
      found.rep = rep
    } else if let rep = number.rep, directory.reps[rep]?.active == true {
      found.rep = rep
    } else {
      var owners: [Int64] = []
      for owner in contacts.compactMap(\.ownerRep) where !owners.contains(owner) { owners.append(owner) }
      if owners.count == 1, directory.reps[owners[0]]?.active == true {
        found.rep = owners[0]
      } else {
        found.queue = Ownership.defaultQueue
        found.candidates = owners
      }
    }
    return (found, contacts)
  }

  /// Tells the feed that a conversation began, when it did.
  func announce(
    _ conversation: Conversation, _ change: ConversationChange, _ owner: Ownership, _ number: Number
  ) {
    guard let phone = PhoneNumber(packed: conversation.phone) else { return }
    emit(
      .conversationChanged(
        ConversationChanged(
          conversationID: ConversationID(conversation.id), number: number.address, phone: phone,
          change: change,
          repID: owner.rep.map { RepID($0) }, queue: owner.queue,
          contactIDs: owner.contacts.map { ContactID($0) },
          candidateRepIDs: owner.candidates.isEmpty ? nil : owner.candidates.map { RepID($0) },
          at: Timestamp(milliseconds: now))))
  }
}
