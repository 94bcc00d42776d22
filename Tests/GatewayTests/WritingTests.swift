import Contract
import TestSupport
import Testing

@testable import Gateway

/// Two people never answer over each other, and nothing that one of them wrote is lost.
@Suite(.worlds) struct WritingTests {
  private static let phone = "+12025550110"

  /// A thread that waits in a queue with two supervisors.
  private final class Stage {
    let world: World
    let thread: ConversationID
    let (ana, sue): (Person, Person)

    init() throws {
      world = try World()
      try world.addAnna()
      try world.addNumber(Cast.localNumber)
      thread = try world.wait(WritingTests.phone)
      ana = try world.agent("ana", roles: [.supervisor])
      sue = try world.agent("sue", roles: [.supervisor])
    }

    func text(_ text: String, seen: MessageID? = nil, takeOver: Bool? = nil) throws -> Command {
      .messageSend(
        MessageSend(
          to: .phone(try world.typed(WritingTests.phone)), text: text, seenMessageID: seen, takeOver: takeOver
        ))
    }

    func open(_ person: Person) throws -> ConversationOpenResult {
      try world.ask(.conversationOpen(ConversationOpen(conversationID: thread)), as: person.caller)
    }

    func draft(_ person: Person) throws -> String? {
      let draft = try #require(try open(person).draft)
      #expect((draft.revision == 0) == (draft.updatedAt == nil))
      return draft.text.isEmpty ? nil : draft.text
    }

    func put(_ text: String, _ person: Person) throws {
      let _: DraftView = try world.call(
        .draftPut(DraftPut(conversationID: thread, text: text)), as: person.caller)
    }

    func hold(_ person: Person) throws -> LeaseView {
      try world.call(.leaseHold(LeaseHold(conversationID: thread)), as: person.caller)
    }
  }

  // MARK: Drafts

  @Test func aDraftIsItsMembersAloneAndStaysUntilTheMemberSends() throws {
    let stage = try Stage()
    try stage.put("Good mor", stage.ana)
    try stage.put("Good morning", stage.ana)
    try stage.put("Hm", stage.sue)
    try stage.world.restart()
    #expect(try stage.draft(stage.ana) == "Good morning")
    #expect(try stage.draft(stage.sue) == "Hm")
    let unsigned: ConversationOpenResult = try stage.world.ask(
      .conversationOpen(ConversationOpen(conversationID: stage.thread)))
    #expect(unsigned.draft == nil)
    // Neither a text from the phone nor another's changes it.
    try stage.world.receive("Hello?", from: Self.phone, to: Cast.localNumber, carrier: "alpha")
    let _: MessageSendResult = try stage.world.call(try stage.text("Hi"), as: stage.sue.caller)
    #expect(try stage.draft(stage.ana) == "Good morning" && stage.draft(stage.sue) == nil)
    let _: MessageSendResult = try stage.world.call(try stage.text("Good morning!"), as: stage.ana.caller)
    #expect(try stage.draft(stage.ana) == nil)
  }

  @Test func aDraftThatComesLateBringsNothingBack() throws {
    let stage = try Stage()
    func put(_ text: String, _ revision: Int) -> Command {
      .draftPut(DraftPut(conversationID: stage.thread, text: text, revision: revision))
    }
    let first: DraftView = try stage.world.call(put("Good mor", 0), as: stage.ana.caller)
    #expect(first.revision == 1)
    let second: DraftView = try stage.world.call(put("Good morning", 1), as: stage.ana.caller)
    #expect(second.revision == 2)
    // The same on a second device, which has seen less.
    #expect(try stage.world.refusal(of: put("Good mor", 1), as: stage.ana.caller) == .notSeen)
    let _: MessageSendResult = try stage.world.call(try stage.text("Good morning!"), as: stage.ana.caller)
    for known in 0...2 {
      #expect(try stage.world.refusal(of: put("Good morning", known), as: stage.ana.caller) == .notSeen)
    }
    #expect(try stage.draft(stage.ana) == nil && stage.open(stage.ana).draft?.revision == 3)
    // Whoever sent without a draft is protected alike.
    let _: MessageSendResult = try stage.world.call(try stage.text("Hi"), as: stage.sue.caller)
    #expect(try stage.world.refusal(of: put("Hi", 0), as: stage.sue.caller) == .notSeen)
    let next: DraftView = try stage.world.call(put("And", 3), as: stage.ana.caller)
    #expect(next.revision == 4 && next.text == "And")
  }

  @Test func anEmptyDraftIsNone() throws {
    let stage = try Stage()
    try stage.put("Hi", stage.ana)
    try stage.put(" ", stage.ana)
    #expect(try stage.draft(stage.ana) == nil)
    let long = Command.draftPut(
      DraftPut(conversationID: stage.thread, text: String(repeating: "a", count: 10_001)))
    #expect(try stage.world.code(of: long, as: stage.ana.caller) == .invalidParams)
    let draft = Command.draftPut(DraftPut(conversationID: stage.thread, text: "Hi"))
    #expect(try stage.world.code(of: draft) == .noSession)
    let stranger = try stage.world.signIn("eve", [.agent])
    #expect(try stage.world.code(of: draft, as: stranger.caller) == .notFound)
  }

  // MARK: Two who send

  @Test func whoHasNotSeenTheNewestMessageIsToldAndKeepsTheText() throws {
    let stage = try Stage()
    let world = stage.world
    let seen = try #require(try stage.open(stage.ana).newestMessages.first).messageID
    let first: MessageSendResult = try world.call(try stage.text("Yes", seen: seen), as: stage.ana.caller)
    let late = try stage.text("No", seen: seen)
    #expect(try world.refusal(of: late, as: stage.sue.caller) == .notSeen)
    #expect(try stage.draft(stage.sue) == "No")
    #expect(try world.refusal(of: late) == .notSeen, "an app is told too")
    let _: MessageSendResult = try world.call(
      try stage.text("No", seen: first.messageID), as: stage.sue.caller)
    #expect(try stage.draft(stage.sue) == nil)
    try world.receive("Hello?", from: Self.phone, to: Cast.localNumber, carrier: "alpha")
    #expect(
      try world.refusal(of: try stage.text("Bye", seen: first.messageID), as: stage.ana.caller) == .notSeen)
    #expect(
      try world.code(of: try stage.text("Bye", seen: MessageID(99)), as: stage.ana.caller) == .notFound)
  }

  @Test func whileAMemberWritesAnotherSendsOnlyByTakingOver() throws {
    let stage = try Stage()
    let world = stage.world
    let lease = try stage.hold(stage.ana)
    #expect(lease.memberID == stage.ana.id && lease.heldUntil.milliseconds == world.now + 45_000)
    #expect(try stage.open(stage.sue).lease == lease)
    try world.restart()
    let text = try stage.text("Me first")
    #expect(try world.refusal(of: text, as: stage.sue.caller) == .leased)
    #expect(try stage.draft(stage.sue) == "Me first")
    let hold = Command.leaseHold(LeaseHold(conversationID: stage.thread))
    #expect(try world.refusal(of: hold, as: stage.sue.caller) == .leased)
    let _: MessageSendResult = try world.call(
      try stage.text("Me first", takeOver: true), as: stage.sue.caller)
    #expect(try stage.draft(stage.sue) == nil)
    #expect(try stage.open(stage.sue).lease == nil, "whoever was taken over writes no more")
    _ = try stage.hold(stage.ana)
    // Apps send as before: nobody writes for them.
    let _: MessageSendResult = try world.call(try stage.text("Your table is ready"))
    // Who writes sends, and does not write any more.
    let _: MessageSendResult = try world.call(try stage.text("Hi"), as: stage.ana.caller)
    #expect(try stage.open(stage.sue).lease == nil)
    let _: MessageSendResult = try world.call(text, as: stage.sue.caller)
  }

  @Test func aLeaseEndsByItselfWhenItIsDroppedAndWhenTheClockIsSetBack() throws {
    let stage = try Stage()
    let world = stage.world
    _ = try stage.hold(stage.ana)
    world.now += 30_000
    let lease = try stage.hold(stage.ana)
    world.now += 44_999
    #expect(try stage.open(stage.sue).lease == lease)
    world.now += 1
    #expect(try stage.open(stage.sue).lease == nil)
    #expect(try stage.hold(stage.sue).memberID == stage.sue.id)
    // Another's is not dropped.
    for person in [stage.ana, stage.sue] {
      #expect(try stage.open(stage.ana).lease?.memberID == stage.sue.id)
      let _: Done = try world.call(
        .leaseDrop(LeaseDrop(conversationID: stage.thread)), as: person.caller)
    }
    #expect(try stage.open(stage.ana).lease == nil)
    _ = try stage.hold(stage.sue)
    world.now -= 60_000
    #expect(try stage.open(stage.ana).lease == nil)
  }

  @Test func aLeaseEndsWhereTheThreadChangesHandsAndIsHeldOnlyByWhoMayAnswer() throws {
    let world = try World()
    try world.addNumber(Cast.localNumber)
    let thread = try world.wait(Self.phone)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    func hold(_ person: Person) -> Command { .leaseHold(LeaseHold(conversationID: thread)) }
    #expect(try world.serve(ana).conversation?.conversationID == thread)
    let _: LeaseView = try world.call(hold(ana), as: ana.caller)
    let _: EpisodeChange = try world.call(
      .conversationTransfer(ConversationTransfer(conversationID: thread, memberID: ben.id)), as: ana.caller)
    let _: LeaseView = try world.call(hold(ben), as: ben.caller)
    // Ana sees the thread no more, and lets go all the same: of nothing that is another's.
    let _: Done = try world.call(.leaseDrop(LeaseDrop(conversationID: thread)), as: ana.caller)
    let screen: ConversationOpenResult = try world.ask(
      .conversationOpen(ConversationOpen(conversationID: thread)), as: ben.caller)
    #expect(screen.lease?.memberID == ben.id)
    let _: EpisodeChange = try world.call(
      .conversationComplete(ConversationComplete(conversationID: thread)), as: ben.caller)
    #expect(try world.code(of: hold(ben), as: ben.caller) == .forbidden)
  }

  @Test func aLeaseEndsWithANewOwnerAndStaysWithTheSameOne() throws {
    let stage = try Stage()
    let world = stage.world
    let lease = try stage.hold(stage.ana)
    func assign(queue: QueueID) throws -> ConversationView {
      try world.call(.conversationAssign(ConversationAssign(conversationID: stage.thread, queueID: queue)))
    }
    _ = try assign(queue: QueueID(1))
    #expect(try stage.open(stage.sue).lease == lease)
    let other: QueueView = try world.call(.queueAdd(QueueAdd(name: "Other")))
    _ = try assign(queue: other.queueID)
    let screen: ConversationOpenResult = try world.ask(
      .conversationOpen(ConversationOpen(conversationID: stage.thread)))
    #expect(screen.lease == nil)
  }

  @Test func aRefusedTextReplacesNoDraftAndANoticeRemovesNone() throws {
    let stage = try Stage()
    let world = stage.world
    let seen = try #require(try stage.open(stage.ana).newestMessages.first).messageID
    let _: MessageSendResult = try world.call(try stage.text("Yes"), as: stage.ana.caller)
    try stage.put("newer words", stage.sue)
    #expect(try world.refusal(of: try stage.text("older", seen: seen), as: stage.sue.caller) == .notSeen)
    #expect(try stage.draft(stage.sue) == "newer words")
    let notice = MessageSend(
      to: .phone(try world.typed(Self.phone)), text: "Office closed", class: .notice)
    let _: MessageSendResult = try world.call(.messageSend(notice), as: stage.sue.caller)
    #expect(try stage.draft(stage.sue) == "newer words")
  }

  // MARK: Notes and the screen

  @Test func aNoteIsForColleaguesAndNoTextOfItLeaves() throws {
    let stage = try Stage()
    let world = stage.world
    let note: NoteView = try world.call(
      .noteAdd(NoteAdd(conversationID: stage.thread, text: "Wants a call")), as: stage.ana.caller)
    #expect(note.memberID == stage.ana.id)
    let app: NoteView = try world.call(.noteAdd(NoteAdd(conversationID: stage.thread, text: "VIP")))
    #expect(app.memberID == nil)
    #expect(try stage.open(stage.sue).newestNotes == [app, note])
    #expect(try world.claim().isEmpty)
    #expect(
      try world.stored("SELECT count(*) FROM message WHERE text LIKE '%call%' OR text LIKE '%VIP%'") == 0)
    let stranger = try world.signIn("eve", [.agent])
    let notes: Page<NoteView> = try world.ask(.noteList(NoteList()), as: stranger.caller)
    #expect(notes.items.isEmpty)
    let long = Command.noteAdd(
      NoteAdd(conversationID: stage.thread, text: String(repeating: "a", count: 1_001)))
    #expect(try world.code(of: long) == .invalidParams)
  }

  @Test func aScreenHasTheNewestMessagesAndSaysWhereTheOlderOnesAre() throws {
    let stage = try Stage()
    let world = stage.world
    for index in 0..<40 {
      world.now += 1_000
      try world.wait(Self.phone, "Text \(index)")
    }
    let contact = try world.addContact(Self.phone)
    let _: QueueView = try world.call(
      .queueUpdate(
        QueueUpdate(
          queueID: QueueID(1), dispositions: [DispositionChoice(disposition: "sold", label: "Sold")])))
    let screen = try stage.open(stage.ana)
    #expect(screen.newestMessages.count == 30 && screen.newestMessages.first?.text == "Text 39")
    #expect(screen.knownContacts.map(\.contactID) == [contact])
    #expect(screen.dispositions.map(\.disposition) == ["sold"])
    let older: Page<MessageView> = try world.ask(
      .conversationMessages(ConversationMessages(conversationID: stage.thread, cursor: screen.next)),
      as: stage.ana.caller)
    #expect(older.items.count == 11 && older.items.first?.text == "Text 9")
    let stranger = try world.signIn("eve", [.agent])
    #expect(throws: APIError.self) { try stage.open(stranger) }
  }

  @Test func aLargeScreenFitsIntoALine() throws {
    let stage = try Stage()
    let world = stage.world
    for index in 0..<30 {
      world.now += 1_000
      let _: NoteView = try world.call(
        .noteAdd(
          NoteAdd(conversationID: stage.thread, text: "\(index)" + String(repeating: "\u{1}", count: 900))))
      let _: MessageSendResult = try world.call(
        try stage.text("\(index)" + String(repeating: "€\"", count: 500)))
    }
    let attributes = Dictionary(
      uniqueKeysWithValues: (0..<60).map { ("a\($0)", String(repeating: "x", count: 1_000)) })
    for index in 0..<12 {
      let _: ContactUpsertResult = try world.call(
        .contactUpsert(
          ContactUpsert(contacts: [
            ContactInput(ref: "r\(index)", phones: [Self.phone], attributes: attributes)
          ])))
    }
    func octets() throws -> Int { try ContractJSON.encode(try stage.open(stage.ana)).count }
    let screen = try stage.open(stage.ana)
    #expect(screen.newestMessages.count > 10 && screen.next != nil)
    #expect(screen.newestNotes.count == 7 && screen.knownContacts.count == 1)
    #expect(try octets() < 190_000)
    // The worst of everything.
    try stage.put(String(repeating: "\u{1}", count: 10_000), stage.ana)
    let _: QueueView = try world.call(
      .queueUpdate(
        QueueUpdate(
          queueID: QueueID(1),
          dispositions: (0..<50).map {
            DispositionChoice(
              disposition: "\($0)" + String(repeating: "\u{1}", count: 62),
              label: String(repeating: "\u{1}", count: 200))
          })))
    #expect(try octets() < LineScanner.maximumLine)
  }
}
