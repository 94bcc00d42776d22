import Contract
import Testing

@testable import Gateway

/// Somebody who signed in.
struct Person {
  let id: MemberID
  let caller: Requester
}

extension World {
  /// Anna with her number, and a number that nobody holds: who writes there waits in the default queue.
  static func withQueue() throws -> World {
    let world = try World()
    try world.addAnna()
    try world.addNumber(Cast.localNumber)
    return world
  }

  private func octets(_ octet: UInt8, _ count: Int) -> String {
    Base64URL.text(of: Array(repeating: octet, count: count))
  }

  /// Adds a member, who signs in.
  func signIn(_ login: String, _ roles: [MemberRole], rep: RepID? = nil) throws -> Person {
    let member: MemberView = try call(
      .memberAdd(MemberAdd(login: login, name: login.uppercased(), roles: roles, repID: rep)))
    let invite: MemberInviteResult = try call(.memberInvite(MemberInvite(memberID: member.memberID)))
    let page = Requester(role: "desk", uid: 9)
    var opening: SessionOpening = try call(
      .sessionEnrol(
        SessionEnrol(token: invite.token, salt: octets(9, 16), proof: octets(1, 32), device: "a phone")),
      as: page)
    if opening.outcome == .secondFactor {
      let row = try #require(try gateway.parts.ground.members.member(member.memberID.value))
      let code = OneTimeCode.code(try #require(row.secondFactor), at: now)
      opening = try call(
        .sessionOpen(SessionOpen(login: login, proof: octets(1, 32), code: code, device: "a phone")), as: page
      )
    }
    let token = try #require(opening.token)
    return Person(id: member.memberID, caller: Requester(role: "desk", uid: 9, session: token))
  }

  /// A member who answers queues and is available.
  func agent(_ login: String, _ queues: [QueueID] = [QueueID(1)], roles: [MemberRole] = [.agent]) throws
    -> Person
  {
    let person = try signIn(login, roles)
    for queue in queues {
      let _: QueueView = try call(.queueJoin(QueueJoin(queueID: queue, memberID: person.id)))
    }
    try be(.available, person)
    return person
  }

  @discardableResult
  func be(_ presence: Presence, _ person: Person) throws -> MemberView {
    try call(.memberPresence(MemberPresence(memberID: person.id, presence: presence)))
  }

  /// A text from a phone to the number that nobody holds: the thread waits in a queue.
  @discardableResult
  func wait(_ phone: String, _ text: String = "Hello?", carrier: String = "alpha") throws -> ConversationID {
    try receive(text, from: phone, to: Cast.localNumber, carrier: carrier)
    let found = try gateway.parts.ground.conversations.find(
      try id(of: Cast.localNumber), self.phone(phone).digits)
    return ConversationID(try #require(found).id)
  }

  func serve(_ person: Person, _ queues: [QueueID]? = nil) throws -> ServingView {
    try call(.serveNext(ServeNext(queueIDs: queues)), as: person.caller)
  }

  func episode(_ conversation: ConversationID) throws -> EpisodeView? {
    try gateway.parts.ground.episodes.table.open(in: conversation.value).map { EpisodeView($0) }
  }
}
