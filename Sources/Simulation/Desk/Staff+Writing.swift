import CarrierSimulator
import Contract
import Gateway
import SocketServer

/// Orders about what people write beside what they send, and about two who write in one thread.
extension Staff {
  /// A member in a thread.
  struct WriterKey: Hashable {
    var member: MemberID
    var conversation: ConversationID
  }

  /// What one member writes and sends in one thread.
  struct Writing {
    /// Calls that were given, and those of them without an answer.
    var (given, open) = (0, 0)
  }

  /// A call that changes a member's draft. What it leaves can be said only where no other is under way.
  private func change(
    _ key: WriterKey, _ command: Command, as caller: Caller,
    _ then: @escaping (_ outcome: Result<[UInt8], APIError>, _ isStill: @escaping () -> Bool) -> Void
  ) {
    let isAlone = writing[key, default: Writing()].open == 0
    writing[key, default: Writing()].given += 1
    writing[key, default: Writing()].open += 1
    let turn = writing[key]?.given
    world.desk.give(command, as: caller) { [unowned self] outcome in
      writing[key, default: Writing()].open -= 1
      then(outcome) { [unowned self] in isAlone && writing[key]?.given == turn }
    }
  }

  func write(_ method: Method) {
    switch method {
    case .noteAdd:
      withServed { [unowned self] conversation, person, caller in
        made += 1
        let text = "note \(made)"
        act(.noteAdd(NoteAdd(conversationID: conversation, text: text, idempotencyKey: newKey())), as: caller)
        { [unowned self] json in
          guard let note = decoded(NoteView.self, json, .noteAdd) else { return }
          if note.text != text || note.memberID != person.id || note.conversationID != conversation {
            world.witness.violated("writing", "\(text) in \(conversation) is answered with \(note)")
          }
        }
      }
    case .draftPut:
      withServed { [unowned self] conversation, person, caller in draft(in: conversation, person, caller) }
    case .templatePut: putTemplate { _ in }
    case .templateRemove:
      putTemplate { [unowned self] template in
        templates.removeAll { $0 == template }
        ask(.templateRemove(TemplateRemove(templateID: template, idempotencyKey: newKey())))
      }
    case .leaseHold: withServed { [unowned self] in twoWrite(in: $0, $1, $2, drops: false) }
    default: withServed { [unowned self] in twoWrite(in: $0, $1, $2, drops: true) }
    }
  }

  func writeInVain(_ method: Method) {
    let thread = ConversationID(1 << 40)
    let known = pick(world.witness.conversations) ?? thread
    askInVain(method) { key in
      switch method {
      case .noteAdd: .noteAdd(NoteAdd(conversationID: known, text: " ", idempotencyKey: key))
      // Nobody's: the operator acts for no member.
      case .draftPut: .draftPut(DraftPut(conversationID: known, text: "Hm", idempotencyKey: key))
      case .templatePut:
        .templatePut(TemplatePut(name: "In vain", text: "Hi {{first name}}", idempotencyKey: key))
      case .templateRemove:
        .templateRemove(TemplateRemove(templateID: TemplateID(1 << 40), idempotencyKey: key))
      case .leaseHold: .leaseHold(LeaseHold(conversationID: known))
      default: .leaseDrop(LeaseDrop(conversationID: thread))
      }
    }
  }

  // MARK: Templates

  private func putTemplate(_ then: @escaping (TemplateID) -> Void) {
    made += 1
    let (name, text) = ("template \(made % 5)", "Hello {{first_name}}, \(made)")
    let put = TemplatePut(name: name, text: text, defaults: ["first_name": "you"], idempotencyKey: newKey())
    ask(.templatePut(put)) { [unowned self] json in
      guard let view = decoded(TemplateView.self, json, .templatePut) else { return }
      if view.name != name || view.text != text {
        world.witness.violated("writing", "\(name) is kept as \(view)")
      }
      if !templates.contains(view.templateID) { templates.append(view.templateID) }
      then(view.templateID)
    }
  }

  // MARK: Drafts

  /// A draft that was acknowledged is what the next reading gives, whatever crashed in between.
  private func draft(in conversation: ConversationID, _ person: Person, _ caller: Caller) {
    made += 1
    let text = random.happens(0.8) ? "draft \(made)" : " "
    let later = milliseconds(0, 5_000)
    let key = WriterKey(member: person.id, conversation: conversation)
    let put = DraftPut(conversationID: conversation, text: text, idempotencyKey: newKey())
    change(key, .draftPut(put), as: caller) { [unowned self] outcome, isStill in
      switch outcome {
      case .success(let json):
        guard let view = decoded(DraftView.self, json, .draftPut) else { return }
        after(later) { [unowned self] in
          if random.happens(0.3) { putLate(view, caller) }
          if isStill() { check(draft: text == " " ? nil : text, in: conversation, caller) }
        }
      case .failure(let error) where [.notFound, .noSession].contains(error.code): break
      case .failure(let error): world.witness.violated("commands", "draft.put: \(error)")
      }
    }
  }

  /// A copy of an older draft that comes late changes nothing.
  private func putLate(_ view: DraftView, _ caller: Caller) {
    let late = DraftPut(
      conversationID: view.conversationID, text: "late", revision: view.revision - 1,
      idempotencyKey: newKey())
    world.desk.give(.draftPut(late), as: caller) { [unowned self] outcome in
      switch outcome {
      case .success:
        world.witness.violated("writing", "a draft of revision \(view.revision) is replaced by an older one")
      case .failure(let error) where error.refusal == .notSeen: break
      case .failure(let error) where [.notFound, .noSession].contains(error.code): break
      case .failure(let error): world.witness.violated("commands", "draft.put: \(error)")
      }
    }
  }

  private func check(draft: String?, in conversation: ConversationID, _ caller: Caller) {
    guard world.isUp, let queries = world.makeQueries(), let screen = screen(conversation, caller, queries)
    else { return }
    if screen.draft?.text != draft ?? "" {
      world.witness.violated(
        "writing", "the draft in \(conversation) is \(screen.draft?.text ?? "none"), not \(draft ?? "none")")
    }
  }

  /// A refused text is a draft, or there was a newer one.
  private func checkKept(in conversation: ConversationID, _ caller: Caller) {
    guard world.isUp, let queries = world.makeQueries(), let screen = screen(conversation, caller, queries)
    else { return }
    if screen.draft?.text.isEmpty ?? true {
      world.witness.violated("writing", "a refused text in \(conversation) is lost")
    }
  }

  /// nil where the member may not see the thread any more, or is signed out.
  private func screen(_ conversation: ConversationID, _ caller: Caller, _ queries: Queries)
    -> ConversationOpenResult?
  {
    let requester = Requester(role: caller.role.name, uid: caller.userID, session: caller.session)
    return world.patiently {
      do {
        let query = Query.conversationOpen(ConversationOpen(conversationID: conversation))
        let json = try queries.answer(query, for: requester)
        return try ContractJSON.decode(ConversationOpenResult.self, from: json)
      } catch let error as APIError where [.notFound, .noSession].contains(error.code) {
        return nil
      }
    } ?? nil
  }

  // MARK: Two who write

  /// A supervisor writes in the thread that an agent was served. Until that ends, the agent's text is refused and kept.
  private func twoWrite(
    in conversation: ConversationID, _ agent: Person, _ caller: Caller, drops: Bool
  ) {
    guard let queries = world.isUp ? world.makeQueries() : nil,
      let thread = screen(conversation, caller, queries)?.conversation
    else { return }
    made += 1
    let text = Desk.text("n\(made)", parts: 1)
    let takesOver = random.happens(0.3)
    let newest = world.ledger.newest
    withAgent(.supervisor) { [unowned self] supervisor, other in
      act(.leaseHold(LeaseHold(conversationID: conversation)), as: other) { [unowned self] json in
        guard let lease = decoded(LeaseView.self, json, .leaseHold) else { return }
        if lease.memberID != supervisor.id || lease.conversationID != conversation {
          world.witness.violated("writing", "\(supervisor.id) holds \(lease)")
        }
        func send() {
          self.send(
            text, into: thread, agent, caller,
            against: drops || takesOver ? nil : (lease, newest, leaseDrops), takesOver: takesOver)
        }
        guard drops else { return send() }
        leaseDrops += 1
        act(.leaseDrop(LeaseDrop(conversationID: conversation)), as: other) { _ in send() }
      }
    }
  }

  private func send(
    _ text: String, into thread: ConversationView, _ agent: Person, _ caller: Caller,
    against held: (lease: LeaseView, newest: Int64, drops: Int)?, takesOver: Bool
  ) {
    let conversation = thread.conversationID
    let key = WriterKey(member: agent.id, conversation: conversation)
    let (asked, wall) = (world.clock.now, world.clock.wallMilliseconds)
    let command = MessageSend(
      from: .number(thread.number), to: .phone(TypedPhone(thread.phone)), text: text,
      idempotencyKey: newKey(), takeOver: takesOver ? true : nil)
    change(key, .messageSend(command), as: caller) { [unowned self] outcome, isStill in
      let passed = (world.clock.now - asked).wholeMilliseconds
      let wallPassed = world.clock.wallMilliseconds - wall
      // The lease has not run out, and the clock was not set.
      let isRunning = abs(passed - wallPassed) < 50
      switch outcome {
      case .success(let json):
        guard let sent = decoded(MessageSendResult.self, json, .messageSend) else { return }
        // Nor was any lease given up meanwhile.
        if let held, isRunning, world.clock.wallMilliseconds < held.lease.heldUntil.milliseconds,
          leaseDrops == held.drops
        {
          world.witness.sentAgainstLease(sent.messageID, in: conversation, after: held.newest)
        }
        sendUnaware(of: sent, in: thread, key, caller)
      case .failure(let error) where error.refusal == .leased:
        if takesOver { world.witness.violated("writing", "taking over \(conversation): \(error)") }
        if isStill() { checkKept(in: conversation, caller) }
      case .failure(let error): check(sending: error)
      }
    }
  }

  private func check(sending error: APIError) {
    guard [.refused, .notFound, .noSession, .forbidden].contains(error.code) else {
      return world.witness.violated("commands", "message.send: \(error)")
    }
  }

  /// Two texts of somebody who has seen the same message: the second is refused.
  private func sendUnaware(
    of seen: MessageSendResult, in thread: ConversationView, _ key: WriterKey, _ caller: Caller,
    isSecond: Bool = false
  ) {
    made += 1
    let text = Desk.text("n\(made)", parts: 1)
    let command = MessageSend(
      from: .number(thread.number), to: .phone(TypedPhone(thread.phone)), text: text,
      idempotencyKey: newKey(), seenMessageID: seen.messageID)
    change(key, .messageSend(command), as: caller) { [unowned self] outcome, isStill in
      switch outcome {
      case .success where isSecond:
        world.witness.violated(
          "writing", "\(text) was sent without knowing of what came behind \(seen.messageID)")
      case .success: sendUnaware(of: seen, in: thread, key, caller, isSecond: true)
      case .failure(let error) where error.refusal == .notSeen:
        if isStill() { checkKept(in: key.conversation, caller) }
      case .failure(let error): check(sending: error)
      }
    }
  }
}
