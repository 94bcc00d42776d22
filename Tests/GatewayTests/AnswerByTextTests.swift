import Contract
import Settings
import TestSupport
import Testing

@testable import Gateway

/// A rep answers an alert from the private mobile.
@Suite(.worlds) struct AnswerByTextTests {
  private static let alice = "+12025550101"
  private static let bob = "+12025550102"

  /// Anna has a mobile; Alice and Bob are hers.
  private func anna(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World {
      $0.answersPerPhoneHour = 20
      change(&$0)
    }
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    _ = try world.addContact(Self.alice, first: "Alice", owner: anna)
    _ = try world.addContact(Self.bob, first: "Bob", owner: anna)
    return world
  }

  private struct Left: Equatable {
    var to: String
    var text: String
  }

  /// What leaves now, all of it accepted by the carrier.
  private func left(_ world: World) throws -> [Left] {
    var left: [Left] = []
    while true {
      let segments = try world.claim()
      if segments.isEmpty { return left }
      for segment in segments {
        left.append(Left(to: "+\(segment.phone)", text: segment.text))
        try world.answer(segment)
      }
    }
  }

  private func answer(_ world: World, _ text: String) throws -> [Left] {
    try world.receive(text, from: Cast.annasMobile)
    return try left(world)
  }

  private func later(_ world: World) throws -> [Left] {
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    return try left(world)
  }

  @Test func theAnswerReachesTheOneContactTheRepWasAlertedTo() throws {
    let world = try anna()
    try world.receive("Is it free?", from: Self.alice)
    #expect(
      try left(world) == [Left(to: Cast.annasMobile, text: "Acme Homes: new message from Alice")])
    _ = try world.events()
    #expect(try answer(world, "Yes, at 2 today") == [Left(to: Self.alice, text: "Yes, at 2 today")])
    // To everybody else it is the rep's message in that conversation.
    let queued = try world.events().compactMap { event -> MessageQueued? in
      if case .messageQueued(let queued) = event { queued } else { nil }
    }
    #expect(queued.map(\.to.description) == [Self.alice])
    #expect(queued.map(\.class) == [MessageClass.interactive])
    #expect(try world.episode(ConversationID(1))?.state == .answered)
    let list: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(Set(list.items.map(\.text)) == ["Is it free?", "Yes, at 2 today"])
    #expect(try answer(world, "1 bath, 2 beds") == [Left(to: Self.alice, text: "1 bath, 2 beds")])
  }

  @Test func anAlertShowsHowTheTextBeginsWhereTheCompanyWantsThat() throws {
    let world = try anna {
      $0.alertText = "{{contact}}: {{words}}"
      $0.alertSummary = "{{count}} new, the last from {{contact}}: {{words}}"
    }
    try world.receive("Is it\n  free {{brand}}?", from: Self.alice)
    #expect(try left(world).map(\.text) == ["Alice: Is it free {{brand}}?"])
    try world.receive("From Alice", from: Self.alice)
    let long = Array(repeating: "garden", count: 40).joined(separator: " ")
    try world.receive(long, from: Self.bob)
    try world.restart()
    #expect(
      try later(world).map(\.text) == [
        "2 new, the last from Bob: \(Array(repeating: "garden", count: 11).joined(separator: " "))... "
          + "To answer, start with 2."
      ])
    #expect(
      RepAlerts.beginning(of: String(repeating: "x", count: 500)) == String(repeating: "x", count: 80) + "..."
    )
    #expect(RepAlerts.beginning(of: " \n ") == "")
    let plain = try anna()
    try plain.receive("Is it free?", from: Self.alice)
    #expect(try plain.stored("SELECT count(*) FROM rep_alert WHERE words <> ''") == 0)
  }

  @Test func ofSeveralConversationsTheAlertsMarkNamesTheOne() throws {
    let world = try anna()
    try world.receive("From Alice", from: Self.alice)
    _ = try left(world)
    try world.receive("From Bob", from: Self.bob)
    #expect(
      try later(world) == [
        Left(to: Cast.annasMobile, text: "Acme Homes: new message from Bob To answer, start with 2.")
      ])
    #expect(
      try answer(world, "2 Thanks, see you at five") == [Left(to: Self.bob, text: "Thanks, see you at five")])
    #expect(try answer(world, "#1: No dogs") == [Left(to: Self.alice, text: "No dogs")])
    for unclear in ["See you at five", "2", "3 who is it?", "2pm is fine", "2.5 baths", "10:30 then"] {
      #expect(
        try answer(world, unclear) == [
          Left(
            to: Cast.annasMobile,
            text: "Acme Homes: not sent: start with a number: 1 Alice, 2 Bob")
        ], "\(unclear)")
    }
  }

  @Test func aMarkIsTheSameAfterARestartAndMeansNobodyElseWhenItsDayIsOver() throws {
    let world = try anna()
    try world.receive("From Alice", from: Self.alice)
    try world.receive("From Bob", from: Self.bob)
    _ = try left(world)
    _ = try later(world)
    world.now += AlertMarks.lasts / 2
    try world.receive("Alice again", from: Self.alice)
    _ = try left(world)
    try world.restart()
    #expect(try answer(world, "2 yes") == [Left(to: Self.bob, text: "yes")])
    // Bob's day is over, Alice's is not.
    world.now += AlertMarks.lasts / 2
    #expect(
      try answer(world, "2 yes") == [
        Left(to: Cast.annasMobile, text: "Acme Homes: not sent: start with a number: 1 Alice")
      ])
    #expect(try answer(world, "1 no") == [Left(to: Self.alice, text: "no")])
    #expect(try answer(world, "see you") == [Left(to: Self.alice, text: "see you")])
    world.now += AlertMarks.lasts
    #expect(
      try answer(world, "hello?") == [
        Left(to: Cast.annasMobile, text: "Acme Homes: not sent: nobody has written to you lately")
      ])
  }

  @Test func whatMayNotLeaveReachesNobodyAndTheRepIsTold() throws {
    let world = try anna()
    try world.receive("Hi", from: Self.alice)
    _ = try left(world)
    try world.receive("STOP", from: Self.alice)
    _ = try left(world)
    func told(_ text: String, _ reason: String) throws {
      #expect(
        try answer(world, text) == [Left(to: Cast.annasMobile, text: "Acme Homes: not sent: \(reason)")],
        "\(text)")
    }
    try told("Why?", "opted out")
    try world.receive("START", from: Self.alice)
    _ = try left(world)
    try told("Hi {{first_name}}", "a text from here has no merge fields")
    try told(String(repeating: "long ", count: 400), "the text is too long")
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    let list: Page<ConversationView> = try world.ask(.conversationList(ConversationList()))
    let _: ConversationView = try world.call(
      .conversationAssign(
        ConversationAssign(conversationID: try #require(list.items.first).conversationID, repID: ben)))
    try told("Hello", "this conversation is no longer yours")
  }

  @Test func aMobileThatAnswersEverythingIsToldAFewTimesAnHour() throws {
    let world = try anna { $0.answersPerPhoneHour = 3 }
    var told = 0
    for _ in 0..<10 { told += try answer(world, "I am driving and will answer later").count }
    #expect(told == 3)
  }

  @Test func stopFromTheMobileStillStopsTheAlerts() throws {
    let world = try anna()
    try world.receive("Hi", from: Self.alice)
    _ = try left(world)
    #expect(try answer(world, "STOP") == [])
    try world.receive("Hi again", from: Self.alice)
    #expect(try later(world) == [])
    let list: Page<MessageView> = try world.ask(.messageList(MessageList(direction: .outbound)))
    #expect(list.items.isEmpty, "the contact hears nothing of it")
  }

  @Test(
    arguments: [
      ("2 Thanks", 2, "Thanks"), ("2: thanks", 2, "thanks"), ("#12 - ok", 12, "ok"), (" 3\nok", 3, "ok"),
      ("7.", 7, ""), ("2) 10 dollars", 2, "10 dollars"), ("2pm", nil, ""), ("2.5 baths", nil, ""),
      ("10:30", nil, ""),
      ("123 Main St", nil, ""), ("0 no", nil, ""), ("two", nil, ""), ("", nil, ""),
    ] as [(String, Int?, String)])
  func aMarkIsOneOrTwoDigitsBeforeTheWords(text: String, mark: Int?, rest: String) {
    let found = AlertMarks.leadingMark(text)
    #expect(found?.mark == mark && found?.rest ?? "" == rest)
  }
}
