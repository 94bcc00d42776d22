import Configuration
import NetIO
import SMPP
import Testing

@testable import Daemon

private func address(_ text: String) throws -> SocketAddress {
  try #require(SocketAddress(host: text, port: 40_000))
}

private func accounts(from: [String] = [], sessions: Int = 1) throws -> ListenerAccounts {
  var accounts = ListenerAccounts()
  accounts.add(
    .init(
      systemID: "regional", password: Secret(octets: Array("tr1ckle".utf8), origin: "test"),
      from: try from.map { try #require(AddressRange($0)) }, sessions: sessions, outbind: nil),
    of: 3)
  return accounts
}

extension ListenerAccounts {
  /// Tries a password. nil where it is taken at once.
  fileprivate mutating func attempt(
    _ password: String, from address: SocketAddress, at now: Duration, name: String = "regional"
  ) -> (status: CommandStatus?, delay: Duration, isAlarming: Bool) {
    switch decide(systemID: COctetString(name), password: COctetString(password), from: address, at: now) {
    case .accepted(_, let delay): (nil, delay, false)
    case .refused(let refusal): (refusal.status, refusal.after, refusal.isAlarming)
    }
  }
}

@Test func whateverIsWrongAboutNameAndPasswordIsAnsweredAlike() throws {
  let from = try address("192.0.2.7")
  for (name, password) in [("nobody", "tr1ckle"), ("regional", "wrong"), ("regional", ""), ("", "")] {
    var accounts = try accounts()
    let answer = accounts.attempt(password, from: from, at: .seconds(1), name: name)
    #expect(answer.status == .ESME_RINVPASWD && answer.delay == .milliseconds(500))
  }
}

@Test func guessingGetsSlowerAndIsForgottenInTimeAndRaisesOneAlert() throws {
  var accounts = try accounts()
  let guesser = try address("192.0.2.7")
  var answers: [(status: CommandStatus?, delay: Duration, isAlarming: Bool)] = []
  for _ in 0..<6 {
    answers.append(accounts.attempt("guess", from: guesser, at: .seconds(1)))
    accounts.answered(from: guesser)
  }
  #expect(answers.map(\.delay) == [0.5, 1, 2, 4, 5, 5].map { .seconds($0) })
  #expect(answers.map(\.isAlarming) == [false, false, false, false, true, false])
  #expect(accounts.attempt("guess", from: guesser, at: .seconds(602)).delay == .milliseconds(500))
}

/// Hanging up before the answer and connecting again gave 78 guesses a second.
@Test func theRightAnswerIsLateTooSoThatHangingUpTeachesNothing() throws {
  var accounts = try accounts()
  let guesser = try address("192.0.2.7")
  for _ in 0..<5 {
    _ = accounts.attempt("guess", from: guesser, at: .seconds(1))
    accounts.answered(from: guesser)
  }
  let right = accounts.attempt("tr1ckle", from: guesser, at: .seconds(1))
  #expect(right.status == nil && right.delay == .seconds(5))
}

@Test func attemptsInParallelDoNotShareADelay() throws {
  var accounts = try accounts()
  let guesser = try address("192.0.2.7")
  let answers = (0..<126).map { _ in accounts.attempt("guess", from: guesser, at: .seconds(1)) }
  #expect(answers.count { $0.status == .ESME_RINVPASWD } == ListenerAccounts.waitingPerOrigin)
  #expect(accounts.attempt("tr1ckle", from: guesser, at: .seconds(1)).status == .ESME_RBINDFAIL)
  accounts.answered(from: guesser)
  #expect(accounts.attempt("tr1ckle", from: guesser, at: .seconds(1)).status == nil)
}

@Test func anOwnAccountDoesNotBuyMoreGuesses() throws {
  var accounts = try accounts()
  accounts.add(
    .init(
      systemID: "own", password: Secret(octets: Array("mine".utf8), origin: "test"), from: [], sessions: 9,
      outbind: nil), of: 4)
  let guesser = try address("192.0.2.7")
  var delays: [Duration] = []
  for _ in 0..<4 {
    delays.append(accounts.attempt("guess", from: guesser, at: .seconds(1)).delay)
    accounts.answered(from: guesser)
    #expect(accounts.attempt("mine", from: guesser, at: .seconds(1), name: "own").status == nil)
    accounts.answered(from: guesser)
  }
  #expect(delays == [0.5, 1, 2, 4].map { .seconds($0) })
}

@Test func anAccountIsSlowAtStrangeAddressesAndNotWhereItHasBoundFrom() throws {
  var accounts = try accounts(sessions: 2)
  let (home, away) = (try address("192.0.2.1"), try address("198.51.100.9"))
  #expect(accounts.attempt("tr1ckle", from: home, at: .zero).delay == .zero)
  accounts.bound(0, from: home)
  for index in 0..<9 {
    _ = accounts.attempt("guess", from: try address("203.0.113.\(index)"), at: .seconds(1))
  }
  #expect(accounts.attempt("tr1ckle", from: home, at: .seconds(1)).delay == .zero)
  #expect(accounts.attempt("tr1ckle", from: away, at: .seconds(1)).delay == .seconds(5))
}

@Test func theRightPasswordBindsUpToTheSessionsAndNoFurther() throws {
  var accounts = try accounts(sessions: 2)
  let from = try address("::1")
  for _ in 0..<2 {
    #expect(accounts.attempt("tr1ckle", from: from, at: .zero).status == nil)
    accounts.bound(0, from: from)
  }
  let full = accounts.attempt("tr1ckle", from: from, at: .zero)
  #expect(full.status == .ESME_RALYBND && full.delay == .zero && !accounts.hasRoom(0))
  accounts.ended(0)
  #expect(accounts.attempt("tr1ckle", from: from, at: .zero).status == nil && accounts.hasRoom(0))
}

@Test func onlyListedAddressesAreAcceptedAtAll() throws {
  let accounts = try accounts(from: ["192.0.2.0/24", "2001:db8::/32"])
  #expect(accounts.refusal(of: try address("192.0.2.200")) == nil)
  #expect(accounts.refusal(of: try address("::ffff:192.0.2.200")) == nil)
  #expect(accounts.refusal(of: try address("2001:db8::9")) == nil)
  #expect(accounts.refusal(of: try address("198.51.100.1")) != nil)
}

/// Two addresses with many idle connections kept every carrier out.
@Test func connectionsWithoutABindKeepNobodyOut() throws {
  var accounts = try accounts()
  var serial = 0
  func connect(_ host: String) throws -> Int? {
    serial += 1
    let crowded = accounts.connected(serial, from: try address(host))
    return crowded
  }
  let greedy = ["192.0.2.7", "192.0.2.8"]
  var crowded: [Int] = []
  for _ in 0..<900 {
    for host in greedy {
      guard let oldest = try connect(host) else { continue }
      crowded.append(oldest)
      accounts.settled(oldest, from: try address(greedy[(oldest + 1) % 2]))
    }
  }
  #expect(accounts.unboundCount == ListenerAccounts.unboundLimit)
  #expect(crowded == Array(1...crowded.count), "the oldest go first")
  let carrier = try #require(try connect("198.51.100.1"))
  #expect(carrier > crowded.count && carrier < serial, "a greedy one makes room")
}

@Test func ofManyAddressesWithOneConnectionEachTheOldestMakesRoom() throws {
  var accounts = try accounts()
  var crowded: [Int] = []
  for serial in 1...ListenerAccounts.unboundLimit + 40 {
    let from = SocketAddress.ipv4(address: UInt32(0x0A00_0000 + serial), port: 1)
    guard let oldest = accounts.connected(serial, from: from) else { continue }
    crowded.append(oldest)
    accounts.settled(oldest, from: .ipv4(address: UInt32(0x0A00_0000 + oldest), port: 1))
  }
  #expect(crowded == Array(1...40))
}

@Test func failuresOfManyAddressesAreBounded() throws {
  var accounts = try accounts()
  for index in 0..<ListenerAccounts.rememberedOrigins + 100 {
    let from = SocketAddress.ipv4(address: UInt32(0x0A00_0000 + index), port: 1)
    _ = accounts.decide(systemID: "x", password: "y", from: from, at: .milliseconds(index))
  }
  #expect(accounts.remembered == ListenerAccounts.rememberedOrigins)
}
