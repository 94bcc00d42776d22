import CarrierSimulator
import Contract
import Gateway
import SocketServer

/// Orders about who signs in, and people who sign in, by the desk's role.
extension Staff {
  /// A member of the story, as the person knows it.
  final class Person {
    let id: MemberID
    let login: String
    let role: MemberRole
    var invite: SecretToken?
    var proof: String?
    /// Of the second factor, as an authenticator takes it.
    var secret: String?
    var sessions: [(id: SessionID, token: SecretToken)] = []

    init(_ id: MemberID, _ login: String, _ role: MemberRole) {
      self.id = id
      self.login = login
      self.role = role
    }
  }

  /// The page that people sign in at; in a session it acts for one of them.
  static func page(in session: SecretToken? = nil) -> Caller {
    Caller(role: Role(name: "page", may: [], acts: true), userID: 9, processID: 9, session: session)
  }

  private func octets(_ count: Int) -> String {
    Base64URL.text(of: (0..<count).map { _ in UInt8(random.within(0, 255)) })
  }

  func addMember(_ role: MemberRole = .rep, rep: RepID? = nil, _ then: @escaping (Person) -> Void = { _ in })
  {
    made += 1
    let login = "person\(made)"
    ask(
      .memberAdd(
        MemberAdd(login: login, name: "Person \(made)", roles: [role], repID: rep, idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let view = decoded(MemberView.self, json, .memberAdd) else { return }
      let person = people.first { $0.id == view.memberID } ?? Person(view.memberID, login, role)
      if !people.contains(where: { $0 === person }) { people.append(person) }
      then(person)
    }
  }

  private func withPerson(_ then: @escaping (Person) -> Void) {
    if let person = pick(people), random.happens(0.7) { then(person) } else { addMember(.rep, then) }
  }

  func changeMember() {
    withPerson { [unowned self] person in
      made += 1
      let isOut = random.happens(0.3)
      ask(
        .memberUpdate(
          MemberUpdate(
            memberID: person.id, name: "Person, the \(made)th", active: isOut ? false : true,
            idempotencyKey: newKey()))
      ) { [unowned self] _ in if isOut { isSignedOut(person) } }
    }
  }

  func invite(_ person: Person? = nil, _ then: @escaping (Person) -> Void = { _ in }) {
    func invite(_ person: Person) {
      ask(.memberInvite(MemberInvite(memberID: person.id))) { [unowned self] json in
        guard let invite = decoded(MemberInviteResult.self, json, .memberInvite) else { return }
        (person.invite, person.proof) = (invite.token, nil)
        isSignedOut(person)
        then(person)
      }
    }
    if let person { invite(person) } else { withPerson(invite) }
  }

  func enrol(_ person: Person? = nil, _ then: @escaping (Person) -> Void = { _ in }) {
    invite(person) { [unowned self] person in
      guard let token = person.invite else { return }
      let proof = octets(32)
      let enrol = SessionEnrol(token: token, salt: octets(16), proof: proof, device: "a phone")
      world.desk.give(.sessionEnrol(enrol), as: Self.page()) { [unowned self] outcome in
        // A lost answer: what was used is used, and the person asks for another invite.
        guard opened(person, outcome, .sessionEnrol) else { return }
        (person.invite, person.proof) = (nil, proof)
        guard person.role == .supervisor else { return then(person) }
        signInWithCode(person, then)
      }
    }
  }

  /// A role that asks for a second factor.
  private func signInWithCode(_ person: Person, _ then: @escaping (Person) -> Void) {
    guard let secret = person.secret, let proof = person.proof else { return }
    let code = OneTimeCode.code(Self.octets(ofBase32: secret), at: world.clock.wallMilliseconds)
    let open = SessionOpen(login: person.login, proof: proof, code: code, device: "a laptop")
    world.desk.give(.sessionOpen(open), as: Self.page()) { [unowned self] outcome in
      _ = opened(person, outcome, .sessionOpen)
      then(person)
    }
  }

  /// RFC 4648, section 6, without padding.
  private static func octets(ofBase32 text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    var octets: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for letter in text.utf8 {
      bits = (bits << 5 | UInt32(alphabet.firstIndex(of: letter) ?? 0)) & 0xFFFF
      count += 5
      guard count >= 8 else { continue }
      count -= 8
      octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return octets
  }

  func signIn(_ then: @escaping (Person) -> Void = { _ in }) {
    guard let person = pick(people.filter { $0.proof != nil }) else { return enrol(nil, then) }
    let open = SessionOpen(
      login: person.login, proof: random.happens(0.8) ? person.proof ?? "" : octets(32), device: "a laptop",
      ownDevice: random.happens(0.5))
    world.desk.give(.sessionOpen(open), as: Self.page()) { [unowned self] outcome in
      if opened(person, outcome, .sessionOpen), open.proof != person.proof {
        world.witness.violated("sessions", "\(person.login) signed in with a wrong password")
      }
      then(person)
    }
  }

  func signOut() {
    signIn { [unowned self] person in
      guard let session = pick(person.sessions) else { return }
      person.sessions.removeAll { $0.id == session.id }
      world.desk.give(.sessionClose(SessionClose()), as: Self.page(in: session.token)) {
        [unowned self] outcome in
        if case .failure(let error) = outcome, error.code != .noSession {
          world.witness.violated("sessions", "signing out: \(error)")
        }
        mustBeEnded(session.token)
      }
    }
  }

  private func opened(_ person: Person, _ outcome: Result<[UInt8], APIError>, _ method: Method) -> Bool {
    guard case .success(let json) = outcome, let opening = decoded(SessionOpening.self, json, method) else {
      world.witness.violated("sessions", "\(method): \(outcome)")
      return false
    }
    if let secret = opening.secondFactorSecret {
      (person.secret, person.invite) = (secret, nil)
      return true
    }
    guard let token = opening.token, let session = opening.session else { return false }
    person.sessions.append((session.sessionID, token))
    return true
  }

  /// None of the member's sessions is open any more.
  private func isSignedOut(_ person: Person) {
    let tokens = person.sessions.map(\.token)
    person.sessions = []
    for token in tokens { mustBeEnded(token) }
  }

  /// A session that has ended acts for nobody, and whoever has none changes nothing.
  private func mustBeEnded(_ token: SecretToken) {
    world.desk.give(.sessionClose(SessionClose()), as: Self.page(in: token)) { [unowned self] outcome in
      guard case .failure(let error) = outcome, error.code == .noSession else {
        return world.witness.violated("sessions", "a session that has ended acts: \(outcome)")
      }
    }
  }

  // MARK: In vain

  func signInInVain(_ method: Method) {
    let nobody = MemberID(1 << 40)
    let token = SecretToken(octets: Array(repeating: 1, count: SecretToken.length))
    guard let token else { return }
    switch method {
    case .memberAdd:
      askInVain(method) {
        .memberAdd(MemberAdd(login: "two words", name: "P", roles: [.rep], idempotencyKey: $0))
      }
    case .memberUpdate:
      askInVain(method) { .memberUpdate(MemberUpdate(memberID: nobody, name: "P", idempotencyKey: $0)) }
    case .memberInvite: askInVain(method) { _ in .memberInvite(MemberInvite(memberID: nobody)) }
    case .sessionEnrol:
      askInVain(method, as: Self.page()) { _ in
        .sessionEnrol(SessionEnrol(token: token, salt: "short", proof: "short", device: "a phone"))
      }
    case .sessionOpen:
      askInVain(method, as: Self.page()) { _ in
        .sessionOpen(SessionOpen(login: "nobody", proof: "short", device: "a phone"))
      }
    default: askInVain(method, as: Self.page(in: token)) { _ in .sessionClose(SessionClose()) }
    }
  }
}
