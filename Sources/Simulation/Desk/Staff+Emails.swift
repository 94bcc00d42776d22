import CarrierSimulator
import Contract
import SocketServer

/// Orders about alerts by e-mail: what `tollgate mail` says of them, and reps who follow the links in them.
extension Staff {
  /// Nobody is asked while no process runs: a connection of its own would bring the log into the file.
  private func emails(due: Bool) -> [EmailView] {
    guard world.isUp, let queries = world.makeQueries(),
      let page: Page<EmailView> = world.answer(
        queries, .emailList(EmailList(state: .waiting, due: due ? true : nil, limit: 50)))
    else { return [] }
    return page.items
  }

  func deliverEmails() {
    for email in emails(due: true).prefix(Int(random.within(1, 6))) {
      if email.to == nil || email.subject?.isEmpty != false || email.text?.isEmpty != false {
        world.witness.violated("mail", "\(email.emailID) is to be sent without words")
      }
      if mailed.contains(email.emailID) {
        world.witness.violated("mail", "\(email.emailID) was sent, and is to be sent again")
      }
      let outcome = pick([EmailOutcome.sent, .sent, .retry, .failed]) ?? .sent
      ask(
        .emailSettle(
          EmailSettle(
            emailID: email.emailID, outcome: outcome, exitStatus: outcome == .sent ? 0 : 75,
            idempotencyKey: newKey()))
      ) { [unowned self] json in
        guard let view = decoded(EmailView.self, json, .emailSettle) else { return }
        if view.state == .sent { mailed.insert(view.emailID) }
        if outcome != .retry, view.state == .waiting {
          world.witness.violated("mail", "\(view.emailID) is \(outcome) and still waits")
        }
      }
    }
  }

  /// A rep presses the link of an alert, some of them twice.
  func followLink() {
    let links = emails(due: false).compactMap { email in
      email.text?.split(separator: "/a/").dropFirst().last.flatMap { LinkToken(String($0)) }
    }
    guard let token = pick(links) ?? LinkToken(octets: Array(repeating: 7, count: LinkToken.octets)) else {
      return
    }
    if links.isEmpty, let rep = pick(reps) { withMember(rep) { _ in } }
    follow(token)
    if random.happens(0.3) { follow(token) }
  }

  private func follow(_ token: LinkToken) {
    let redeem = SessionRedeem(token: token, device: "a phone")
    world.desk.give(.sessionRedeem(redeem), as: Self.page()) { [unowned self] outcome in
      guard case .success(let json) = outcome,
        let opening = decoded(SessionOpening.self, json, .sessionRedeem)
      else { return world.witness.violated("links", "\(outcome)") }
      guard let session = opening.token, let thread = opening.session?.conversationID else {
        if opening.outcome != .wrong {
          world.witness.violated("links", "\(opening.outcome) without a conversation")
        }
        return
      }
      if !followed.insert(token).inserted { world.witness.violated("links", "a link was used twice") }
      guard let other = pick(world.witness.conversations.filter { $0 != thread }) else { return }
      // Nothing but the one thread is there.
      let read = ConversationMarkRead(conversationID: other, idempotencyKey: newKey())
      world.desk.give(.conversationMarkRead(read), as: Self.page(in: session)) { [unowned self] outcome in
        if case .success = outcome {
          world.witness.violated("links", "by a link into \(thread), \(other) was read")
        }
      }
    }
  }

  func mailInVain(_ method: Method) {
    guard method == .emailSettle else {
      guard let token = LinkToken(octets: Array(repeating: 7, count: LinkToken.octets)) else { return }
      return askInVain(method, as: Self.page()) { _ in
        .sessionRedeem(SessionRedeem(token: token, device: " "))
      }
    }
    askInVain(method) {
      .emailSettle(EmailSettle(emailID: EmailID(1 << 40), outcome: .sent, idempotencyKey: $0))
    }
  }
}
