import SMPP
import Testing

@testable import SMPPSession

@Suite struct TimerTests {
  @Test("session_init_timer closes a session that is not bound in 10 s, at either end")
  func sessionInit() {
    var esme = Machine(.esme(.transceiver, Machine.bind))
    _ = esme.connected()
    #expect(esme.session.nextDeadline == .seconds(10))
    #expect(esme.wait(until: .milliseconds(9_999)) == [])
    #expect(esme.wait(until: .seconds(10)) == [.close(.bindUnanswered)])
    var smsc = Machine(.smsc)
    _ = smsc.connected()
    #expect(smsc.wait(until: .seconds(10)) == [.close(.sessionInitTimeout)])
  }

  @Test("A bind the user does not decide in time is refused, not dropped")
  func undecided() {
    var machine = Machine(.smsc)
    _ = machine.connected()
    _ = machine.received(.bind(.receiver, Machine.bind), 3)
    #expect(
      machine.wait(until: .seconds(10))
        == [send(.bindResp(.receiver, nil), 3, status: .ESME_RSYSERR), .finishWriting])
  }

  @Test("enquire_link goes out after 30 s of silence, and its answer begins the silence anew")
  func enquireLink() {
    var machine = Machine.esme()
    #expect(machine.wait(until: .milliseconds(29_999)) == [])
    #expect(machine.wait(until: .seconds(30)) == [send(.enquireLink, 2)])
    machine.now = .seconds(31)
    #expect(machine.received(.enquireLinkResp, 2) == [])
    #expect(machine.wait(until: .milliseconds(60_999)) == [])
    #expect(machine.wait(until: .seconds(61)) == [send(.enquireLink, 3)])
  }

  @Test("Two enquire_links without an answer within 10 s close the session")
  func twoMisses() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 1)
    #expect(machine.wait(until: .milliseconds(29_999)) == [])
    #expect(
      machine.wait(until: .milliseconds(49_999)) == [
        .overdue(token: 1), send(.enquireLink, 3), send(.enquireLink, 4),
      ])
    #expect(machine.wait(until: .seconds(50)) == [.unanswered([1]), .close(.enquireLinkUnanswered)])
    #expect(machine.session.counters.enquireLinksMissed == 2)
  }

  @Test("Whatever is heard proves the peer alive, the answer to enquire_link or not")
  func anythingHeard() {
    var machine = Machine.esme()
    _ = machine.wait(until: .seconds(39))
    _ = machine.received(.deliver, 1)
    #expect(machine.wait(until: .milliseconds(68_999)) == [])
    #expect(machine.wait(until: .seconds(69)) == [send(.enquireLink, 3)])
    #expect(machine.session.counters.enquireLinksMissed == 0)
  }

  @Test("A generic_nack to enquire_link is an answer")
  func enquireLinkNacked() {
    var machine = Machine.esme()
    _ = machine.wait(until: .seconds(30))
    #expect(machine.received(.genericNack, 2, status: .ESME_RINVCMDID) == [])
    #expect(machine.wait(until: .milliseconds(59_999)) == [])
  }

  @Test("Without an enquire_link timer none is sent, and inactivity unbinds after 300 s")
  func inactivity() {
    var machine = Machine.smsc { $0.enquireLinkAfter = nil }
    #expect(machine.wait(until: .milliseconds(299_999)) == [])
    #expect(machine.wait(until: .seconds(300)) == [send(.unbind, 1)])
    #expect(machine.wait(until: .seconds(305)) == [.close(.inactivity)])
  }

  @Test("With neither timer an idle session has no deadline")
  func noTimers() {
    let machine = Machine.esme {
      $0.enquireLinkAfter = nil
      $0.inactivityTimeout = nil
    }
    #expect(machine.session.nextDeadline == nil)
  }

  @Test("A request is overdue after 30 s, keeps its slot, and its late answer is still told")
  func overdue() {
    var machine = Machine.esme {
      $0.window = 2
      $0.enquireLinkAfter = nil
    }
    _ = machine.request(.submit, token: 1)
    machine.now = .seconds(1)
    _ = machine.request(.submit, token: 2)
    #expect(machine.wait(until: .seconds(30)) == [.overdue(token: 1)])
    #expect(machine.wait(until: .seconds(31)) == [.overdue(token: 2)])
    #expect(machine.session.freeWindow == 0)
    machine.now = .seconds(45)
    let late = PDU(sequence: 2, body: .submitted("x"))
    #expect(machine.received(.submitted("x"), 2) == [.answered(token: 1, late)])
    #expect(machine.session.counters.late == 1)
    #expect(machine.wait(until: .milliseconds(60_999)) == [])
    #expect(machine.wait(until: .seconds(61)) == [.unanswered([2]), .close(.responseTimeout)])
  }

  @Test("An answered request has no timer left")
  func answeredInTime() {
    var machine = Machine.esme {
      $0.enquireLinkAfter = nil
      $0.inactivityTimeout = nil
    }
    for token in 0..<5 { _ = machine.request(.submit, token: UInt64(token)) }
    for number in [4, 2, 6, 3, 5] { _ = machine.received(.submitted("x"), UInt32(number)) }
    #expect(machine.session.nextDeadline == nil)
    #expect(machine.wait(until: .seconds(1_000)) == [])
  }
}

@Suite struct EndingTests {
  @Test("Our unbind: its answer, then what is unanswered, then close")
  func ourUnbind() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 1)
    _ = machine.request(.submit, token: 2)
    #expect(machine.unbind() == [send(.unbind, 4)])
    #expect(machine.unbind() == [], "once")
    #expect(
      machine.received(.submitted("a"), 2) == [.answered(token: 1, PDU(sequence: 2, body: .submitted("a")))])
    #expect(machine.received(.deliver, 50) == [send(.deliverSMResp(nil), 50, status: .ESME_RX_T_APPN)])
    #expect(machine.received(.enquireLink, 51) == [send(.enquireLinkResp, 51)])
    #expect(machine.received(.unbindResp, 4) == [.unanswered([2]), .close(.unbound)])
    #expect(machine.closed() == [])
  }

  @Test("An unbind without an answer is given up after 5 s")
  func unbindTimeout() {
    var machine = Machine.esme()
    _ = machine.unbind()
    #expect(machine.wait(until: .milliseconds(4_999)) == [])
    #expect(machine.wait(until: .seconds(5)) == [.close(.unbound)])
  }

  @Test("The peer's unbind: answer, shut our half, take late answers, hand back the rest at its end of file")
  func peerUnbind() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 1)
    _ = machine.request(.submit, token: 2)
    _ = machine.received(.deliver, 8)
    #expect(machine.received(.unbind, 9) == [send(.unbindResp, 9), .finishWriting])
    #expect(machine.session.respond(to: 8) == nil, "nothing can be written any more")
    #expect(machine.received(.enquireLink, 10) == [])
    #expect(
      machine.received(.submitted("b"), 3) == [.answered(token: 2, PDU(sequence: 3, body: .submitted("b")))])
    #expect(machine.closed() == [.unanswered([1])])
    #expect(machine.closed() == [])
  }

  @Test("A peer that unbinds and does not close is closed after 5 s")
  func peerDoesNotClose() {
    var machine = Machine.smsc()
    _ = machine.received(.unbind, 9)
    #expect(machine.wait(until: .seconds(5)) == [.close(.peerUnbound)])
  }

  @Test("Both unbind at once: each answers, neither hangs")
  func bothUnbind() {
    var esme = Machine.esme()
    var smsc = Machine.smsc()
    #expect(esme.unbind() == [send(.unbind, 2)])
    #expect(smsc.unbind() == [send(.unbind, 1)])
    #expect(esme.received(.unbind, 1) == [send(.unbindResp, 1), .finishWriting])
    #expect(smsc.received(.unbind, 2) == [send(.unbindResp, 2), .finishWriting])
    #expect(esme.received(.unbindResp, 2) == [])
    #expect(smsc.received(.unbindResp, 1) == [])
    #expect(esme.closed() == [])
    #expect(smsc.closed() == [])
  }

  @Test("A lost connection hands back every request without an answer, in order, once")
  func lostConnection() {
    var machine = Machine.esme { $0.window = 100 }
    for token in 0..<50 { _ = machine.request(.submit, token: UInt64(token)) }
    for number in stride(from: 2, to: 52, by: 2) { _ = machine.received(.submitted("x"), UInt32(number)) }
    #expect(machine.closed() == [.unanswered((0..<50).filter { $0 % 2 == 1 }.map(UInt64.init))])
    #expect(machine.closed() == [])
    #expect(machine.unbind() == [])
    #expect(machine.session.nextDeadline == nil)
  }

  @Test("unbind before there is a bind closes at once")
  func unbindUnbound() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(machine.unbind() == [.close(.unbound)])
  }
}
