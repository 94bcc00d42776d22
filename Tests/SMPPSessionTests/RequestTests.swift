import SMPP
import TestSupport
import Testing

@testable import SMPPSession

@Suite struct RequestTests {
  @Test("Requests are numbered on from the bind and answered by number, in any order")
  func answersInAnyOrder() {
    var machine = Machine.esme()
    #expect(machine.request(.submit, token: 101) == PDU(sequence: 2, body: .submit))
    #expect(machine.request(.submit, token: 102)?.sequence == 3)
    #expect(machine.request(.submit, token: 103)?.sequence == 4)
    #expect(
      machine.received(.submitted("b"), 3) == [.answered(token: 102, PDU(sequence: 3, body: .submitted("b")))]
    )
    #expect(
      machine.received(.submitted("a"), 2) == [.answered(token: 101, PDU(sequence: 2, body: .submitted("a")))]
    )
    #expect(machine.received(.submitted("a"), 2) == [], "the second answer to one request is a stray")
    #expect(machine.session.counters.stray == 1)
    #expect(machine.session.unanswered == 1)
  }

  @Test("The window bounds what is unanswered, and an answer frees a place")
  func window() {
    var machine = Machine.esme { $0.window = 3 }
    for token in 0..<3 { #expect(machine.request(.submit, token: UInt64(token)) != nil) }
    #expect(machine.session.freeWindow == 0)
    #expect(machine.request(.submit, token: 9) == nil)
    _ = machine.received(.submitted("a"), 3)
    #expect(machine.session.freeWindow == 1)
    #expect(machine.request(.submit, token: 9) != nil)
  }

  @Test("A window out of bounds is brought within", arguments: [(Int.min, 1), (0, 1), (Int.max, 16_384)])
  func windowBounds(asked: Int, given: Int) {
    #expect(Machine.esme { $0.window = asked }.session.freeWindow == given)
  }

  @Test("A generic_nack with a known number ends that request; with an unknown one it is dropped")
  func genericNack() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 7)
    #expect(machine.received(.genericNack, 0, status: .ESME_RINVCMDID) == [])
    let nack = PDU(status: .ESME_RINVCMDLEN, sequence: 2, body: .genericNack)
    #expect(machine.received(.genericNack, 2, status: .ESME_RINVCMDLEN) == [.answered(token: 7, nack)])
  }

  @Test("A response of another kind than the request is dropped, and the request stays")
  func mismatchedResponse() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 7)
    #expect(machine.received(.querySMResp(nil), 2) == [])
    #expect(machine.session.unanswered == 1)
    #expect(machine.session.counters.stray == 1)
  }

  @Test("A response whose body cannot be read still ends its request, with its status and no body")
  func unreadableResponse() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 7)
    #expect(
      machine.refused(.submitSMResp, 2, .ESME_RINVMSGLEN, status: .ESME_RTHROTTLED)
        == [.answered(token: 7, PDU(status: .ESME_RTHROTTLED, sequence: 2, body: .submitSMResp(nil)))])
  }

  @Test("Numbers run to 0x7FFFFFFF, then from 1, past those in flight")
  func numbersComeRound() {
    var configuration = SMPPSession.Configuration()
    configuration.window = 4
    var session = SMPPSession(
      role: .esme(.transceiver, Machine.bind), configuration: configuration, firstSequence: 0x7FFF_FFFD)
    var actions: [Action] = []
    session.connected(at: .zero, into: &actions)
    session.received(
      PDU(sequence: 0x7FFF_FFFD, body: .bindResp(.transceiver, nil)), at: .zero, into: &actions)
    let numbers = (0..<4).compactMap { session.request(.submit, token: $0, at: .zero)?.sequence }
    #expect(numbers == [0x7FFF_FFFE, 0x7FFF_FFFF, 1, 2])
  }

  @Test("A number in flight is not used again, however often the others go round")
  func numberInFlightIsSkipped() {
    var table = RequestsInFlight(window: 4)
    let held = table.add(.submitSM, token: 1, at: .zero)
    var seen: Set<UInt32> = []
    for round in 0..<200_000 {
      let number = table.add(.submitSM, token: 2, at: .zero)
      if number == held || number == 0 || number > 0x7FFF_FFFF {
        Issue.record("number \(number) in round \(round)")
      }
      seen.insert(number)
      _ = table.take(number, answeredAs: .submitSM)
    }
    #expect(seen.count == 200_000)
    #expect(table.count == 1)
  }

  @Test("What this end may not issue is not issued", arguments: Operation.allCases, BindType.allCases)
  func ownRequestsFollowTheMatrix(operation: Operation, type: BindType) {
    for (machine, party) in [(Machine.esme(type), Party.esme), (Machine.smsc(type), .smsc)] {
      var machine = machine
      let allowed =
        OperationMatrix.allows(operation, from: party, in: machine.session.state.specified)
        && ![.unbind, .enquireLink].contains(operation)
      #expect((machine.request(.sample(operation), token: 1) != nil) == allowed)
    }
  }

  @Test("Nothing is issued before the bind, while unbinding, or after")
  func requestsNeedABind() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    #expect(machine.request(.submit, token: 1) == nil)
    _ = machine.connected()
    #expect(machine.request(.submit, token: 1) == nil)
    _ = machine.received(.bindResp(.transceiver, nil), 1)
    #expect(machine.request(.submitted("x"), token: 1) == nil, "a response is not a request")
    _ = machine.unbind()
    #expect(machine.request(.submit, token: 1) == nil)
    #expect(machine.session.freeWindow == 0)
    _ = machine.closed()
    #expect(machine.request(.submit, token: 1) == nil)
  }

  @Test("alert_notification has no answer and takes no place in the window")
  func alertNotification() {
    var machine = Machine.smsc { $0.window = 1 }
    let alert = PDU.Body.sample(.alertNotification)
    for _ in 0..<3 { #expect(machine.request(alert, token: 1) != nil) }
    #expect(machine.session.freeWindow == 1)
  }
}

@Suite struct PeerRequestTests {
  @Test("A deliver_sm is handed up, and answered by its number in any order")
  func respond() {
    var machine = Machine.esme()
    for number in [UInt32(900), 7, 0xFFFF_FFFF] {
      #expect(machine.received(.deliver, number) == [.request(PDU(sequence: number, body: .deliver))])
    }
    #expect(machine.session.unansweredByUs == 3)
    let ok = PDU.Body.deliverSMResp(SubmitSMResp())
    #expect(machine.session.respond(to: 7, body: ok) == PDU(sequence: 7, body: ok))
    #expect(machine.session.respond(to: 7, body: ok) == nil, "it was answered")
    #expect(
      machine.session.respond(to: 900, status: .ESME_RX_T_APPN)
        == PDU(status: .ESME_RX_T_APPN, sequence: 900, body: .deliverSMResp(nil)))
    #expect(machine.session.respond(to: 0xFFFF_FFFF, body: ok) != nil)
    #expect(machine.session.unansweredByUs == 0)
  }

  @Test("Requests that share a number are answered one by one, in the order they came")
  func sameNumber() {
    var machine = Machine.smsc()
    _ = machine.received(.submit, 1)
    _ = machine.received(.sample(.querySM), 1)
    #expect(machine.session.respond(to: 1, status: .ESME_RSYSERR)?.body == .submitSMResp(nil))
    #expect(machine.session.respond(to: 1, status: .ESME_RSYSERR)?.body == .querySMResp(nil))
    #expect(machine.session.respond(to: 1, status: .ESME_RSYSERR) == nil)
  }

  @Test("Beyond the bound the session itself refuses: ESME_RX_T_APPN to an SMSC, ESME_RTHROTTLED to an ESME")
  func peerWindow() {
    var esme = Machine.esme { $0.peerWindow = 2 }
    for number in 1...2 { #expect(esme.received(.deliver, UInt32(number)).count == 1) }
    #expect(esme.received(.deliver, 3) == [send(.deliverSMResp(nil), 3, status: .ESME_RX_T_APPN)])
    _ = esme.session.respond(to: 1)
    #expect(esme.received(.deliver, 4) == [.request(PDU(sequence: 4, body: .deliver))])
    var smsc = Machine.smsc { $0.peerWindow = 1 }
    _ = smsc.received(.submit, 2)
    #expect(smsc.received(.submit, 3) == [send(.submitSMResp(nil), 3, status: .ESME_RTHROTTLED)])
    #expect(smsc.session.counters.refusedBusy == 1)
  }

  @Test("Answers out of order neither lose nor leak requests", arguments: 0..<10)
  func outOfOrder(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var requests = PeerRequests(limit: 50)
    var open: [UInt32] = []
    for number in 0..<5_000 {
      if Bool.random(using: &random) {
        let added = requests.add(UInt32(number), .deliverSM)
        #expect(added == (open.count < 50))
        if added { open.append(UInt32(number)) }
      } else if let index = open.indices.randomElement(using: &random) {
        #expect(requests.take(open.remove(at: index)) == .deliverSM)
      } else {
        #expect(requests.take(UInt32(number)) == nil)
      }
      #expect(requests.count == open.count)
    }
  }
}
