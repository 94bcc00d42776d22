import Contract
import Store

/// Who answers a conversation.
struct Owner {
  var rep: Int64?
  /// The default queue, when no rep is clear.
  var queue: String?
  /// The contacts that have the phone.
  var contacts: [ContactTable.PhoneContact] = []
  /// Reps it might belong to, where that is not clear.
  var candidates: [Int64] = []

  /// Where conversations wait that nobody owns.
  static let defaultQueue = "default"
}

/// Who answers whom.
struct Ownership: Part {
  let outbox: Outbox
  let directory: Directory
  let contacts: ContactTable
  let conversations: ConversationTable

  /// Owner by hand, else by the number, else by the contact's owner; unclear ones wait in the default queue with the
  /// candidates listed. Never unowned.
  func owner(of conversation: Conversation, _ number: Number) throws(StoreError) -> Owner {
    var found = Owner(contacts: try contacts.contacts(of: conversation.phone))
    if let rep = conversation.ownerRep {
      found.rep = rep
    } else if let rep = number.rep, directory.reps[rep]?.isActive == true {
      found.rep = rep
    } else {
      var owners: [Int64] = []
      for owner in found.contacts.compactMap(\.ownerRep) where !owners.contains(owner) { owners.append(owner) }
      if owners.count == 1, directory.reps[owners[0]]?.isActive == true {
        found.rep = owners[0]
      } else {
        found.queue = Owner.defaultQueue
        found.candidates = owners
      }
    }
    return found
  }

  /// The thread of a number and a contact's phone. A new thread emits an event.
  func thread(_ number: Number, _ phone: Int64) throws(StoreError) -> Conversation {
    let conversation = try conversations.findOrOpen(number.id, phone, at: now)
    if conversation.isNew { announce(conversation, .opened, try owner(of: conversation, number), number) }
    return conversation
  }

  /// A text came into a thread. If nobody owns the thread, it waits in the queue and emits an alert.
  func settle(_ conversation: Conversation, _ owner: Owner) throws(StoreError) {
    guard owner.queue != conversation.queue, conversation.ownerRep == nil else { return }
    try conversations.put(conversation.id, inQueue: owner.queue)
    if owner.queue != nil {
      alert(
        .unownedConversation, .info, subject: ConversationID(conversation.id).description,
        "a conversation waits in the default queue")
    }
  }

  /// A thread is given to a rep by hand.
  func assign(_ conversation: Conversation, to rep: Rep, _ number: Number) throws(StoreError) {
    try conversations.give(conversation.id, to: rep.id)
    var given = conversation
    given.ownerRep = rep.id
    announce(given, .assigned, try owner(of: given, number), number)
  }

  func announce(
    _ conversation: Conversation, _ change: ConversationChange, _ owner: Owner, _ number: Number
  ) {
    guard let phone = PhoneNumber(packed: conversation.phone) else { return }
    emit(
      .conversationChanged(
        ConversationChanged(
          conversationID: ConversationID(conversation.id), number: number.address, phone: phone,
          change: change,
          repID: owner.rep.map { RepID($0) }, queue: owner.queue,
          contactIDs: owner.contacts.map { ContactID($0.id) },
          candidateRepIDs: owner.candidates.isEmpty ? nil : owner.candidates.map { RepID($0) },
          at: Timestamp(milliseconds: now))))
  }
}
