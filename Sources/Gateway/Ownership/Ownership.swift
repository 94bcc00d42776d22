import Contract
import Store

/// Who answers a conversation.
struct Owner {
  var rep: Int64?
  /// Whose members answer it, when no rep is clear.
  var queue: Int64?
  /// The rep whose it is, and who is away: `rep` or `queue` looks after it.
  var absent: Int64?
  /// The contacts that have the phone.
  var contacts: [ContactTable.PhoneContact] = []
  /// Reps it might belong to, where that is not clear.
  var candidates: [Int64] = []
}

/// Who answers whom. A thread's owner is a column, and set here alone: when the thread begins, at each text that comes in, and at
/// the events that can change it (a number or a thread is given to a rep, a rep comes or goes, is away or back, a contact gets another
/// owner or phone).
struct Ownership: Part {
  let outbox: Outbox
  let directory: Directory
  let contacts: ContactTable
  let conversations: ConversationTable
  let episodes: Episodes
  let absences: Absences
  let calendars: Calendars
  let jobs: Jobs
  let links: AlertLinks

  /// By hand, else a rep who is active, and so can answer: by the number, else by the contact; else the number's queue, or the default
  /// queue, with the candidates listed. While that rep is away, whoever looks after the rep's threads. Never unowned.
  private func owner(of phone: Int64, _ number: Number, assigned: Conversation?) throws(StoreError) -> Owner {
    var found = Owner(contacts: try contacts.contacts(of: phone))
    if let queue = assigned?.assignedQueue {
      found.queue = queue
      found.candidates = candidates(found.contacts)
      return found
    }
    for rep in [assigned?.assignedRep, number.rep] {
      guard let rep, directory.reps[rep]?.isActive == true else { continue }
      give(number, to: rep, &found)
      return found
    }
    let owners = candidates(found.contacts)
    if owners.count == 1, directory.reps[owners[0]]?.isActive == true {
      give(number, to: owners[0], &found)
    } else {
      found.queue = number.queue ?? QueueTable.defaultQueue
      found.candidates = owners
    }
    return found
  }

  /// A rep's thread, of a number.
  private func give(_ number: Number, to rep: Int64, _ owner: inout Owner) {
    switch absences.standIn(for: rep) {
    case nil: return owner.rep = rep
    case .rep(let delegate): owner.rep = delegate
    case .queue(let queue): owner.queue = queue
    case .queueOfTheNumber: owner.queue = number.queue ?? QueueTable.defaultQueue
    }
    owner.absent = rep
    if owner.queue != nil { owner.candidates = candidates(owner.contacts) }
  }

  private func candidates(_ contacts: [ContactTable.PhoneContact]) -> [Int64] {
    var owners: [Int64] = []
    for owner in contacts.compactMap(\.ownerRep) where !owners.contains(owner) { owners.append(owner) }
    return owners
  }

  /// The thread of a number and a contact's phone; the feed is told of one that begins.
  func thread(_ number: Number, _ phone: Int64) throws(StoreError) -> Conversation {
    if let known = try conversations.find(number.id, phone) { return known }
    return try open(number, phone).0
  }

  /// The same, with its owner as it is now: for a text that came in.
  func ownedThread(_ number: Number, _ phone: Int64) throws(StoreError) -> (Conversation, Owner) {
    guard let known = try conversations.find(number.id, phone) else {
      return try open(number, phone, received: true)
    }
    return (known, try settle(known, number))
  }

  /// `received`: a text opens it, and not one of ours.
  private func open(_ number: Number, _ phone: Int64, received: Bool = false) throws(StoreError) -> (
    Conversation, Owner
  ) {
    let owner = try owner(of: phone, number, assigned: nil)
    let opened = try conversations.open(
      number.id, phone, .contact, .init(ownerRep: owner.rep, queue: owner.queue, absentRep: owner.absent),
      received: received, at: now)
    try announce(opened, .opened, owner, number)
    return (opened, owner)
  }

  /// Finds a thread's owner anew. The feed is told of one that changes.
  ///
  /// - Parameter regardless: it is told of other contacts, too.
  @discardableResult
  private func settle(_ conversation: Conversation, _ number: Number, regardless: Bool = false)
    throws(StoreError) -> Owner
  {
    let owner = try owner(of: conversation.phone, number, assigned: conversation)
    guard
      owner.rep != conversation.ownerRep || owner.queue != conversation.queue
        || owner.absent != conversation.absentRep
    else {
      if regardless { try announce(conversation, .contacts, owner, number) }
      return owner
    }
    try setOwner(
      .init(
        assignedRep: conversation.assignedRep, assignedQueue: conversation.assignedQueue, ownerRep: owner.rep,
        queue: owner.queue, absentRep: owner.absent), of: conversation.id)
    try episodes.ownerChanged(of: conversation, rep: owner.rep, queue: owner.queue, number)
    try announce(conversation, .assigned, owner, number)
    return owner
  }

  /// Whoever had a link into the thread has one no more, unless the rep still has the thread.
  private func setOwner(_ owner: ConversationTable.OwnerColumns, of conversation: Int64) throws(StoreError) {
    try conversations.setOwner(owner, of: conversation)
    try links.handedOver(conversation, to: owner.ownerRep)
  }

  /// A text came into a thread: the first that waits in the default queue raises an alert.
  /// - Parameter isKeyword: nobody has to answer it.
  func received(_ conversation: Conversation, _ owner: Owner, _ number: Number, isKeyword: Bool)
    throws(StoreError)
  {
    if owner.queue == QueueTable.defaultQueue,
      conversation.lastInbound == nil || conversation.queue != owner.queue
    {
      alertSometimes(
        .unownedConversation, .info, about: "unowned \(conversation.number)",
        subject: ConversationID(conversation.id).description, "a conversation waits in the default queue")
    }
    // A thread that the text opened has its time.
    if !conversation.isNew { try conversations.received(conversation, at: now) }
    if !isKeyword { try episodes.received(in: conversation, number, rep: owner.rep, queue: owner.queue) }
  }

  /// Its messages are read up to one.
  func markRead(_ conversation: Conversation, to message: Int64, _ number: Number) throws(StoreError) {
    assert(message > conversation.readTo)
    try conversations.setRead(message, of: conversation.id)
    var read = conversation
    read.readTo = message
    // The owner as it is stored: a walk may be about to find another.
    var owner = Owner(
      rep: read.ownerRep, queue: read.queue, absent: read.absentRep,
      contacts: try contacts.contacts(of: read.phone))
    if owner.queue != nil { owner.candidates = candidates(owner.contacts) }
    try announce(read, .read, owner, number)
  }

  // MARK: What changes owners

  /// A thread is given to a rep by hand. If the rep is away, it goes where all the rep's threads are, and comes back with them.
  /// - Returns: who answers it now.
  @discardableResult
  func assign(_ conversation: Conversation, to rep: Rep, _ number: Number) throws(StoreError) -> Owner {
    assert(rep.isActive)
    var given = conversation
    (given.assignedRep, given.assignedQueue) = (rep.id, nil)
    let owner = try owner(of: given.phone, number, assigned: given)
    try setOwner(
      .init(assignedRep: rep.id, ownerRep: owner.rep, queue: owner.queue, absentRep: owner.absent),
      of: conversation.id)
    try episodes.ownerChanged(of: conversation, rep: owner.rep, queue: owner.queue, number)
    try announce(given, .assigned, owner, number)
    return owner
  }

  /// A thread is given to a queue by hand.
  func assign(_ conversation: Conversation, toQueue queue: Int64, _ number: Number) throws(StoreError) {
    var given = conversation
    (given.assignedRep, given.assignedQueue, given.ownerRep, given.queue) = (nil, queue, nil, queue)
    try setOwner(.init(assignedQueue: queue, queue: queue), of: conversation.id)
    try episodes.ownerChanged(of: conversation, rep: nil, queue: queue, number)
    try announce(given, .assigned, owner(of: given.phone, number, assigned: given), number)
  }

  /// A contact has another owner, or other phones: the threads of these phones.
  func contactChanged(_ phones: [Int64]) throws(StoreError) {
    for phone in phones {
      for conversation in try conversations.contactThreads(of: phone) {
        try settle(conversation, regardless: true)
      }
    }
  }

  /// A number has another rep.
  func numberChanged(_ number: Number) throws(StoreError) { try begin(.number, number.id) }

  /// A rep has become active, or inactive. Who is inactive is not away: nothing is kept for when the rep comes back.
  func repChanged(_ rep: Rep) throws(StoreError) {
    if rep.isActive {
      try begin(.assigned, rep.id)
      for number in directory.numbers(heldBy: rep.id) { try begin(.number, number) }
    } else {
      for row in try absences.table.open(of: rep.id) { try end(row, .cleared) }
    }
    try attendanceChanged(of: rep.id)
    try followCalendar(of: rep.id)
  }

  /// A rep is there, or not any more; or others look after the rep's threads now. Threads that the rep has, had, or has for somebody else
  /// find their owners anew.
  func attendanceChanged(of rep: Int64) throws(StoreError) {
    try begin(.owned, rep)
    try begin(.absent, rep)
    if absences.isDelegate(rep) { try begin(.anyAbsent, 0) }
  }

  /// The next threads of a walk find their owners anew.
  /// - Returns: where to go on; nil when it is through.
  fileprivate func step(_ walk: OwnershipWalk, _ subject: Int64, after place: ConversationTable.Place)
    throws(StoreError) -> ConversationTable.Place?
  {
    let found = try conversations.threads(of: walk, subject, after: place, limit: OwnershipJob.slice)
    for thread in found { try settle(thread.conversation) }
    return found.count < OwnershipJob.slice ? nil : found.last?.place
  }

  @discardableResult
  private func settle(_ conversation: Conversation, regardless: Bool = false) throws(StoreError) -> Owner {
    guard let number = directory.numbers[conversation.number] else {
      throw .damaged("conversation", row: conversation.id)
    }
    return try settle(conversation, number, regardless: regardless)
  }

  private func begin(_ walk: OwnershipWalk, _ subject: Int64) throws(StoreError) {
    // A number that is new has none.
    guard try !conversations.threads(of: walk, subject, after: .init(), limit: 1).isEmpty else { return }
    // One that is under way begins again: it may have passed threads that have another owner now.
    if let same = jobs.all(OwnershipJob.self).first(where: { $0.walk == walk && $0.subject == subject }) {
      return same.beginAgain()
    }
    jobs.append(OwnershipJob(self, try conversations.begin(walk, subject), walk, subject))
  }

  /// The walks that a restart interrupted, or a lost batch made stale.
  func resumedJobs() throws(StoreError) -> [any Job] {
    try conversations.walks().map { OwnershipJob(self, $0.id, $0.walk, $0.subject) }
  }

  private func announce(
    _ conversation: Conversation, _ change: ConversationChange, _ owner: Owner, _ number: Number
  ) throws(StoreError) {
    if change != .opened { try conversations.touch(conversation.id, at: now) }
    guard let phone = PhoneNumber(packed: conversation.phone) else { return }
    emit(
      .conversationChanged(
        ConversationChanged(
          conversationID: ConversationID(conversation.id), number: number.address, phone: phone,
          change: change,
          repID: owner.rep.map { RepID($0) }, queueID: owner.queue.map { QueueID($0) },
          absentRepID: owner.absent.map { RepID($0) }, contactIDs: owner.contacts.map { ContactID($0.id) },
          candidateRepIDs: owner.candidates.isEmpty ? nil : owner.candidates.map { RepID($0) },
          lastReadMessageID: conversation.readTo > 0 ? MessageID(conversation.readTo) : nil,
          at: Timestamp(milliseconds: now))))
  }
}

/// Finds the owners of many threads anew, a slice at a time.
final class OwnershipJob: Job, Part {
  static let slice = 200

  let outbox: Outbox
  private let ownership: Ownership
  private let row: Int64
  let walk: OwnershipWalk
  let subject: Int64
  private var place = ConversationTable.Place()

  /// `row`: what keeps the walk over a restart.
  init(_ ownership: Ownership, _ row: Int64, _ walk: OwnershipWalk, _ subject: Int64) {
    self.ownership = ownership
    self.row = row
    self.walk = walk
    self.subject = subject
    outbox = ownership.outbox
  }

  var resumedAs: String? { "owners \(row) \(walk) \(subject)" }

  func beginAgain() { place = .init() }

  func failed() { alert(.storeFailed, .critical, "the owners of conversations could not be found anew") }

  func step() throws(StoreError) -> Bool {
    guard let next = try ownership.step(walk, subject, after: place) else {
      try ownership.conversations.end(walk: row)
      return false
    }
    place = next
    return true
  }
}
