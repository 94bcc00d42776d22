import CarrierSimulator
import Contract
import Gateway
import SocketServer

/// Orders about queues, and people who answer them.
extension Staff {
  private static let line = QueueID(1)
  private static let outcome = DispositionChoice(disposition: "done", label: "Done")

  /// A call in somebody's session. What is called may have changed meanwhile, and the session may have ended.
  func act(_ command: Command, as caller: Caller, _ then: @escaping ([UInt8]) -> Void = { _ in }) {
    world.desk.give(command, as: caller) { [unowned self] outcome in
      switch outcome {
      case .success(let json): then(json)
      case .failure(let error) where [.refused, .notFound, .noSession].contains(error.code): break
      case .failure(let error): world.witness.violated("commands", "\(command.method): \(error)")
      }
    }
  }

  /// Somebody who is signed in, answers the default queue and is there.
  func withAgent(_ role: MemberRole = .agent, _ then: @escaping (Person, Caller) -> Void) {
    let there = people.filter { $0.role == role && !$0.sessions.isEmpty }
    if let person = pick(there), let session = pick(person.sessions), random.happens(0.7) {
      return then(person, Self.page(in: session.token))
    }
    addMember(role) { [unowned self] person in
      enrol(person) { [unowned self] person in
        guard let session = person.sessions.last else { return }
        ask(.queueJoin(QueueJoin(queueID: Self.line, memberID: person.id, idempotencyKey: newKey()))) {
          [unowned self] _ in
          ask(
            .memberPresence(
              MemberPresence(memberID: person.id, presence: .available, idempotencyKey: newKey()))
          ) { _ in then(person, Self.page(in: session.token)) }
        }
      }
    }
  }

  /// A thread that waits in the default queue, if it has work.
  private func putInLine(_ then: @escaping (ConversationID) -> Void) {
    guard let conversation = pick(world.witness.conversations) else { return }
    ask(
      .conversationAssign(
        ConversationAssign(conversationID: conversation, queueID: Self.line, idempotencyKey: newKey()))
    ) { _ in then(conversation) }
  }

  /// Somebody has a thread of the queue.
  func withServed(_ then: @escaping (ConversationID, Person, Caller) -> Void) {
    withAgent { [unowned self] person, caller in
      // Not every thread has work.
      for _ in 0..<3 { putInLine { _ in } }
      putInLine { [unowned self] _ in
        act(.serveNext(ServeNext(idempotencyKey: newKey())), as: caller) { [unowned self] json in
          guard let serving = decoded(ServingView.self, json, .serveNext) else { return }
          check(serving, person)
          if let conversation = serving.episode?.conversationID { then(conversation, person, caller) }
        }
      }
    }
  }

  private func check(_ serving: ServingView, _ person: Person) {
    guard let episode = serving.episode else { return }
    // An answer that is given again tells of then.
    if episode.state != .toAnswer || episode.memberID != person.id || episode.queueID == nil {
      world.witness.violated("serving", "\(person.id) was served \(episode)")
    }
    checkWait(in: episode)
  }

  /// The wait of whoever was served is explained without a gap, and ends with a serve.
  private func checkWait(in episode: EpisodeView) {
    guard world.isUp, let queries = world.makeQueries(),
      let json = world.patiently({
        try queries.answer(
          .conversationWhy(
            ConversationWhy(conversationID: episode.conversationID, episodeID: episode.episodeID)),
          for: Simulation.admin)
      }), let story = decoded(ConversationWhyResult.self, json, .conversationWhy)
    else { return }
    let gap = zip(story.waits, story.waits.dropFirst()).first { $0.endedAt != $1.startedAt }
    if let gap {
      world.witness.violated("why", "\(episode.episodeID): nothing explains \(gap.0) to \(gap.1)")
    }
    let isWhole =
      story.earlierCount > 0 || story.waits.first.map { $0.startedAt == episode.createdAt } ?? true
    if !isWhole || story.waits.contains(where: { $0.ms <= 0 }) || story.serves.isEmpty {
      world.witness.violated("why", "\(episode.episodeID) is explained by \(story)")
    }
  }

  private func endsAs(_ state: EpisodeState, _ json: [UInt8], _ method: Method) {
    guard let change = decoded(EpisodeChange.self, json, method) else { return }
    if change.episode.state != state {
      world.witness.violated("serving", "\(method) left \(change.episode), not \(state)")
    }
  }

  func workInQueues(_ method: Method) {
    switch method {
    case .queueAdd:
      made += 1
      ask(
        .queueAdd(
          QueueAdd(name: "Queue \(made)", capacity: 2, dispositions: [Self.outcome], idempotencyKey: newKey())
        )
      ) { [unowned self] json in
        guard let queue = decoded(QueueView.self, json, .queueAdd) else { return }
        if !queues.contains(queue.queueID) { queues.append(queue.queueID) }
      }
    case .queueUpdate:
      ask(
        .queueUpdate(
          QueueUpdate(
            queueID: pick(queues) ?? Self.line, answerWithinS: Int(random.within(10, 40)),
            capacity: Int(random.within(1, 6)), dispositionRequired: random.happens(0.2),
            dispositions: [Self.outcome], idempotencyKey: newKey())))
    case .queueJoin:
      withAgent { [unowned self] person, _ in
        ask(
          .queueJoin(
            QueueJoin(queueID: pick(queues) ?? Self.line, memberID: person.id, idempotencyKey: newKey())))
      }
    case .queueLeave:
      withAgent { [unowned self] person, _ in
        ask(.queueLeave(QueueLeave(queueID: Self.line, memberID: person.id, idempotencyKey: newKey())))
      }
    case .memberPresence:
      withAgent { [unowned self] _, caller in
        guard let presence = pick(Presence.allCases) else { return }
        act(.memberPresence(MemberPresence(presence: presence, idempotencyKey: newKey())), as: caller)
      }
    case .numberSetQueue:
      guard let number = anyNumber else { return }
      ask(
        .numberSetQueue(NumberSetQueue(number: number, queueID: pick(queues), idempotencyKey: newKey())))
    case .serveNext: withServed { _, _, _ in }
    case .serveWithdraw:
      withAgent { [unowned self] _, caller in
        act(.serveNext(ServeNext(idempotencyKey: newKey())), as: caller) { [unowned self] _ in
          act(.serveWithdraw(ServeWithdraw()), as: caller)
        }
      }
    default: workInThread(method)
    }
  }

  private func workInThread(_ method: Method) {
    switch method {
    case .conversationTake:
      withAgent(.supervisor) { [unowned self] person, caller in
        putInLine { [unowned self] conversation in
          act(
            .conversationTake(ConversationTake(conversationID: conversation, idempotencyKey: newKey())),
            as: caller
          ) { [unowned self] in endsAs(.toAnswer, $0, method) }
        }
      }
    case .conversationRelease:
      withServed { [unowned self] conversation, _, caller in
        act(
          .conversationRelease(ConversationRelease(conversationID: conversation, idempotencyKey: newKey())),
          as: caller)
      }
    case .conversationTransfer:
      withServed { [unowned self] conversation, person, caller in
        let queue = random.happens(0.5) ? pick(queues) : nil
        act(
          .conversationTransfer(
            ConversationTransfer(
              conversationID: conversation, memberID: queue == nil ? person.id : nil, queueID: queue,
              idempotencyKey: newKey())), as: caller)
      }
    case .conversationSnooze, .conversationWake:
      withServed { [unowned self] conversation, _, caller in
        let due = Timestamp(milliseconds: world.clock.wallMilliseconds + random.within(1_000, 20_000))
        act(
          .conversationSnooze(
            ConversationSnooze(
              conversationID: conversation, dueAt: due, keep: random.happens(0.5), idempotencyKey: newKey())),
          as: caller
        ) { [unowned self] json in
          endsAs(.snoozed, json, .conversationSnooze)
          guard method == .conversationWake else { return }
          act(
            .conversationWake(ConversationWake(conversationID: conversation, idempotencyKey: newKey())),
            as: caller)
        }
      }
    case .conversationComplete:
      withServed { [unowned self] conversation, _, caller in
        act(
          .conversationComplete(
            ConversationComplete(
              conversationID: conversation, serveNext: random.happens(0.5), idempotencyKey: newKey())),
          as: caller
        ) { [unowned self] in endsAs(.completed, $0, method) }
      }
    default:
      ask(
        .queueUpdate(
          QueueUpdate(queueID: Self.line, dispositions: [Self.outcome], idempotencyKey: newKey()))
      ) { [unowned self] _ in
        withServed { [unowned self] conversation, _, caller in
          act(
            .dispositionAdd(
              DispositionAdd(conversationID: conversation, disposition: "done", idempotencyKey: newKey())),
            as: caller)
        }
      }
    }
  }

  // MARK: In vain

  /// Who says to be away is not served.
  private func askToBeServedInVain() {
    withAgent { [unowned self] _, caller in
      act(.memberPresence(MemberPresence(presence: .away, idempotencyKey: newKey())), as: caller) {
        [unowned self] _ in
        askInVain(.serveNext, as: caller) { .serveNext(ServeNext(idempotencyKey: $0)) }
      }
    }
  }

  func workInVain(_ method: Method) {
    let thread = ConversationID(1 << 40)
    let (nobody, nothing) = (MemberID(1 << 40), QueueID(1 << 40))
    guard let number = address(0) else { return }
    if method == .serveNext, random.happens(0.5) { return askToBeServedInVain() }
    askInVain(method) { [unowned self] key in
      switch method {
      case .queueAdd: .queueAdd(QueueAdd(name: "Default", idempotencyKey: key))
      case .queueUpdate: .queueUpdate(QueueUpdate(queueID: nothing, name: "Q", idempotencyKey: key))
      case .queueJoin: .queueJoin(QueueJoin(queueID: Self.line, memberID: nobody, idempotencyKey: key))
      case .queueLeave: .queueLeave(QueueLeave(queueID: Self.line, memberID: nobody, idempotencyKey: key))
      case .memberPresence:
        .memberPresence(MemberPresence(memberID: nobody, presence: .available, idempotencyKey: key))
      case .numberSetQueue:
        .numberSetQueue(NumberSetQueue(number: number, queueID: nothing, idempotencyKey: key))
      case .serveNext: .serveNext(ServeNext(idempotencyKey: key))
      case .serveWithdraw: .serveWithdraw(ServeWithdraw())
      case .conversationTake: .conversationTake(ConversationTake(conversationID: thread, idempotencyKey: key))
      case .conversationRelease:
        .conversationRelease(ConversationRelease(conversationID: thread, idempotencyKey: key))
      case .conversationTransfer:
        .conversationTransfer(
          ConversationTransfer(conversationID: thread, queueID: Self.line, idempotencyKey: key))
      case .conversationSnooze:
        .conversationSnooze(
          ConversationSnooze(
            conversationID: pick(world.witness.conversations) ?? thread, dueAt: Timestamp(milliseconds: 1),
            idempotencyKey: key))
      case .conversationWake: .conversationWake(ConversationWake(conversationID: thread, idempotencyKey: key))
      case .conversationComplete:
        .conversationComplete(ConversationComplete(conversationID: thread, idempotencyKey: key))
      default:
        .dispositionAdd(
          DispositionAdd(conversationID: thread, disposition: "no such", idempotencyKey: key))
      }
    }
  }
}
