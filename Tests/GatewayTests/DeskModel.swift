import Contract

@testable import Gateway

/// What the rules about people come to, said once more and plainly: whole lists, no indexes, no store. Ids are the gateway's numbers.
struct DeskModel {
  /// What comes of a command.
  enum Outcome: Equatable {
    case done
    case refused(Refusal)
    case failed(ErrorCode)
  }

  /// Who asks.
  enum Caller: Equatable {
    case app
    case member(Int64)
  }

  struct Member {
    var roles: Set<MemberRole>
    var rep: Int64?
    var active = true
    var presence = Presence.off
    var seesAll: Bool { roles.contains(.manager) }
  }

  struct Number {
    var rep: Int64?
    var queue: Int64?
  }

  struct Contact {
    var phone: String
    var owner: Int64?
  }

  struct Queue {
    var capacity: Int
    var within: Int64
    var asksForOutcome = false
    var members: Set<Int64> = []
  }

  struct Absence {
    var rep: Int64
    var inForce = false
    var starts: Int64
    var ends: Int64?
    var delegateRep: Int64?
    var delegateQueue: Int64?
  }

  struct ThreadKey: Hashable, Comparable {
    var number: String
    var phone: String
    static func < (one: Self, other: Self) -> Bool { (one.number, one.phone) < (other.number, other.phone) }
  }

  struct Owner: Equatable {
    var rep: Int64?
    var queue: Int64?
    var absent: Int64?
  }

  struct Thread: Equatable {
    var assignedRep: Int64?
    var assignedQueue: Int64?
    var owner: Owner
    /// Its newest message, as a place in the order of all.
    var newest = 0
    /// When something last came in, or when it was opened: walks go by it.
    var activity: Int64
    var order: Int
  }

  struct Episode: Equatable {
    var id: Int64
    var thread: ThreadKey
    var state: EpisodeState
    var owner: Owner
    var member: Int64?
    var since: Int64
    var due: Int64?
    var keeps = false
    var completed: Int64?
    var hasOutcome = false
  }

  struct Lead: Equatable {
    var contact: Int64
    var state = LeadState.open
    var rep: Int64?
    var thread: ThreadKey?
  }

  struct Writer: Hashable {
    var member: Int64
    var thread: ThreadKey
  }

  static let defaultQueue: Int64 = 1

  var now: Int64
  var reps: [Int64: Bool] = [:]
  var homes: [Int64: String] = [:]
  var members: [Int64: Member] = [:]
  var numbers: [String: Number] = [:]
  var contacts: [Int64: Contact] = [:]
  var queues: [Int64: Queue] = [1: Queue(capacity: 5, within: 300_000)]
  var absences: [Int64: Absence] = [:]
  var threads: [ThreadKey: Thread] = [:]
  var episodes: [Episode] = []
  var wishes: [Int64: (at: Int64, queues: [Int64])] = [:]
  var drafts: [Writer: (text: String, revision: Int)] = [:]
  var leases: [ThreadKey: (member: Int64, until: Int64)] = [:]
  var leads: [Int64: Lead] = [:]
  var optedOut: Set<String> = []
  private var walks: [Walk] = []
  private var moved = false
  private var messages = 0

  init(now: Int64) { self.now = now }

  // MARK: Who answers

  /// By hand, the number's rep, the contact's rep, the number's queue, the default queue. Of reps those who are active; of those who are away,
  /// whoever stands in.
  func owner(of key: ThreadKey, _ thread: Thread?) -> Owner {
    guard let number = numbers[key.number] else { return Owner(queue: Self.defaultQueue) }
    let numbersQueue = number.queue ?? Self.defaultQueue
    if let queue = thread?.assignedQueue { return Owner(queue: queue) }
    for rep in [thread?.assignedRep, number.rep].compactMap({ $0 }) where reps[rep] == true {
      return standIn(for: rep, numbersQueue)
    }
    let owners = Set(contacts.values.filter { $0.phone == key.phone }.compactMap(\.owner))
    if owners.count == 1, let rep = owners.first, reps[rep] == true { return standIn(for: rep, numbersQueue) }
    return Owner(queue: numbersQueue)
  }

  private func standIn(for rep: Int64, _ numbersQueue: Int64) -> Owner {
    guard let away = absence(of: rep) else { return Owner(rep: rep) }
    var found = Owner(absent: rep)
    for absence in [away, away.delegateRep.flatMap { self.absence(of: $0) }].compactMap({ $0 }) {
      if let queue = absence.delegateQueue {
        found.queue = queue
      } else if let delegate = absence.delegateRep {
        guard reps[delegate] == true, self.absence(of: delegate) == nil else { continue }
        found.rep = delegate
      } else {
        found.queue = numbersQueue
      }
      return found
    }
    found.queue = numbersQueue
    return found
  }

  private func absence(of rep: Int64) -> Absence? { absences.values.first { $0.rep == rep && $0.inForce } }

  private mutating func settle(_ key: ThreadKey) {
    guard let thread = threads[key] else { return }
    give(key, owner(of: key, thread))
  }

  private mutating func give(_ key: ThreadKey, _ owner: Owner) {
    guard let before = threads[key]?.owner, before != owner else { return }
    threads[key]?.owner = owner
    guard before.rep != owner.rep || before.queue != owner.queue else { return }
    leases[key] = nil
    guard let index = open(in: key) else { return }
    if episodes[index].owner.queue != nil { moved = true }
    episodes[index].owner = Owner(rep: owner.rep, queue: owner.queue)
    switch episodes[index].state {
    case .waiting, .toAnswer: putInLine(index)
    default: episodes[index].member = nil
    }
    if owner.queue != nil { moved = true }
  }

  // MARK: Walks

  enum Walk: Equatable {
    case number(String)
    case assigned(Int64)
    case owned(Int64)
    case absent(Int64)
    case anyAbsent
  }

  private func chosen(by walk: Walk) -> [ThreadKey] {
    threads.filter { key, thread in
      switch walk {
      case .number(let number): key.number == number
      case .assigned(let rep): thread.assignedRep == rep
      case .owned(let rep): thread.owner.rep == rep
      case .absent(let rep): thread.owner.absent == rep
      case .anyAbsent: thread.owner.absent != nil
      }
    }.sorted { ($0.value.activity, $0.value.order) > ($1.value.activity, $1.value.order) }.map(\.key)
  }

  private mutating func begin(_ walk: Walk) {
    if !chosen(by: walk).isEmpty, !walks.contains(walk) { walks.append(walk) }
  }

  private mutating func attendanceChanged(of rep: Int64) {
    begin(.owned(rep))
    begin(.absent(rep))
    if absences.values.contains(where: { $0.inForce && $0.delegateRep == rep }) { begin(.anyAbsent) }
  }

  /// The end of a command: wishes, then each walk with the wishes after it.
  mutating func finish() {
    meetWishes()
    while !walks.isEmpty {
      let walk = walks.removeFirst()
      for key in chosen(by: walk) { settle(key) }
      meetWishes()
    }
  }

  // MARK: Episodes

  func open(in key: ThreadKey) -> Int? { episodes.lastIndex { $0.thread == key && $0.state != .completed } }

  /// Back in line; a rep's own: to be answered.
  private mutating func putInLine(_ index: Int) {
    episodes[index].state = episodes[index].owner.queue == nil ? .toAnswer : .waiting
    (episodes[index].member, episodes[index].due) = (nil, nil)
  }

  private func answerBy(_ queue: Int64?) -> Int64? { queue.flatMap { queues[$0] }.map { now + $0.within } }

  private func isAvailable(_ member: Int64) -> Bool {
    members[member].map { $0.active && $0.presence == .available } ?? false
  }

  private func answers(_ member: Int64, _ queue: Int64) -> Bool {
    queues[queue]?.members.contains(member) ?? false
  }

  private mutating func changed(_ index: Int, dropsLease: Bool = true) {
    if dropsLease { leases[episodes[index].thread] = nil }
    if episodes[index].owner.queue != nil { moved = true }
  }

  private mutating func came(into key: ThreadKey) {
    guard let owner = threads[key]?.owner else { return }
    guard let index = open(in: key) else {
      episodes.append(
        Episode(
          id: Int64(episodes.count) + 1, thread: key, state: owner.queue == nil ? .toAnswer : .waiting,
          owner: Owner(rep: owner.rep, queue: owner.queue), since: now))
      if owner.queue != nil { moved = true }
      return
    }
    switch episodes[index].state {
    case .answered:
      episodes[index].since = now
      let (queue, member) = (episodes[index].owner.queue, episodes[index].member)
      if let queue, let member, isAvailable(member), answers(member, queue) {
        (episodes[index].state, episodes[index].due) = (.toAnswer, answerBy(queue))
      } else {
        putInLine(index)
      }
      changed(index, dropsLease: false)
    case .snoozed where !episodes[index].keeps:
      episodes[index].since = now
      comeBack(index)
      changed(index, dropsLease: false)
    default: break
    }
  }

  private mutating func comeBack(_ index: Int) {
    let snoozer = episodes[index].member
    episodes[index].keeps = false
    putInLine(index)
    if let queue = episodes[index].owner.queue, let snoozer, isAvailable(snoozer), answers(snoozer, queue) {
      (episodes[index].member, episodes[index].due) = (snoozer, now + 120_000)
    }
  }

  private mutating func hand(_ index: Int, to member: Int64) {
    if episodes[index].state == .waiting { episodes[index].state = .toAnswer }
    episodes[index].member = member
    if episodes[index].state == .toAnswer { episodes[index].due = answerBy(episodes[index].owner.queue) }
    changed(index)
  }

  private mutating func letGo(_ index: Int) {
    if episodes[index].state == .answered { episodes[index].since = now }
    putInLine(index)
    changed(index)
  }

  private mutating func end(_ index: Int) {
    if episodes[index].state == .waiting { episodes[index].member = nil }
    (episodes[index].state, episodes[index].due, episodes[index].completed) = (.completed, nil, now)
    changed(index)
  }

  // MARK: Who sees what

  func sees(_ caller: Caller, _ key: ThreadKey) -> Bool {
    guard case .member(let id) = caller, let member = members[id], !member.seesAll else { return true }
    guard let thread = threads[key] else { return false }
    if let rep = member.rep, thread.owner.rep == rep { return true }
    if supervises(id, thread) { return true }
    let own = episodes.filter { $0.thread == key && $0.member == id }
    if own.contains(where: { [.toAnswer, .answered, .snoozed].contains($0.state) }) { return true }
    guard let last = episodes.last(where: { $0.thread == key }), last.member == id else { return false }
    return last.completed.map { $0 > now - 86_400_000 } ?? false
  }

  /// Whether it is the caller's to answer.
  private func isOwn(_ caller: Caller, _ key: ThreadKey) -> Bool {
    guard case .member(let id) = caller, let member = members[id], !member.seesAll else { return true }
    guard let thread = threads[key] else { return false }
    if let rep = member.rep, thread.owner.rep == rep { return true }
    let has = episodes.contains {
      $0.thread == key && $0.member == id && [.toAnswer, .answered, .snoozed].contains($0.state)
    }
    return has || supervises(id, thread)
  }

  private func supervises(_ id: Int64, _ thread: Thread) -> Bool {
    members[id]?.roles.contains(.supervisor) == true && thread.owner.queue.map { answers(id, $0) } ?? false
  }

  // MARK: What phones do

  @discardableResult
  private mutating func thread(_ key: ThreadKey, received: Bool) -> Bool {
    let isNew = threads[key] == nil
    if isNew {
      threads[key] = Thread(owner: owner(of: key, nil), activity: now, order: threads.count)
    }
    if received {
      if !isNew { settle(key) }
      threads[key]?.activity = now
    }
    messages += 1
    threads[key]?.newest = messages
    return isNew
  }

  mutating func text(_ key: ThreadKey) {
    thread(key, received: true)
    came(into: key)
  }

  mutating func stop(_ key: ThreadKey) {
    thread(key, received: true)
    optedOut.insert(key.phone)
    for index in episodes.indices where episodes[index].thread.phone == key.phone {
      if episodes[index].state != .completed { end(index) }
    }
    for (id, lead) in leads where contacts[lead.contact]?.phone == key.phone {
      if [.open, .assigned].contains(lead.state) { leads[id]?.state = .closed }
    }
  }

  mutating func start(_ key: ThreadKey) {
    thread(key, received: true)
    optedOut.remove(key.phone)
  }

  // MARK: What people write

  /// - Parameter takesOver: whoever else writes there.
  mutating func send(_ key: ThreadKey, _ text: String, takesOver: Bool, _ caller: Caller) -> Outcome {
    guard isOwn(caller, key) else { return .failed(.forbidden) }
    if optedOut.contains(key.phone) { return .refused(.optedOut) }
    if case .member(let id) = caller, !takesOver, writes(in: key, besides: id) {
      let writer = Writer(member: id, thread: key)
      if drafts[writer]?.text.isEmpty ?? true { keep(text, writer) }
      return .refused(.leased)
    }
    thread(key, received: false)
    var member: Int64?
    if case .member(let id) = caller { member = id }
    if let index = open(in: key), episodes[index].state != .snoozed {
      let owner = episodes[index].owner.queue == nil ? nil : member ?? episodes[index].member
      if episodes[index].state != .answered || episodes[index].member != owner {
        (episodes[index].state, episodes[index].member, episodes[index].due) = (.answered, owner, nil)
        changed(index, dropsLease: false)
      }
    }
    wasTexted(key)
    if let member {
      keep("", Writer(member: member, thread: key))
      leases[key] = nil
    }
    return .done
  }

  private func writes(in key: ThreadKey, besides member: Int64) -> Bool {
    leases[key].map { $0.until > now && $0.until <= now + 45_000 && $0.member != member } ?? false
  }

  private mutating func keep(_ text: String, _ writer: Writer) {
    drafts[writer] = (text, (drafts[writer]?.revision ?? 0) + 1)
  }

  mutating func draft(_ key: ThreadKey, _ text: String, revision: Int?, _ member: Int64) -> Outcome {
    guard sees(.member(member), key) else { return .failed(.notFound) }
    let writer = Writer(member: member, thread: key)
    if let revision, revision != drafts[writer]?.revision ?? 0 { return .refused(.notSeen) }
    keep(text, writer)
    return .done
  }

  mutating func hold(_ key: ThreadKey, _ member: Int64) -> Outcome {
    guard sees(.member(member), key) else { return .failed(.notFound) }
    guard isOwn(.member(member), key) else { return .failed(.forbidden) }
    guard !writes(in: key, besides: member) else { return .refused(.leased) }
    leases[key] = (member, now + 45_000)
    return .done
  }

  mutating func drop(_ key: ThreadKey, _ member: Int64) {
    if leases[key]?.member == member { leases[key] = nil }
  }

  /// A group message to contacts, in the order of their ids: one for each phone, and none from one rep to another's contact.
  mutating func campaign(_ number: String, _ ids: [Int64]) -> Int {
    var phones: [String] = []
    for id in ids.sorted() {
      guard let contact = contacts[id], !phones.contains(contact.phone), !optedOut.contains(contact.phone)
      else { continue }
      if let rep = numbers[number]?.rep, let owner = contact.owner, owner != rep { continue }
      phones.append(contact.phone)
    }
    for phone in phones { thread(ThreadKey(number: number, phone: phone), received: false) }
    return phones.count
  }

  // MARK: Serving

  mutating func next(_ member: Int64, _ asked: [Int64]?) -> Outcome {
    let own = ownQueues(of: member)
    let wanted = asked ?? own
    guard !wanted.isEmpty, wanted.allSatisfy(own.contains) else { return .refused(.notInQueue) }
    guard isAvailable(member) else { return .refused(.notAvailable) }
    guard !open(wanted, to: member).isEmpty else { return .refused(.atCapacity) }
    if serve(member, wanted) {
      wishes[member] = nil
    } else {
      wishes[member] = (wishes[member]?.at ?? now, asked ?? [])
    }
    return .done
  }

  private func ownQueues(of member: Int64) -> [Int64] {
    queues.filter { $0.value.members.contains(member) }.map(\.key).sorted()
  }

  private func open(_ wanted: [Int64], to member: Int64) -> [Int64] {
    wanted.filter { queue in
      let had = episodes.count {
        $0.member == member && $0.owner.queue == queue && [.toAnswer, .answered].contains($0.state)
      }
      return had < queues[queue]?.capacity ?? 0
    }
  }

  /// The longest wait of all that the member may have.
  private mutating func serve(_ member: Int64, _ wanted: [Int64]) -> Bool {
    let queues = open(wanted, to: member)
    let waiting = episodes.indices.filter { index in
      let episode = episodes[index]
      return episode.state == .waiting && episode.owner.queue.map(queues.contains) ?? false
        && (episode.due.map { $0 <= now } ?? true || episode.member == member)
    }
    let first = waiting.min { (episodes[$0].since, episodes[$0].id) < (episodes[$1].since, episodes[$1].id) }
    guard let first else { return false }
    hand(first, to: member)
    return true
  }

  private mutating func meetWishes() {
    guard moved else { return }
    moved = false
    for (member, wish) in wishes.sorted(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) {
      guard isAvailable(member) else {
        wishes[member] = nil
        continue
      }
      let own = ownQueues(of: member)
      let wanted = wish.queues.isEmpty ? own : wish.queues.filter(own.contains)
      if serve(member, wanted) || wanted.isEmpty { wishes[member] = nil }
    }
    moved = false
  }

  // MARK: The work in a thread

  private func known(_ key: ThreadKey, _ caller: Caller) -> (Int?, Outcome) {
    guard threads[key] != nil, sees(caller, key) else { return (nil, .failed(.notFound)) }
    guard let index = open(in: key) else { return (nil, .refused(.wrongState)) }
    return (index, .done)
  }

  mutating func take(_ key: ThreadKey, _ member: Int64) -> Outcome {
    let (index, refusal) = known(key, .member(member))
    guard let index else { return refusal }
    guard episodes[index].state == .waiting, let queue = episodes[index].owner.queue else {
      return .refused(.wrongState)
    }
    guard answers(member, queue) else { return .refused(.notInQueue) }
    hand(index, to: member)
    return .done
  }

  mutating func release(_ key: ThreadKey, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    guard episodes[index].owner.queue != nil, [.toAnswer, .answered].contains(episodes[index].state) else {
      return .refused(.wrongState)
    }
    letGo(index)
    return .done
  }

  mutating func transfer(_ key: ThreadKey, toMember target: Int64, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    guard let queue = episodes[index].owner.queue, episodes[index].state != .snoozed else {
      return .refused(.wrongState)
    }
    guard members[target]?.active == true else { return .failed(.notFound) }
    guard answers(target, queue) else { return .refused(.notInQueue) }
    hand(index, to: target)
    return .done
  }

  mutating func transfer(_ key: ThreadKey, toQueue target: Int64, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    guard episodes[index].owner.queue != nil, episodes[index].state != .snoozed else {
      return .refused(.wrongState)
    }
    if episodes[index].state != .waiting { letGo(index) }
    assign(key, toQueue: target)
    return .done
  }

  mutating func snooze(_ key: ThreadKey, until due: Int64, keeps: Bool, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    var snoozer = episodes[index].member
    if case .member(let id) = caller { snoozer = id }
    (episodes[index].state, episodes[index].due, episodes[index].keeps) = (.snoozed, due, keeps)
    episodes[index].member = episodes[index].owner.queue == nil ? nil : snoozer
    changed(index, dropsLease: false)
    return .done
  }

  mutating func wake(_ key: ThreadKey, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    guard episodes[index].state == .snoozed else { return .refused(.wrongState) }
    wake(index)
    return .done
  }

  private mutating func wake(_ index: Int) {
    episodes[index].since = min(now, episodes[index].due ?? now)
    comeBack(index)
    changed(index, dropsLease: false)
  }

  mutating func complete(_ key: ThreadKey, outcome: Bool, servesNext: Bool, _ caller: Caller) -> Outcome {
    let (index, refusal) = known(key, caller)
    guard let index else { return refusal }
    if !outcome, let queue = episodes[index].owner.queue.flatMap({ queues[$0] }), queue.asksForOutcome,
      !episodes[index].hasOutcome
    {
      return .refused(.dispositionRequired)
    }
    if outcome { episodes[index].hasOutcome = true }
    end(index)
    guard servesNext, case .member(let id) = caller else { return .done }
    let own = ownQueues(of: id)
    if !own.isEmpty, isAvailable(id) {
      if serve(id, own) { wishes[id] = nil } else { wishes[id] = (wishes[id]?.at ?? now, []) }
    }
    return .done
  }

  mutating func assign(_ key: ThreadKey, to rep: Int64) -> Outcome {
    guard reps[rep] == true else { return .refused(.repInactive) }
    threads[key]?.assignedRep = rep
    threads[key]?.assignedQueue = nil
    give(key, owner(of: key, threads[key]))
    return .done
  }

  mutating func assign(_ key: ThreadKey, toQueue queue: Int64) {
    threads[key]?.assignedRep = nil
    threads[key]?.assignedQueue = queue
    give(key, Owner(queue: queue))
  }

  // MARK: People and queues

  mutating func be(_ presence: Presence, _ member: Int64) -> Outcome {
    guard members[member]?.active == true else { return .refused(.wrongState) }
    if members[member]?.presence != presence {
      members[member]?.presence = presence
      if !ownQueues(of: member).isEmpty { moved = true }
    }
    if presence != .available { wishes[member] = nil }
    if presence == .off { stopServing(member, in: nil, leaves: false) }
    return .done
  }

  mutating func activate(_ active: Bool, member: Int64) {
    members[member]?.active = active
    guard !active else { return }
    members[member]?.presence = .off
    stopServing(member, in: nil, leaves: true)
  }

  private mutating func stopServing(_ member: Int64, in queue: Int64?, leaves: Bool) {
    if queue == nil { wishes[member] = nil }
    moved = moved || !ownQueues(of: member).isEmpty
    let inHand = episodes.indices.filter { index in
      let episode = episodes[index]
      return episode.member == member && [.toAnswer, .answered].contains(episode.state)
        && episode.owner.queue != nil && queue.map { $0 == episode.owner.queue } ?? true
    }
    for index in inHand {
      if episodes[index].state == .toAnswer {
        letGo(index)
      } else if leaves {
        episodes[index].member = nil
        changed(index)
      }
    }
  }

  mutating func join(_ member: Int64, _ queue: Int64) -> Outcome {
    guard let known = members[member], known.active, !known.roles.isDisjoint(with: [.agent, .supervisor])
    else {
      return .refused(.wrongState)
    }
    if queues[queue]?.members.insert(member).inserted ?? false { moved = true }
    return .done
  }

  mutating func leave(_ member: Int64, _ queue: Int64) -> Outcome {
    guard answers(member, queue) else { return .refused(.notInQueue) }
    queues[queue]?.members.remove(member)
    stopServing(member, in: queue, leaves: true)
    moved = true
    return .done
  }

  mutating func rule(_ queue: Int64, capacity: Int, within: Int64, asksForOutcome: Bool) {
    queues[queue]?.capacity = capacity
    queues[queue]?.within = within
    queues[queue]?.asksForOutcome = asksForOutcome
    moved = true
  }

  mutating func activate(_ active: Bool, rep: Int64) {
    guard reps[rep] != active else { return }
    reps[rep] = active
    if active {
      begin(.assigned(rep))
      for number in numbers.keys.sorted() where numbers[number]?.rep == rep { begin(.number(number)) }
    } else {
      for (id, absence) in absences.sorted(by: { ($0.value.starts, $0.key) < ($1.value.starts, $1.key) })
      where absence.rep == rep { over(id) }
    }
    attendanceChanged(of: rep)
  }

  mutating func assign(number: String, to rep: Int64?) {
    numbers[number]?.rep = rep
    begin(.number(number))
  }

  mutating func set(queue: Int64?, of number: String) {
    numbers[number]?.queue = queue
    begin(.number(number))
  }

  /// A contact has another rep: its threads, and the lead that nobody has texted, are that rep's.
  mutating func change(owner: Int64, of contact: Int64) {
    guard contacts[contact]?.owner != owner else { return }
    set(owner: owner, of: contact)
    let untexted = leads.first { $0.value.contact == contact && [.open, .assigned].contains($0.value.state) }
    if let (id, lead) = untexted, lead.rep != owner, reps[owner] == true { give(lead: id, to: owner) }
  }

  private mutating func set(owner: Int64, of contact: Int64) {
    contacts[contact]?.owner = owner
    guard let phone = contacts[contact]?.phone else { return }
    for key in threads.keys.sorted() where key.phone == phone { settle(key) }
  }

  // MARK: Absences

  mutating func away(
    _ id: Int64, _ rep: Int64, from starts: Int64, until ends: Int64?, rep delegate: Int64?, queue: Int64?
  ) -> Outcome {
    guard reps[rep] == true, delegate.map({ reps[$0] == true }) ?? true else { return .refused(.repInactive) }
    let overlaps = absences.values.contains {
      $0.rep == rep && $0.starts < ends ?? .max && starts < $0.ends ?? .max
    }
    guard !overlaps else { return .refused(.duplicate) }
    absences[id] = Absence(
      rep: rep, starts: starts, ends: ends, delegateRep: delegate, delegateQueue: queue)
    if starts <= now { goAway(id) }
    return .done
  }

  private mutating func goAway(_ id: Int64) {
    guard let rep = absences[id]?.rep else { return }
    for (other, absence) in absences where absence.rep == rep && absence.inForce { over(other) }
    absences[id]?.inForce = true
    attendanceChanged(of: rep)
  }

  private mutating func over(_ id: Int64) {
    guard let absence = absences.removeValue(forKey: id), absence.inForce else { return }
    attendanceChanged(of: absence.rep)
  }

  mutating func back(_ rep: Int64) -> Outcome {
    guard let id = absences.first(where: { $0.value.rep == rep && $0.value.inForce })?.key else {
      return .refused(.wrongState)
    }
    over(id)
    return .done
  }

  // MARK: Leads

  /// - Returns: whether it is a new one.
  mutating func lead(_ id: Int64, of contact: Int64, rep: Int64?) -> Outcome {
    if let rep, reps[rep] != true { return .refused(.repInactive) }
    let untexted = leads.contains {
      $0.value.contact == contact && [.open, .assigned].contains($0.value.state)
    }
    guard !untexted else { return .done }
    leads[id] = Lead(contact: contact)
    if let rep = rep ?? self.rep(of: contact) { give(lead: id, to: rep) }
    return .done
  }

  private func rep(of contact: Int64) -> Int64? {
    guard let known = contacts[contact] else { return nil }
    var found = known.owner
    if found == nil {
      let newest = threads.filter {
        $0.key.phone == known.phone && ($0.value.owner.absent ?? $0.value.owner.rep) != nil
          && $0.value.newest > 0
      }.max { $0.value.newest < $1.value.newest }
      found = newest?.value.owner.absent ?? newest?.value.owner.rep
    }
    return found.flatMap { reps[$0] == true ? $0 : nil }
  }

  private func isOf(_ rep: Int64, _ thread: Thread) -> Bool {
    thread.owner.rep == rep || thread.owner.absent == rep
  }

  private mutating func give(lead id: Int64, to rep: Int64) {
    guard let lead = leads[id], let contact = contacts[lead.contact] else { return }
    if contact.owner != rep { set(owner: rep, of: lead.contact) }
    for before in Set([lead.rep, contact.owner].compactMap { $0 }).sorted() where before != rep {
      for key in threads.keys where key.phone == contact.phone {
        if let thread = threads[key], isOf(before, thread) { _ = assign(key, to: rep) }
      }
    }
    let known = threads.filter { $0.key.phone == contact.phone && isOf(rep, $0.value) && $0.value.newest > 0 }
      .max { $0.value.newest < $1.value.newest }?.key
    let key = known ?? ThreadKey(number: homes[rep] ?? "", phone: contact.phone)
    if threads[key] == nil {
      threads[key] = Thread(owner: owner(of: key, nil), activity: now, order: threads.count)
    }
    if let thread = threads[key], !isOf(rep, thread) { _ = assign(key, to: rep) }
    if leads[id]?.state != .contacted { leads[id]?.state = .assigned }
    leads[id]?.rep = rep
    leads[id]?.thread = key
  }

  mutating func assign(lead id: Int64, to rep: Int64) -> Outcome {
    guard let lead = leads[id] else { return .failed(.notFound) }
    guard reps[rep] == true else { return .refused(.repInactive) }
    guard lead.state != .closed else { return .refused(.wrongState) }
    if lead.rep != rep { give(lead: id, to: rep) }
    return .done
  }

  mutating func claim(lead id: Int64, _ member: Int64) -> Outcome {
    guard let rep = members[member]?.rep else { return .failed(.forbidden) }
    guard reps[rep] == true else { return .refused(.repInactive) }
    guard let lead = leads[id] else { return .failed(.notFound) }
    guard lead.state == .open else {
      return lead.state != .closed && lead.rep == rep ? .done : .refused(.wrongState)
    }
    give(lead: id, to: rep)
    return .done
  }

  mutating func close(lead id: Int64) -> Outcome {
    guard let lead = leads[id] else { return .failed(.notFound) }
    guard lead.state != .closed else { return .refused(.wrongState) }
    leads[id]?.state = .closed
    return .done
  }

  private mutating func wasTexted(_ key: ThreadKey) {
    guard let thread = threads[key] else { return }
    let waiting = leads.filter {
      [.open, .assigned].contains($0.value.state) && contacts[$0.value.contact]?.phone == key.phone
    }
    let own = waiting.filter { $0.value.rep.map { isOf($0, thread) } ?? false || $0.value.thread == key }
    for (id, lead) in own.isEmpty ? waiting.filter({ $0.value.rep == nil }) : own {
      if lead.rep == nil { leads[id]?.rep = thread.owner.rep }
      leads[id]?.state = .contacted
      leads[id]?.thread = key
    }
  }

  // MARK: What time does

  mutating func housekeep() {
    let due = absences.filter {
      $0.value.inForce ? $0.value.ends.map { $0 <= now } ?? false : $0.value.starts <= now
    }
    func moment(_ absence: Absence) -> Int64 { absence.inForce ? absence.ends ?? .max : absence.starts }
    // At one time, what ends ends before what begins.
    for (id, absence) in due.sorted(by: {
      (moment($0.value), $0.value.inForce ? 0 : 1, $0.key) < (
        moment($1.value), $1.value.inForce ? 0 : 1, $1.key
      )
    }) where absences[id] != nil {
      if absence.inForce || absence.ends.map({ $0 <= now }) ?? false { over(id) } else { goAway(id) }
    }
    let dueEpisodes = episodes.indices.filter { episodes[$0].due.map { $0 <= now } ?? false }
      .sorted { (episodes[$0].due ?? 0, $0) < (episodes[$1].due ?? 0, $1) }
    for index in dueEpisodes {
      switch episodes[index].state {
      case .toAnswer:
        let member = episodes[index].member
        letGo(index)
        if let member, isAvailable(member) {
          members[member]?.presence = .away
          moved = true
        }
      case .snoozed: wake(index)
      default:
        (episodes[index].member, episodes[index].due) = (nil, nil)
        changed(index, dropsLease: false)
      }
    }
    for (id, lead) in leads where lead.state == .assigned && lead.rep.map({ reps[$0] != true }) ?? false {
      leads[id] = Lead(contact: lead.contact)
    }
  }
}
