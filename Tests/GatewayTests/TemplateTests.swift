import Contract
import TestSupport
import Testing

@testable import Gateway

/// A template is filled in for the contact it is for, and never with a gap.
@Suite(.worlds) struct TemplateTests {
  private static let phone = "+12025550110"

  private func company() throws -> (World, RepID, ConversationID) {
    let world = try World()
    let anna = try world.addAnna()
    try world.receive("Hello", from: Self.phone, to: Cast.annasNumber)
    return (world, anna, ConversationID(1))
  }

  private func put(
    _ world: World, _ name: String, _ text: String, defaults: [String: String]? = nil,
    queue: QueueID? = nil, rep: RepID? = nil, id: TemplateID? = nil, as caller: Requester = World.admin
  ) throws -> TemplateView {
    try world.call(
      .templatePut(
        TemplatePut(
          templateID: id, name: name, text: text, defaults: defaults, queueID: queue, repID: rep)), as: caller
    )
  }

  private func render(
    _ world: World, _ template: TemplateID, _ conversation: ConversationID, as caller: Requester = World.admin
  ) throws -> String {
    let result: TemplateRenderResult = try world.ask(
      .templateRender(TemplateRender(templateID: template, conversationID: conversation)), as: caller)
    return result.text
  }

  @Test func aTemplateIsFilledInForTheContactAndAMissingFieldIsAnErrorWithoutADefault() throws {
    let (world, _, conversation) = try company()
    let hello = try put(world, "hello", "Hi {{first_name}}, {{rep_name}} here about {{unit}}.")
    #expect(throws: APIError.self) { try render(world, hello.templateID, conversation) }
    let _: ContactUpsertResult = try world.call(
      .contactUpsert(
        ContactUpsert(contacts: [
          ContactInput(phones: [Self.phone], firstName: "Mia", attributes: ["unit": "4B"])
        ])))
    #expect(try render(world, hello.templateID, conversation) == "Hi Mia, Anna here about 4B.")
    let asking = try put(world, "asking", "{{last_name}}: {{pet}}?")
    do {
      _ = try render(world, asking.templateID, conversation)
      Issue.record("a gap")
    } catch let error as APIError {
      #expect(error.refusal == .missingField && error.message.contains("last_name"))
    }
    let again = try put(
      world, "ASKING", "{{last_name}}: {{pet}}?", defaults: ["last_name": "You", "pet": "dog"])
    #expect(again.templateID == asking.templateID && again.name == "ASKING")
    #expect(try render(world, asking.templateID, conversation) == "You: dog?")
  }

  @Test func whatIsSentFromATemplateKeepsItsIDInListsAndEvents() throws {
    let (world, _, _) = try company()
    let hello = try put(world, "hello", "Hi")
    let sent: MessageSendResult = try world.call(
      .messageSend(
        MessageSend(to: .phone(try world.typed(Self.phone)), text: "Hi!", templateID: hello.templateID)))
    let queued = try #require(
      try world.events().compactMap { event -> MessageQueued? in
        if case .messageQueued(let queued) = event { queued } else { nil }
      }.last)
    #expect(queued.templateID == hello.templateID)
    let _: Done = try world.call(.templateRemove(TemplateRemove(templateID: hello.templateID)))
    let view: MessageView = try world.ask(.messageGet(MessageGet(messageID: sent.messageID)))
    #expect(view.templateID == hello.templateID && view.text == "Hi!")
    // One that was removed while somebody wrote refuses nobody's text; one that never was is a mistake.
    func send(_ template: TemplateID) throws -> Command {
      .messageSend(
        MessageSend(to: .phone(try world.typed(Self.phone)), text: "Hi!", templateID: template))
    }
    let _: MessageSendResult = try world.call(try send(hello.templateID))
    #expect(try world.code(of: try send(TemplateID(99))) == .notFound)
  }

  @Test func aTemplateIsForAllForAQueueOrForARepAndChangedByThoseAlone() throws {
    let (world, anna, conversation) = try company()
    let rep = try world.signIn("anna", [.rep], rep: anna)
    let (agent, sue) = (try world.agent("ana"), try world.agent("sue", roles: [.supervisor]))
    let all = try put(world, "hello", "Hi")
    let queues = try put(world, "hello", "Hello", queue: QueueID(1), as: sue.caller)
    let own = try put(world, "hello", "Hey", rep: anna, as: rep.caller)
    #expect(Set([all.templateID, queues.templateID, own.templateID]).count == 3, "one name for each")
    func seen(_ person: Person) throws -> [TemplateID] {
      let page: Page<TemplateView> = try world.ask(.templateList(TemplateList()), as: person.caller)
      return page.items.map(\.templateID)
    }
    #expect(try seen(rep) == [all.templateID, own.templateID])
    #expect(try seen(agent) == [all.templateID, queues.templateID] && seen(sue) == seen(agent))
    let screen: ConversationOpenResult = try world.ask(
      .conversationOpen(ConversationOpen(conversationID: conversation)), as: rep.caller)
    #expect(screen.templates.map(\.templateID) == [own.templateID, all.templateID], "the own ones first")
    // An agent who had the thread sees nothing of what its rep keeps.
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: conversation, queueID: QueueID(1))))
    #expect(try world.serve(agent).conversation?.conversationID == conversation)
    let _: EpisodeChange = try world.call(
      .conversationComplete(ConversationComplete(conversationID: conversation)), as: agent.caller)
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: conversation, repID: anna)))
    let after: ConversationOpenResult = try world.ask(
      .conversationOpen(ConversationOpen(conversationID: conversation)), as: agent.caller)
    #expect(after.templates.map(\.templateID) == [all.templateID])
    func code(_ person: Person, _ params: TemplatePut) throws -> ErrorCode? {
      try world.code(of: .templatePut(params), as: person.caller)
    }
    #expect(try code(rep, TemplatePut(name: "x", text: "Hi")) == .forbidden)
    #expect(try code(rep, TemplatePut(name: "x", text: "Hi", queueID: QueueID(1))) == .forbidden)
    #expect(try code(sue, TemplatePut(name: "x", text: "Hi", queueID: QueueID(9))) == .forbidden)
    #expect(try code(agent, TemplatePut(name: "x", text: "Hi", queueID: QueueID(1))) == .forbidden)
    #expect(
      try code(rep, TemplatePut(templateID: all.templateID, name: "x", text: "Hi", repID: anna)) == .forbidden
    )
    #expect(
      try code(rep, TemplatePut(templateID: queues.templateID, name: "x", text: "Hi", repID: anna))
        == .notFound)
    #expect(throws: APIError.self) { try render(world, queues.templateID, conversation, as: rep.caller) }
  }

  @Test func whatCannotBeATemplateIsRefused() throws {
    let (world, anna, _) = try company()
    func refusal(_ params: TemplatePut) throws -> Refusal? { try world.refusal(of: .templatePut(params)) }
    func code(_ params: TemplatePut) throws -> ErrorCode? { try world.code(of: .templatePut(params)) }
    #expect(try refusal(TemplatePut(name: "a", text: " ")) == .emptyText)
    #expect(try refusal(TemplatePut(name: "a", text: "Hi {{first name}}")) == .invalidField)
    #expect(try refusal(TemplatePut(name: " ", text: "Hi")) == .invalidField)
    let (a, b) = (try put(world, "a", "Hi"), try put(world, "b", "Hi"))
    #expect(try refusal(TemplatePut(templateID: b.templateID, name: "A", text: "Hi")) == .duplicate)
    #expect(try code(TemplatePut(name: "a", text: "Hi", queueID: QueueID(1), repID: anna)) == .invalidParams)
    #expect(try code(TemplatePut(name: "a", text: "Hi", queueID: QueueID(9))) == .notFound)
    #expect(try code(TemplatePut(name: "a", text: "Hi", repID: RepID(99))) == .notFound)
    #expect(try code(TemplatePut(templateID: TemplateID(9), name: "c", text: "Hi")) == .notFound)
    let defaults = Dictionary(uniqueKeysWithValues: (0..<65).map { ("d\($0)", "x") })
    #expect(try code(TemplatePut(name: "d", text: "Hi", defaults: defaults)) == .invalidParams)
    for (name, value) in [("first name", "x"), ("first_name", " "), ("first_name", "{{oops}}")] {
      #expect(try refusal(TemplatePut(name: "d", text: "Hi", defaults: [name: value])) == .invalidField)
    }
    let long = Dictionary(
      uniqueKeysWithValues: (0..<63).map { ("d\($0)", String(repeating: "😀", count: 1_000)) })
    #expect(try refusal(TemplatePut(name: "d", text: "Hi", defaults: long)) == .limitReached)
    let rep = try world.signIn("anna", [.rep], rep: anna)
    for index in 0..<TemplateCommands.maximumOfOwner {
      _ = try put(world, "t\(index)", "Hi", rep: anna, as: rep.caller)
    }
    let further = Command.templatePut(TemplatePut(name: "one more", text: "Hi", repID: anna))
    #expect(try world.refusal(of: further, as: rep.caller) == .limitReached)
    _ = try put(world, "t0", "Hello", rep: anna, as: rep.caller)
    // The same once more changes nothing, and tells nothing.
    _ = try world.events()
    #expect(try put(world, "a", "Hi") == a)
    #expect(try world.events().isEmpty)
    let moved = try put(world, "c", "Hi", queue: QueueID(1), id: b.templateID)
    #expect(moved.templateID == b.templateID && moved.name == "c" && moved.createdAt == b.createdAt)
  }
}
