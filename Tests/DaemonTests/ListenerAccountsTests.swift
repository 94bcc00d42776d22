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

@Test func whateverIsWrongAboutNameAndPasswordIsAnsweredAlike() throws {
  let from = try address("192.0.2.7")
  for (name, password) in [("nobody", "tr1ckle"), ("regional", "wrong"), ("regional", ""), ("", "")] {
    var accounts = try accounts()
    guard
      case .refused(let status, let delay, _) = accounts.decide(
        systemID: COctetString(name), password: COctetString(password), from: from, at: .seconds(1))
    else {
      Issue.record("\(name) was accepted")
      continue
    }
    #expect(status == .ESME_RINVPASWD)
    #expect(delay == .milliseconds(500))
  }
}

@Test func guessingGetsSlowerPerAddressAndIsForgottenInTime() throws {
  var accounts = try accounts()
  let guesser = try address("192.0.2.7")
  func delay(_ from: SocketAddress, at now: Duration) -> Duration? {
    if case .refused(_, let delay, _) = accounts.decide(
      systemID: "regional", password: "guess", from: from, at: now)
    {
      delay
    } else {
      nil
    }
  }
  #expect((0..<6).map { _ in delay(guesser, at: .seconds(1)) } == [0.5, 1, 2, 4, 5, 5].map { .seconds($0) })
  #expect(delay(try address("192.0.2.8"), at: .seconds(1)) == .milliseconds(500), "others are not punished")
  #expect(delay(guesser, at: .seconds(602)) == .milliseconds(500), "ten minutes later it is forgotten")
}

@Test func whoGuessedWrongHasOneTryAtATime() throws {
  var accounts = try accounts()
  let guesser = try address("192.0.2.7")
  accounts.connected(from: guesser)
  #expect(accounts.refusal(of: guesser, at: .zero) == nil, "nothing was guessed yet")
  _ = accounts.decide(systemID: "regional", password: "guess", from: guesser, at: .zero)
  #expect(accounts.refusal(of: guesser, at: .zero) != nil)
  accounts.settled(from: guesser)
  #expect(accounts.refusal(of: guesser, at: .zero) == nil)
}

@Test func theRightPasswordBindsUpToTheSessionsAndNoFurther() throws {
  var accounts = try accounts(sessions: 2)
  let from = try address("::1")
  for _ in 0..<2 {
    #expect(accounts.decide(systemID: "regional", password: "tr1ckle", from: from, at: .zero) == .accepted(0))
    accounts.bound(0)
  }
  guard
    case .refused(.ESME_RALYBND, .zero, _) = accounts.decide(
      systemID: "regional", password: "tr1ckle", from: from, at: .zero)
  else { throw TestFailure.accepted }
  accounts.ended(0)
  #expect(accounts.decide(systemID: "regional", password: "tr1ckle", from: from, at: .zero) == .accepted(0))
}

@Test func onlyListedAddressesAreAcceptedAtAll() throws {
  let accounts = try accounts(from: ["192.0.2.0/24", "2001:db8::/32"])
  #expect(accounts.refusal(of: try address("192.0.2.200"), at: .zero) == nil)
  #expect(accounts.refusal(of: try address("::ffff:192.0.2.200"), at: .zero) == nil)
  #expect(accounts.refusal(of: try address("2001:db8::9"), at: .zero) == nil)
  #expect(accounts.refusal(of: try address("198.51.100.1"), at: .zero) != nil)
}

@Test func oneAddressMayHoldHalfOfTheConnectionsWithoutABindAndAllTogetherTheLimit() throws {
  var accounts = try accounts()
  let greedy = try address("192.0.2.7")
  for _ in 0..<ListenerAccounts.unboundPerOrigin { accounts.connected(from: greedy) }
  #expect(accounts.refusal(of: greedy, at: .zero) != nil)
  #expect(accounts.refusal(of: try address("192.0.2.8"), at: .zero) == nil && !accounts.isFull)
  for index in 0..<ListenerAccounts.unboundLimit - ListenerAccounts.unboundPerOrigin {
    accounts.connected(from: try address("198.51.100.\(index)"))
  }
  #expect(accounts.isFull)
  accounts.settled(from: greedy)
  #expect(!accounts.isFull)
}

@Test func failuresOfManyAddressesAreBounded() throws {
  var accounts = try accounts()
  for index in 0..<ListenerAccounts.rememberedOrigins + 100 {
    let from = SocketAddress.ipv4(address: UInt32(0x0A00_0000 + index), port: 1)
    _ = accounts.decide(systemID: "x", password: "y", from: from, at: .milliseconds(index))
  }
  #expect(accounts.remembered == ListenerAccounts.rememberedOrigins)
}

private enum TestFailure: Error { case accepted }
