import Contract
import Foundation
import SMPP
import Store
import TestSupport
import Testing

@testable import Gateway

/// Members, reps and phones that do anything at any time, by a seed, and beside the gateway the plain model of the same.
private final class Office {
  typealias Caller = DeskModel.Caller
  typealias ThreadKey = DeskModel.ThreadKey

  let world: World
  var model: DeskModel
  var random: SeededGenerator
  let phones = (0..<6).map { "+120255501\(10 + $0)" }
  let numbers = (0..<5).map { "+141555501\(11 + $0)" }
  var reps: [Int64] = []
  var repMembers: [Int64] = []
  var agents: [Int64] = []
  var manager: Int64 = 0
  let queues: [Int64] = [1, 2]
  var contacts: [Int64] = []
  var steps = 0
  var outcomes: [String: Int] = [:]
  private var absenceCount: Int64 = 0
  private var last = ""
  /// One difference makes others.
  private(set) var differs = false

  init(seed: UInt64) throws {
    world = try World()
    model = DeskModel(now: world.now)
    random = SeededGenerator(seed: seed)
    for (index, name) in ["Anna", "Ben", "Cleo"].enumerated() {
      let rep = try world.addRep(name, number: numbers[index]).value
      reps.append(rep)
      model.reps[rep] = true
      model.homes[rep] = numbers[index]
      model.numbers[numbers[index]] = .init(rep: rep)
    }
    for number in numbers[3...] {
      try world.addNumber(number)
      model.numbers[number] = .init()
    }
    for (index, rep) in reps.enumerated() { repMembers.append(try add("rep\(index)", [.rep], rep)) }
    agents = [
      try add("ana", [.agent]), try add("ben", [.agent]), try add("eva", [.agent]),
      try add("sue", [.supervisor]),
    ]
    manager = try add("max", [.manager])
    let done = [DispositionChoice(disposition: "done", label: "Done")]
    let _: QueueView = try world.call(.queueUpdate(QueueUpdate(queueID: QueueID(1), dispositions: done)))
    let _: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales", dispositions: done)))
    model.queues[2] = .init(capacity: 5, within: 300_000)
    for index in 0...phones.count {
      let phone = phones[index % phones.count]
      let id = try world.addContact(phone, ref: "c\(index)").value
      contacts.append(id)
      model.contacts[id] = .init(phone: phone)
    }
  }

  private func add(_ login: String, _ roles: [MemberRole], _ rep: Int64? = nil) throws -> Int64 {
    let view: MemberView = try world.call(
      .memberAdd(MemberAdd(login: login, name: login, roles: roles, repID: rep.map { RepID($0) })))
    model.members[view.memberID.value] = .init(roles: Set(roles), rep: rep)
    return view.memberID.value
  }

  // MARK: Chance

  func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
  func any<T>(_ items: [T]) throws -> T { try #require(items.randomElement(using: &random)) }
  func maybe<T>(_ value: T) -> T? { roll(2) == 0 ? value : nil }

  private var anyKey: ThreadKey {
    get throws {
      ThreadKey(number: try any(roll(2) == 0 ? numbers : Array(numbers[3...])), phone: try any(phones))
    }
  }

  /// A thread that is there, often one of a queue.
  private var anyThread: ThreadKey? {
    let all = model.threads.keys.sorted()
    let queued = all.filter { model.threads[$0]?.owner.queue != nil }
    return (roll(2) == 0 && !queued.isEmpty ? queued : all).randomElement(using: &random)
  }

  private func anyMember(_ ids: [Int64]) throws -> Int64? {
    ids.filter { model.members[$0]?.active == true }.randomElement(using: &random)
  }

  /// Often somebody who sees the thread.
  private func anyCaller(for key: ThreadKey) throws -> Caller {
    if roll(8) == 0 { return .app }
    let all = agents + repMembers + [manager]
    let those = roll(3) > 0 ? all.filter { $0 != manager && model.sees(.member($0), key) } : all
    return try anyMember(those).map { .member($0) } ?? .app
  }

  // MARK: Asking

  private func requester(_ caller: Caller) throws -> Requester {
    guard case .member(let id) = caller else { return World.admin }
    let member = try #require(model.members[id])
    return Requester(
      ActingMember(id: id, session: 0, roles: member.roles, rep: member.rep, at: world.now), uid: 9)
  }

  private func conversation(_ key: ThreadKey) throws -> ConversationID {
    let row = try world.gateway.parts.ground.conversations.find(
      try world.id(of: key.number), try world.phone(key.phone).digits)
    return ConversationID(row?.id ?? 1 << 40)
  }

  /// Runs a command, and holds what comes of it against what the model says.
  private func run(
    _ command: Command, _ caller: Caller = .app, _ change: (inout DeskModel) -> DeskModel.Outcome
  ) throws {
    let expected = change(&model)
    last = "\(command) of \(caller)"
    let outcome: DeskModel.Outcome =
      switch try world.reply(to: command, as: requester(caller)) {
      case .success: .done
      case .failure(let error): error.refusal.map { .refused($0) } ?? .failed(error.code)
      }
    outcomes["\(command.method.rawValue) \(outcome == .done ? "answered" : "refused")", default: 0] += 1
    same(outcome, expected, "\(command) of \(caller)")
  }

  // MARK: What happens

  func step() throws {
    steps += 1
    world.now += Int64(roll(8) == 0 ? roll(200_000) : roll(4_000))
    model.now = world.now
    switch roll(40) {
    case 0...7: try text()
    case 8...12: try send()
    case 13...16: try serve()
    case 17...23: try work()
    case 24: try assign()
    case 25, 26: try presence()
    case 27: try queue()
    case 28: try rep()
    case 29: try number()
    case 30: try absence()
    case 31, 32: try write()
    case 33, 34: try lead()
    case 35: try campaign()
    case 36...38:
      if roll(3) == 0 { world.now += Int64(roll(90_000_000)) }
      model.now = world.now
      last = "housekeeping at \(world.now)"
      try world.housekeep()
      model.housekeep()
    default:
      if roll(6) == 0 { try world.restart() }
    }
    try world.finishJobs()
    model.finish()
    try compare()
    if steps % 100 == 0 { try compareViews() }
    if steps % 100 == 0 { try drain() }
  }

  private func text() throws {
    let key = try anyKey
    let isStop = roll(12) == 0
    let word =
      isStop ? "STOP" : model.optedOut.contains(key.phone) && roll(2) == 0 ? "START" : "text \(steps)"
    last = "\(word) from \(key.text)"
    try world.receive(word, from: key.phone, to: key.number)
    switch word {
    case "STOP": model.stop(key)
    case "START": model.start(key)
    default: model.text(key)
    }
  }

  private func send() throws {
    let key = try roll(5) == 0 ? anyKey : anyThread ?? anyKey
    let (caller, takesOver, text) = (try anyCaller(for: key), roll(4) == 0, "text \(steps)")
    try run(
      .messageSend(
        MessageSend(
          from: .number(try world.number(key.number)), to: .phone(try world.typed(key.phone)), text: text,
          takeOver: takesOver ? true : nil)), caller
    ) { $0.send(key, text, takesOver: takesOver, caller) }
  }

  private func serve() throws {
    guard let member = try anyMember(agents) else { return }
    let asked = roll(3) == 0 ? [try any(queues)] : nil
    if roll(8) == 0 {
      return try run(.serveWithdraw(ServeWithdraw()), .member(member)) {
        $0.wishes[member] = nil
        return .done
      }
    }
    try run(.serveNext(ServeNext(queueIDs: asked?.map { QueueID($0) })), .member(member)) {
      $0.next(member, asked)
    }
  }

  private func work() throws {
    let kind = roll(9)
    // What can be released, or woken, is rare among all.
    let fitting = model.episodes.filter {
      switch kind {
      case 0: $0.state == .waiting
      case 1: $0.owner.queue != nil && [.toAnswer, .answered].contains($0.state)
      case 6: $0.state == .snoozed
      default: false
      }
    }
    guard let key = (roll(3) > 0 ? fitting.map(\.thread).randomElement(using: &random) : nil) ?? anyThread
    else { return }
    let (id, caller) = (try conversation(key), try anyCaller(for: key))
    switch kind {
    case 0:
      guard case .member(let member) = caller else { return }
      try run(.conversationTake(ConversationTake(conversationID: id)), caller) { $0.take(key, member) }
    case 1:
      try run(.conversationRelease(ConversationRelease(conversationID: id)), caller) {
        $0.release(key, caller)
      }
    case 2:
      let target = try any(agents)
      try run(
        .conversationTransfer(ConversationTransfer(conversationID: id, memberID: MemberID(target))), caller
      ) { $0.transfer(key, toMember: target, caller) }
    case 3:
      let target = try any(queues)
      try run(
        .conversationTransfer(ConversationTransfer(conversationID: id, queueID: QueueID(target))), caller
      ) { $0.transfer(key, toQueue: target, caller) }
    case 4, 5:
      let (due, keeps) = (world.now + 1 + Int64(roll(400_000)), roll(3) == 0)
      try run(
        .conversationSnooze(
          ConversationSnooze(
            conversationID: id, dueAt: Timestamp(milliseconds: due), keep: keeps ? true : nil)), caller
      ) { $0.snooze(key, until: due, keeps: keeps, caller) }
    case 6:
      try run(.conversationWake(ConversationWake(conversationID: id)), caller) { $0.wake(key, caller) }
    default:
      let (outcome, next) = (roll(2) == 0, caller != .app && roll(2) == 0)
      try run(
        .conversationComplete(
          ConversationComplete(
            conversationID: id, disposition: outcome ? "done" : nil, serveNext: next ? true : nil)), caller
      ) { $0.complete(key, outcome: outcome, servesNext: next, caller) }
    }
  }

  private func assign() throws {
    guard let key = anyThread else { return }
    let id = try conversation(key)
    if roll(3) > 0 {
      let rep = try any(reps)
      try run(.conversationAssign(ConversationAssign(conversationID: id, repID: RepID(rep)))) {
        $0.assign(key, to: rep)
      }
    } else {
      let queue = try any(queues)
      try run(.conversationAssign(ConversationAssign(conversationID: id, queueID: QueueID(queue)))) {
        $0.assign(key, toQueue: queue)
        return .done
      }
    }
  }

  private func presence() throws {
    let member = try any(agents)
    if roll(12) == 0 {
      let active = model.members[member]?.active != true
      return try run(.memberUpdate(MemberUpdate(memberID: MemberID(member), active: active))) {
        $0.activate(active, member: member)
        return .done
      }
    }
    let presence = try roll(3) > 0 ? .available : any(Presence.allCases)
    try run(.memberPresence(MemberPresence(memberID: MemberID(member), presence: presence))) {
      $0.be(presence, member)
    }
  }

  private func queue() throws {
    let (queue, member) = (try any(queues), try any(agents + [repMembers[0]]))
    switch roll(8) {
    case 0, 1, 2, 3:
      try run(.queueJoin(QueueJoin(queueID: QueueID(queue), memberID: MemberID(member)))) {
        $0.join(member, queue)
      }
    case 4 where roll(2) == 0:
      let those = model.queues[queue]?.members.sorted() ?? []
      let member =
        try roll(2) == 0 ? those.randomElement(using: &random) ?? any(agents) : any(repMembers + agents)
      try run(.queueLeave(QueueLeave(queueID: QueueID(queue), memberID: MemberID(member)))) {
        $0.leave(member, queue)
      }
    default:
      let (capacity, seconds, asks) = (1 + roll(3), 10 + roll(300), roll(2) == 0)
      try run(
        .queueUpdate(
          QueueUpdate(
            queueID: QueueID(queue), answerWithinS: seconds, capacity: capacity, dispositionRequired: asks))
      ) {
        $0.rule(queue, capacity: capacity, within: Int64(seconds) * 1_000, asksForOutcome: asks)
        return .done
      }
    }
  }

  /// Somebody leaves the company, or comes back.
  private func rep() throws {
    let rep = try any(reps)
    let active = model.reps[rep] != true || roll(3) > 0
    try run(.repUpdate(RepUpdate(repID: RepID(rep), active: active))) {
      $0.activate(active, rep: rep)
      return .done
    }
  }

  private func number() throws {
    // Nobody owns the contacts of the last two phones.
    let owned = contacts.filter { !phones[4...].contains(model.contacts[$0]?.phone ?? "") }
    let (number, contact, rep) = (try any(Array(numbers[3...])), try any(owned), try any(reps))
    switch roll(4) {
    case 0:
      let holder = roll(3) == 0 ? rep : nil
      try run(
        .numberAssign(
          NumberAssign(number: world.number(number), repID: holder.map { RepID($0) }, home: false))
      ) {
        $0.assign(number: number, to: holder)
        return .done
      }
    case 1:
      let queue = roll(2) == 0 ? try any(queues) : nil
      try run(
        .numberSetQueue(NumberSetQueue(number: world.number(number), queueID: queue.map { QueueID($0) }))
      ) {
        $0.set(queue: queue, of: number)
        return .done
      }
    default:
      let index = try #require(contacts.firstIndex(of: contact))
      let input = ContactInput(ref: "c\(index)", phones: [phones[index % phones.count]], repID: RepID(rep))
      try run(.contactUpsert(ContactUpsert(contacts: [input]))) {
        $0.change(owner: rep, of: contact)
        return .done
      }
    }
  }

  private func absence() throws {
    let rep = try any(reps)
    if roll(3) == 0 {
      let away = model.absences.values.filter(\.inForce).map(\.rep).sorted()
      let rep = roll(3) > 0 ? away.randomElement(using: &random) ?? rep : rep
      return try run(.absenceClear(AbsenceClear(repID: RepID(rep)))) { $0.back(rep) }
    }
    let others = reps.filter { $0 != rep }
    let (delegate, queue) = (maybe(try any(others)), maybe(try any(queues)))
    let starts = world.now + Int64(roll(2) == 0 ? 0 : roll(100_000_000))
    let ends = roll(5) == 0 ? nil : starts + 60_000 + Int64(roll(100_000_000))
    try run(
      .absenceSet(
        AbsenceSet(
          repID: RepID(rep), startsAt: Timestamp(milliseconds: starts),
          endsAt: ends.map { Timestamp(milliseconds: $0) }, delegateRepID: delegate.map { RepID($0) },
          delegateQueueID: delegate == nil ? queue.map { QueueID($0) } : nil))
    ) { model in
      let outcome = model.away(
        absenceCount + 1, rep, from: starts, until: ends, rep: delegate, queue: delegate == nil ? queue : nil)
      if outcome == .done { absenceCount += 1 }
      return outcome
    }
  }

  private func write() throws {
    guard let key = anyThread, case .member(let member) = try anyCaller(for: key), member != manager
    else { return }
    let (id, text) = (try conversation(key), roll(5) == 0 ? "" : "draft \(steps)")
    switch roll(4) {
    case 0, 1:
      let known = model.drafts[.init(member: member, thread: key)]?.revision ?? 0
      let revision = roll(3) == 0 ? nil : max(0, known - (roll(3) == 0 ? 1 : 0))
      try run(.draftPut(DraftPut(conversationID: id, text: text, revision: revision)), .member(member)) {
        $0.draft(key, text, revision: revision, member)
      }
    case 2:
      try run(.leaseHold(LeaseHold(conversationID: id)), .member(member)) { $0.hold(key, member) }
    default:
      try run(.leaseDrop(LeaseDrop(conversationID: id)), .member(member)) {
        $0.drop(key, member)
        return .done
      }
    }
  }

  private func lead() throws {
    let known = model.leads.keys.max() ?? 0
    let lead = Int64(max(1, Int(known) - roll(8)))
    switch roll(6) {
    case 0, 1, 2:
      // The first phone is two contacts'.
      let index = 1 + roll(3)
      let rep = roll(3) == 0 ? try any(reps) : nil
      try run(
        .leadCreate(
          LeadCreate(cellPhone: phones[index], leadSource: "web", repID: rep.map { RepID($0) }))
      ) { $0.lead(known + 1, of: contacts[index], rep: rep) }
    case 3:
      let rep = try any(reps)
      try run(.leadAssign(LeadAssign(leadID: LeadID(lead), repID: RepID(rep)))) {
        $0.assign(lead: lead, to: rep)
      }
    case 4:
      let member = try any(repMembers)
      let open = model.leads.filter { $0.value.state == .open }.keys.sorted()
      let lead = roll(3) > 0 ? open.randomElement(using: &random) ?? lead : lead
      try run(.leadClaim(LeadClaim(leadID: LeadID(lead))), .member(member)) { $0.claim(lead: lead, member) }
    default:
      try run(.leadClose(LeadClose(leadID: LeadID(lead)))) { $0.close(lead: lead) }
    }
  }

  private func campaign() throws {
    let number = try any(numbers)
    let some = contacts.filter { _ in roll(2) == 0 }
    guard !some.isEmpty else { return }
    let reply = try world.reply(
      to: .campaignPlan(
        CampaignPlan(
          from: .number(try world.number(number)), audience: Audience(contactIDs: some.map { ContactID($0) }),
          text: "Hello \(steps)")))
    guard case .success(let json) = reply else {
      return same(0, model.campaign(number, some), "recipients of a refused plan")
    }
    let plan = try ContractJSON.decode(CampaignPlanResult.self, from: json)
    let count = model.campaign(number, some)
    same(plan.recipients, count, "recipients")
    _ = try world.reply(to: .campaignCommit(CampaignCommit(campaignID: plan.campaignID)))
  }

  /// Whatever waits is refused by the carrier, so that no lane grows.
  private func drain() throws {
    for number in numbers {
      for bulk in [false, true] {
        for segment in try world.claim(bulk: bulk, from: number) {
          try world.answer(segment, .ESME_RINVDSTADR)
        }
      }
    }
    _ = world.takeNetwork()
  }

  // MARK: Comparing

  private func compare() throws {
    let store = try world.gateway.store
    let names = Dictionary(
      uniqueKeysWithValues: try store.map("SELECT id, address FROM number") { ($0.int(0), $0.int(1)) })
    func name(_ packed: Int64?) -> String { packed.flatMap { PhoneNumber(packed: $0) }?.description ?? "-" }
    func line(_ what: Any, _ values: [Int64?]) -> String {
      "\(what) " + values.map { $0.map(String.init) ?? "-" }.joined(separator: " ")
    }
    var keys: [Int64: ThreadKey] = [:]
    let owners = try store.map(
      """
      SELECT id, number_id, phone, assigned_rep, assigned_queue, owner_rep, queue_id, absent_rep FROM conversation
      WHERE role = 0
      """
    ) { row in
      let key = ThreadKey(number: name(names[row.int(1)]), phone: name(row.int(2)))
      keys[row.int(0)] = key
      return line(key.text, (3..<8).map { row.intOrNil(Int32($0)) })
    }
    func key(_ conversation: Int64?) -> String { conversation.flatMap { keys[$0] }?.text ?? "-" }
    same(
      "owners", owners,
      model.threads.map { key, thread in
        let owner = thread.owner
        return line(
          key.text, [thread.assignedRep, thread.assignedQueue, owner.rep, owner.queue, owner.absent])
      })
    same(
      "episodes",
      try store.map(
        "SELECT id, conversation_id, queue_id, rep_id, member_id, since, due, state FROM episode WHERE state < 4"
      ) { row in
        line("\(row.int(0)) \(key(row.int(1)))", (2..<8).map { row.intOrNil(Int32($0)) })
      },
      model.episodes.filter { $0.state != .completed }.map { episode in
        line(
          "\(episode.id) \(episode.thread.text)",
          [
            episode.owner.queue, episode.owner.rep, episode.member, episode.since, episode.due,
            episode.state.stored,
          ])
      })
    same(
      "wishes",
      try store.map("SELECT member_id, at, queues FROM wish") { line($0.text(2), [$0.int(0), $0.int(1)]) },
      model.wishes.map { line($1.queues.map(String.init).joined(separator: ","), [$0, $1.at]) })
    same(
      "drafts",
      try store.map("SELECT member_id, conversation_id, text, revision FROM draft") { row in
        line("\(key(row.int(1))) \(row.text(2))", [row.int(0), row.int(3)])
      },
      model.drafts.map { line("\($0.thread.text) \($1.text)", [$0.member, Int64($1.revision)]) })
    same(
      "leads",
      try store.map("SELECT id, state, rep_id, conversation_id FROM lead") { row in
        line(key(row.intOrNil(3)), [row.int(0), row.int(1), row.intOrNil(2)])
      },
      model.leads.map { id, lead in
        line(lead.thread?.text ?? "-", [id, lead.state.stored, lead.rep])
      })
  }

  private func same(_ what: String, _ stored: [String], _ expected: [String]) {
    let (stored, expected) = (Set(stored), Set(expected))
    same(stored.subtracting(expected).sorted(), expected.subtracting(stored).sorted(), what)
  }

  private func same<T: Equatable>(_ stored: T, _ expected: T, _ what: String) {
    guard stored != expected else { return }
    differs = true
    Issue.record("step \(steps), after \(last), \(what): stored \(stored), expected \(expected)")
  }

  /// What each member sees, and how many wait where.
  private func compareViews() throws {
    for member in agents + repMembers + [manager] where model.members[member]?.active == true {
      var seen: Set<ConversationID> = []
      var cursor: PageCursor?
      repeat {
        let page: Page<ConversationView> = try world.ask(
          .conversationList(ConversationList(cursor: cursor)), as: requester(.member(member)))
        seen.formUnion(page.items.map(\.conversationID))
        cursor = page.next
      } while cursor != nil
      let expected = try model.threads.keys.filter { model.sees(.member(member), $0) }.map(conversation)
      same(seen, Set(expected), "what \(MemberID(member)) sees")
    }
    for queue in queues {
      let view: QueueView = try world.ask(.queueGet(QueueGet(queueID: QueueID(queue))))
      let waiting = model.episodes.filter { $0.state == .waiting && $0.owner.queue == queue }
      same(view.depth, waiting.count, "depth")
      same(view.oldestAt?.milliseconds, waiting.map(\.since).min(), "oldest")
    }
  }
}

@Suite(.worlds) struct DeskModelTests {
  /// `TOLLGATE_MODEL_STEPS` asks for more of them.
  private static let steps =
    ProcessInfo.processInfo.environment["TOLLGATE_MODEL_STEPS"].flatMap { Int($0) } ?? 600

  @Test(
    "Owner, sight, order of serving, counts, drafts and leads are what a plain model says, whatever people do"
  )
  func whateverPeopleDoTheModelSaysTheSame() throws {
    var outcomes: [String: Int] = [:]
    for seed in 1...4 {
      let office = try Office(seed: UInt64(seed))
      while office.steps < Self.steps, !office.differs { try office.step() }
      outcomes.merge(office.outcomes) { $0 + $1 }
    }
    // Each method was answered and refused.
    let methods: [Method] = [
      .messageSend, .serveNext, .conversationTake, .conversationRelease, .conversationTransfer,
      .conversationWake, .conversationSnooze, .conversationComplete, .conversationAssign, .queueJoin,
      .queueLeave, .absenceSet, .absenceClear, .draftPut, .leaseHold, .leadAssign, .leadClaim, .leadClose,
    ]
    let lacking = methods.flatMap { ["\($0.rawValue) answered", "\($0.rawValue) refused"] }
      .filter { outcomes[$0] == nil }
    #expect(lacking == [])
  }
}

extension DeskModel.ThreadKey {
  fileprivate var text: String { "\(phone) at \(number)" }
}
