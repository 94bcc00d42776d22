import SMPP
import SMPPSession
import Testing

@testable import CarrierSimulator

/// An SMSC without sockets: what comes in, at which time, and what it wants done.
private struct Desk {
  let smsc: SMSC
  var now: Duration = .zero
  var later: [(work: SMSC.Work, at: Duration)] = []

  init(_ change: (inout CarrierSimulator.Configuration) -> Void = { _ in }) {
    var configuration = CarrierSimulator.Configuration()
    configuration.accounts = [.init(systemID: "acme", password: "secret")]
    change(&configuration)
    smsc = SMSC(configuration, at: .zero, wall: 0)
  }

  /// What is written on the links, in order; what is to be done later is kept.
  mutating func written() -> [PDU] {
    var actions: [SMSC.Action] = []
    smsc.takeActions(into: &actions)
    var written: [PDU] = []
    for action in actions {
      switch action {
      case .write(let pdu, _): written.append(pdu)
      case .later(let work, let time): later.append((work, time))
      default: break
      }
    }
    return written
  }

  mutating func send(_ body: PDU.Body, _ sequence: UInt32, on link: SMSC.Link) -> [PDU] {
    _ = PDU(sequence: sequence, body: body).encoded.withUnsafeBytes { smsc.received($0, on: link) }
    return written()
  }

  mutating func bound() -> SMSC.Link {
    let link = smsc.connected()
    smsc.began(link)
    _ = send(.bind(.transceiver, Bind(systemID: "acme", password: "secret")), 1, on: link)
    return link
  }

  /// Time passes, and what is due is done.
  mutating func wait(_ time: Duration) -> [PDU] {
    now += time
    smsc.turn(at: now, wall: 0)
    let due = later.filter { $0.at <= now }
    later.removeAll { $0.at <= now }
    for entry in due { smsc.perform(entry.work) }
    return written() + pump()
  }

  mutating func pump() -> [PDU] {
    smsc.pump()
    return written()
  }
}

private func texts(_ pdus: [PDU]) -> [String] {
  pdus.compactMap { pdu in
    guard case .deliverSM(let message) = pdu.body else { return nil }
    return String(decoding: message.shortMessage, as: UTF8.self)
  }
}

@Suite struct SMSCTests {
  private let submit = PDU.Body.submitSM(
    SubmitSM(
      source: Address(digits: "18885550100"), destination: Address(digits: "12025550143"),
      registeredDelivery: 1,
      shortMessage: Array("Hi".utf8)))

  @Test func aMessageIsAnsweredInItsTimeAndItsReceiptFollows() {
    var desk = Desk {
      $0.answerDelay = .fixed(.milliseconds(20))
      $0.receipts.delay = .fixed(.seconds(1))
    }
    let link = desk.bound()
    #expect(desk.send(submit, 2, on: link).isEmpty)
    #expect(link.session.unansweredByUs == 1)
    #expect(desk.wait(.milliseconds(20)).map(\.commandID) == [.submitSMResp])
    #expect(desk.wait(.milliseconds(999)).isEmpty)
    #expect(desk.wait(.milliseconds(1)).map(\.commandID) == [.deliverSM])
  }

  @Test func whatWasNotAnsweredIsDeliveredAgainFirst() {
    var desk = Desk { $0.deliverWindow = 1 }
    let first = desk.bound()
    desk.smsc.phoneSends("one", from: "+12025550143", to: "+18885550100")
    desk.smsc.phoneSends("two", from: "+12025550144", to: "+18885550100")
    #expect(texts(desk.pump()) == ["one"])
    desk.smsc.closed(first)
    let second = desk.bound()
    #expect(texts(desk.pump()) == ["one"])
    #expect(desk.send(.deliverSMResp(nil), 1, on: second).isEmpty)
    #expect(texts(desk.pump()) == ["two"])
  }

  @Test func aPhonesNextTextWaitsUntilTheOneBeforeWasTaken() {
    var desk = Desk {
      $0.population.keepsOrder = true
      $0.retryDelay = .fixed(.seconds(1))
    }
    let link = desk.bound()
    for text in ["one", "two"] { desk.smsc.phoneSends(text, from: "+12025550143", to: "+18885550100") }
    desk.smsc.phoneSends("other", from: "+12025550144", to: "+18885550100")
    #expect(texts(desk.pump()) == ["one", "other"])
    _ = PDU(status: .ESME_RX_T_APPN, sequence: 1, body: .deliverSMResp(nil)).encoded.withUnsafeBytes {
      desk.smsc.received($0, on: link)
    }
    #expect(texts(desk.written() + desk.pump()).isEmpty)
    #expect(texts(desk.wait(.seconds(1))) == ["one"])
    _ = desk.send(.deliverSMResp(nil), 3, on: link)
    #expect(texts(desk.pump()) == ["two"])
    _ = desk.send(.deliverSMResp(nil), 2, on: link)
    _ = desk.send(.deliverSMResp(nil), 4, on: link)
    #expect(desk.smsc.undelivered == 0)
  }

  @Test func itMayCallAndThenSubmitsWhatItDelivers() {
    var desk = Desk()
    let link = desk.smsc.connected(calling: Bind(systemID: "carrier", password: "secret"))
    desk.smsc.began(link)
    #expect(desk.written().map(\.commandID) == [.bindTransceiver])
    _ = desk.send(.bindResp(.transceiver, BindResp(systemID: "gateway")), 1, on: link)
    desk.smsc.phoneSends("Yes", from: "+12025550143", to: "+18885550100")
    #expect(desk.pump().map(\.commandID) == [.submitSM])
    let deliver = PDU.Body.deliverSM(
      DeliverSM(source: Address(digits: "18885550100"), destination: Address(digits: "12025550143")))
    #expect(desk.send(deliver, 7, on: link).map(\.commandID) == [.deliverSMResp])
  }
}
