import SMPP
import Testing

@testable import SMPPSession

/// Octets of one PDU: header and body.
private func frame(
  _ id: CommandID, _ sequence: UInt32, status: UInt32 = 0, _ body: [UInt8] = [], length: UInt32? = nil
) -> [UInt8] {
  var octets: [UInt8] = []
  for word in [length ?? UInt32(16 + body.count), id.rawValue, status, sequence] {
    for shift: UInt32 in [24, 16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
  return octets + body
}

/// Faults that users of other implementations reported of the octets on the wire: each with where it was reported.
@Suite struct WireFaultTests {
  @Test(
    "One octet a segment, or a thousand PDUs in one (python-smpplib#82, joaogervasoni/smppjs#58, ajankovic/smpp#8)"
  )
  func anyCut() {
    var slow = Machine.esme()
    let deliver = PDU(sequence: 77, body: .deliver)
    var actions: [Action] = []
    for octet in deliver.encoded + PDU(sequence: 78, body: .enquireLink).encoded {
      actions += slow.read([octet])
    }
    #expect(actions == [.request(deliver), send(.enquireLinkResp, 78)])
    var fast = Machine.esme { $0.peerWindow = 1_000 }
    let many = (1...1_000).map { PDU(sequence: UInt32($0), body: .deliver) }
    #expect(fast.read(many.flatMap(\.encoded)) == many.map { .request($0) })
  }

  @Test(
    "A scanner, HTTP, a length under 16 or over 70,000: generic_nack, close (farhadi/node-smpp#230, OpenSIPS#3891)",
    arguments: [
      Array("GET / HTTP/1.1\r\n".utf8), frame(.submitSM, 5, length: 0), frame(.submitSM, 5, length: 15),
      frame(.submitSM, 5, length: 70_001), frame(.submitSM, 5, length: .max), Array(repeating: 0, count: 16),
    ])
  func garbage(octets: [UInt8]) {
    let sequence = octets.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    for var machine in [Machine.esme(), Machine.smsc(), Self.open()] {
      #expect(
        machine.read(octets)
          == [send(.genericNack, sequence, status: .ESME_RINVCMDLEN), .close(.framingLost)])
    }
  }

  private static func open() -> Machine {
    var machine = Machine(.smsc)
    _ = machine.connected()
    return machine
  }

  @Test("A legal message_payload of 65,535 octets is taken (farhadi/node-smpp#128 and #168)")
  func largestPayload() {
    var message = SubmitSM(source: Address(digits: "1"))
    message.tlvs.messagePayload = Array(repeating: 0x41, count: 65_535)
    let pdu = PDU(sequence: 3, body: .deliverSM(message))
    var machine = Machine.esme()
    #expect(machine.read(pdu.encoded) == [.request(pdu)])
  }

  @Test(
    "An unknown command_id gets generic_nack ESME_RINVCMDID and the session lives (funbox/smppex#58)",
    arguments: [UInt32(0x112), 0x10, 0xFF, 0x1_0200, 0x7FFF_FFFF])
  func unknownCommand(id: UInt32) {
    for var machine in [Machine.esme(), Machine.smsc()] {
      let state = machine.session.state
      #expect(
        machine.read(frame(CommandID(rawValue: id), 31, [1, 2, 3]))
          == [send(.genericNack, 31, status: .ESME_RINVCMDID)])
      #expect(machine.read(frame(CommandID(rawValue: id | 0x8000_0000), 32)) == [], "no response is answered")
      #expect(machine.session.state == state)
    }
  }

  @Test(
    "Error responses end their request with a body and without (mozes/smpp.pdu#6, jookies/jasmin#124 and #128)",
    arguments: [
      [], [0], Array("id1".utf8), Array("id1\0".utf8), [0, 0x04, 0x23, 0, 3, 3, 0, 8],
      [0x04, 0x25, 0, 1, 2], Array("id1\0".utf8) + [0x14, 0, 0, 2, 9, 9], [0, 0, 0, 0],
    ] as [[UInt8]])
  func errorBodies(body: [UInt8]) {
    for status: UInt32 in [0x45, 0x58, 0x08] {
      var machine = Machine.esme()
      _ = machine.request(.submit, token: 9)
      let actions = machine.read(frame(.submitSMResp, 2, status: status, body))
      guard actions.count == 1, case .answered(9, let pdu)? = actions.first else {
        Issue.record("\(actions)")
        continue
      }
      #expect(pdu.status.rawValue == status)
    }
  }

  @Test(
    "A status nobody knows is kept as it is (jookies/jasmin#100 and #552)",
    arguments: [UInt32(0x106), 34, 0x400, .max])
  func unknownStatus(status: UInt32) {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 9)
    let pdu = PDU(status: CommandStatus(rawValue: status), sequence: 2, body: .submitSMResp(nil))
    #expect(machine.read(frame(.submitSMResp, 2, status: status)) == [.answered(token: 9, pdu)])
    #expect(machine.session.state == .bound(.transceiver))
  }

  @Test("generic_nack with status 0, as some answer what they cannot decode, is an answer (aiosmpplib)")
  func nackWithoutStatus() {
    var machine = Machine.smsc()
    _ = machine.request(.deliver, token: 4)
    #expect(
      machine.read(frame(.genericNack, 1))
        == [.answered(token: 4, PDU(sequence: 1, body: .genericNack))])
  }

  @Test(
    "A stray NUL, a cut TLV, a TLV nobody knows: one PDU suffers, not the session (praekelt/python-smpp#7, jasmin#218)",
    arguments: [
      ([0], true), ([0, 0, 0], true), ([0x14, 0x00, 0, 2, 1, 2], true), ([0xFF, 0xFF, 0, 0], true),
      ([0x14, 0x00, 0, 9, 1, 2], false), ([0x04, 0x24, 0xFF, 0xFF, 1], false), ([0x14], true),
    ] as [([UInt8], Bool)])
  func tails(tail: [UInt8], isTaken: Bool) {
    var octets = PDU(sequence: 40, body: .deliver).encoded + tail
    octets[3] = UInt8(octets.count)
    var machine = Machine.esme()
    let actions = machine.read(octets)
    if isTaken {
      guard case .request? = actions.first else {
        Issue.record("\(actions)")
        return
      }
    } else {
      #expect(actions == [send(.deliverSMResp(nil), 40, status: .ESME_RINVOPTPARSTREAM)])
    }
    #expect(machine.read(PDU(sequence: 41, body: .enquireLink).encoded) == [send(.enquireLinkResp, 41)])
  }

  @Test(
    "interface_version 34 for 0x34, 0x33, 0x50, 0: the bind is taken, and answered with 0x34 where the peer can read that (komuw/naz#184)",
    arguments: [UInt8(34), 0x33, 0x34, 0x50, 0])
  func interfaceVersions(version: UInt8) {
    var smsc = Self.open()
    let bind = Bind(systemID: "acme", password: "secret", interfaceVersion: version)
    #expect(
      smsc.read(PDU(sequence: 1, body: .bind(.transceiver, bind)).encoded)
        == [.bindRequested(.transceiver, bind)])
    let actions = smsc.authorise(.accepted(BindResp(systemID: "smsc")))
    guard case .send(let pdu)? = actions.first, case .bindResp(_, let response?) = pdu.body else {
      Issue.record("\(actions)")
      return
    }
    // sc_interface_version is an optional parameter: a peer below 3.4 knows none (SMPP 3.4, 3.2.1).
    #expect(response.tlvs.scInterfaceVersion == (version == 0x33 || version == 0 ? nil : 0x34))
  }

  @Test(
    "bind_resp without sc_interface_version, with another, or of a header alone binds (Rusmpp#42, funbox/smppex#61)",
    arguments: [
      [], [0], Array("smsc\0".utf8), Array("smsc".utf8), Array("smsc\0".utf8) + [0x02, 0x10, 0, 1, 0x33],
      Array("smsc\0".utf8) + [0x02, 0x10, 0, 1, 0x50], Array("smsc\0".utf8) + [0x02, 0x10, 0, 9, 0x34],
    ] as [[UInt8]])
  func bindResponses(body: [UInt8]) {
    for id: CommandID in [.bindTransceiverResp, .bindReceiverResp, .bindTransmitterResp] {
      var machine = Machine(.esme(.transceiver, Machine.bind))
      _ = machine.connected()
      let actions = machine.read(frame(id, 1, body))
      guard case .bound? = actions.first, actions.count == 1 else {
        Issue.record("\(actions)")
        continue
      }
      #expect(machine.session.state == .bound(.transceiver))
    }
  }
}

/// Faults that users of other implementations reported of sessions: each with where it was reported.
@Suite struct SessionFaultTests {
  @Test(
    "enquire_link is answered in every state that writes, and sent only when bound (opentelecoms-org/jsmpp#63)"
  )
  func enquireLink() {
    for machine in MatrixTests.everyState() {
      var asked = machine
      let writes = machine.session.state.canAnswer
      #expect(asked.received(.enquireLink, 0) == (writes ? [send(.enquireLinkResp, 0)] : []))
      var idle = machine
      let isBound = machine.session.state.boundAs != nil
      var sent = false
      for action in idle.wait(until: .seconds(35)) {
        if case .send(let pdu) = action, pdu.body == .enquireLink { sent = true }
      }
      #expect(sent == isBound, "\(machine.session.state)")
    }
  }

  @Test("The answer to unbind is written before our half closes (praekeltfoundation/vumi#624)")
  func unbindAnsweredFirst() {
    for var machine in [Machine.esme(), Machine.smsc()] {
      #expect(machine.received(.unbind, 9) == [send(.unbindResp, 9), .finishWriting])
      #expect(machine.received(.unbind, 10) == [], "and nothing after it")
    }
  }

  @Test("A peer that closes instead of answering unbind ends the session as well (smpp34's server)")
  func closedInsteadOfUnbindResp() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 5)
    _ = machine.unbind()
    #expect(machine.closed() == [.unanswered([5])])
    #expect(machine.session.state == .closed)
  }

  @Test("An unbind_resp nobody asked for changes nothing")
  func strayUnbindResp() {
    var machine = Machine.esme()
    #expect(machine.received(.unbindResp, 1) == [])
    #expect(machine.session.state == .bound(.transceiver))
  }

  @Test("generic_nack with a known number ends that request, whatever it was (ajankovic/smpp#3)")
  func genericNack() {
    for operation: Operation in [.submitSM, .submitMulti, .dataSM, .querySM, .cancelSM, .replaceSM] {
      var machine = Machine.esme()
      _ = machine.request(.sample(operation), token: 3)
      let nack = PDU(status: .ESME_RINVCMDID, sequence: 2, body: .genericNack)
      #expect(machine.received(.genericNack, 2, status: .ESME_RINVCMDID) == [.answered(token: 3, nack)])
    }
    var unbinding = Machine.esme()
    _ = unbinding.unbind()
    #expect(unbinding.received(.genericNack, 2, status: .ESME_RINVCMDID) == [.close(.unbound)])
  }

  @Test(
    "A response that does not repeat our number is dropped, and its request told overdue (farhadi/node-smpp#17)"
  )
  func wrongNumber() {
    var machine = Machine.esme { $0.enquireLinkAfter = nil }
    _ = machine.request(.submit, token: 3)
    for number in [UInt32(0), 1, 3, 0x8000_0002, .max] {
      #expect(machine.received(.submitted("x"), number) == [])
    }
    #expect(machine.session.counters.stray == 5)
    #expect(machine.wait(until: .seconds(30)) == [.overdue(token: 3)])
  }

  @Test(
    "Whatever number the peer uses comes back: 0, above 0x7FFFFFFF, the same again (vumi#88 and #404, JamaaSMPP#50)"
  )
  func theirNumbers() {
    for number in [UInt32(0), 1, 0x8000_0000, .max] {
      var machine = Machine.esme()
      for _ in 0..<3 {
        #expect(machine.received(.deliver, number) == [.request(PDU(sequence: number, body: .deliver))])
      }
      for _ in 0..<3 {
        let answer = PDU(sequence: number, body: .deliverSMResp(SubmitSMResp()))
        #expect(machine.session.respond(to: number, body: .deliverSMResp(SubmitSMResp())) == answer)
      }
      #expect(machine.session.respond(to: number) == nil)
    }
  }

  @Test("A session binds once, however often it is told it is connected (RestComm/load-balancer#95)")
  func bindsOnce() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    #expect(machine.connected().count == 1)
    #expect(machine.connected() == [])
    _ = machine.received(.bindResp(.transceiver, nil), 1)
    #expect(machine.connected() == [])
    #expect(machine.received(.bindResp(.transceiver, nil), 1) == [], "nor is it bound twice")
  }

  @Test("A bind to one that binds itself is refused, and its own bind goes on", arguments: BindType.allCases)
  func bindWhileBinding(type: BindType) {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(
      machine.received(.bind(type, Machine.bind), 8)
        == [send(.bindResp(type, nil), 8, status: .ESME_RINVBNDSTS)])
    #expect(machine.received(.bindResp(.transceiver, nil), 1) == [.bound(nil)])
  }

  @Test(
    "Messages before the bind is answered get ESME_RINVBNDSTS, and the bind goes on (twitter/cloudhopper-smpp#101)"
  )
  func beforeTheBind() {
    var smsc = Machine(.smsc)
    _ = smsc.connected()
    let refusal = [send(.submitSMResp(nil), 2, status: .ESME_RINVBNDSTS)]
    #expect(smsc.received(.submit, 2) == refusal)
    _ = smsc.received(.bind(.transceiver, Machine.bind), 1)
    #expect(smsc.received(.submit, 2) == refusal, "its password is not looked at yet")
    #expect(smsc.authorise(.accepted(BindResp(systemID: "smsc"))).count == 1)
    #expect(smsc.received(.submit, 2) == [.request(PDU(sequence: 2, body: .submit))])
    var esme = Machine(.esme(.receiver, Machine.bind))
    _ = esme.connected()
    #expect(esme.received(.deliver, 5) == [send(.deliverSMResp(nil), 5, status: .ESME_RINVBNDSTS)])
    #expect(esme.received(.bindResp(.receiver, nil), 1) == [.bound(nil)])
  }

  @Test("Answers that arrive after both said unbind still settle their requests (mozes/smpp.pdu#7)")
  func answersWhileClosing() {
    var machine = Machine.esme()
    for token: UInt64 in 1...3 { _ = machine.request(.submit, token: token) }
    _ = machine.received(.unbind, 9)
    #expect(machine.session.state == .closing)
    let answer = PDU(sequence: 3, body: .submitted("b"))
    #expect(machine.read(answer.encoded) == [.answered(token: 2, answer)])
    #expect(machine.read(frame(.submitSMResp, 2, status: 0x58)).count == 1)
    #expect(machine.read(frame(CommandID(rawValue: 0x99), 1)) == [], "nothing more is written")
    #expect(machine.closed() == [.unanswered([3])])
  }

  @Test("A late answer after its time-out is told with its id, not lost (praekeltfoundation/vumi#636)")
  func lateAnswer() {
    var machine = Machine.esme { $0.enquireLinkAfter = nil }
    _ = machine.request(.submit, token: 6)
    #expect(machine.wait(until: .seconds(31)) == [.overdue(token: 6)])
    let answer = PDU(sequence: 2, body: .submitted("a1b2"))
    #expect(machine.read(answer.encoded) == [.answered(token: 6, answer)])
    #expect(machine.closed() == [], "and not handed back as well")
  }

  @Test("ESME_RALYBND after a lost connection closes with that status, which the back-off reads (jsmpp#82)")
  func alreadyBound() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(
      machine.read(frame(.bindTransceiverResp, 1, status: 5, Array("smsc\0".utf8)))
        == [.bindRefused(.ESME_RALYBND), .close(.bindRefused(.ESME_RALYBND))])
    #expect(ReconnectBackoff.Refusal(.ESME_RALYBND) == .alreadyBound)
  }
}
