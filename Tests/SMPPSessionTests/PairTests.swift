import SMPP
import TestSupport
import Testing

@testable import SMPPSession

/// An ESME against an SMSC over an encoded byte stream, in random order: everything submitted or delivered is answered
/// exactly once or handed back exactly once.
@Suite struct PairTests {
  struct End {
    var machine: Machine
    /// Encoded PDUs on their way to this end.
    var inbox: [[UInt8]] = []
    /// Numbers of the peer's requests that wait for an answer.
    var toAnswer: [UInt32] = []
    var issued = 0
    var settled: [UInt64: Int] = [:]
    var overdue: Set<UInt64> = []
    var isOver = false
  }

  @Test(
    "Client against server through random interleavings: every request is settled once", arguments: 0..<30)
  func randomInterleavings(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var ends = [
      End(machine: Machine(.esme(.transceiver, Machine.bind)) { $0.window = 5 }),
      End(
        machine: Machine(.smsc) {
          $0.window = 7
          $0.peerWindow = 4
        }),
    ]
    for index in 0...1 {
      let actions = ends[index].machine.connected()
      perform(actions, index, &ends)
    }
    var now = Duration.zero
    for step in 0..<4_000 where !ends[0].isOver || !ends[1].isOver {
      let index = Int.random(in: 0...1, using: &random)
      ends[index].machine.now = now
      switch Int.random(in: 0..<12, using: &random) {
      case 0...4:
        guard !ends[index].inbox.isEmpty, !ends[index].isOver else { continue }
        let frame = ends[index].inbox.removeFirst()
        guard case .pdu(let pdu) = PDU.decode(frame) else {
          Issue.record("a PDU did not survive the wire")
          return
        }
        perform(ends[index].machine.received(pdu.body, pdu.sequence, status: pdu.status), index, &ends)
      case 5...7:
        let token = UInt64(ends[index].issued)
        guard let pdu = ends[index].machine.request(index == 0 ? .submit : .deliver, token: token) else {
          continue
        }
        ends[index].issued += 1
        perform([.send(pdu)], index, &ends)
      case 8...9:
        guard let place = ends[index].toAnswer.indices.randomElement(using: &random) else { continue }
        let number = ends[index].toAnswer.remove(at: place)
        guard
          let pdu = ends[index].machine.session.respond(
            to: number, body: index == 0 ? .deliverSMResp(SubmitSMResp()) : .submitted("x"))
        else { continue }
        perform([.send(pdu)], index, &ends)
      case 10:
        now += .milliseconds(Int.random(in: 0...900, using: &random))
        for other in 0...1 { perform(ends[other].machine.wait(until: now), other, &ends) }
      default:
        guard step > 3_000 else { continue }
        perform(ends[index].machine.unbind(), index, &ends)
      }
      if case .authorising = ends[1].machine.session.state {
        perform(ends[1].machine.authorise(.accepted(BindResp(systemID: "s"))), 1, &ends)
      }
    }
    for index in 0...1 { perform(ends[index].machine.closed(), index, &ends) }
    for end in ends {
      #expect(end.issued > 20, "seed \(seed)")
      #expect(end.settled.count == end.issued)
      #expect(end.settled.values.allSatisfy { $0 == 1 })
    }
  }

  private func perform(_ actions: [Action], _ index: Int, _ ends: inout [End]) {
    for action in actions {
      switch action {
      case .send(let pdu):
        var octets: [UInt8] = []
        pdu.encode(into: &octets)
        ends[1 - index].inbox.append(octets)
      case .request(let pdu): ends[index].toAnswer.append(pdu.sequence)
      case .answered(let token, _): ends[index].settled[token, default: 0] += 1
      case .unanswered(let tokens): for token in tokens { ends[index].settled[token, default: 0] += 1 }
      case .overdue(let token):
        let first = ends[index].overdue.insert(token).inserted
        #expect(first)
      case .close: ends[index].isOver = true
      case .finishWriting:
        // The peer reads what is left and sees the end of file in its own time; here it closes too.
        break
      case .bound, .bindRefused, .bindRequested, .outbindReceived, .notification: break
      }
    }
  }

  @Test("Random PDUs in any order never trap a machine, and what it sends can be encoded", arguments: 0..<20)
  func randomPDUs(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed) + 500)
    for var machine in MatrixTests.everyState() {
      for _ in 0..<60 {
        machine.now += .milliseconds(Int.random(in: 0...4_000, using: &random))
        let operation = Operation.allCases.randomElement(using: &random) ?? .unbind
        let sequence = UInt32.random(in: 0...6, using: &random)
        let status = CommandStatus(rawValue: UInt32.random(in: 0...5, using: &random))
        var actions: [Action] = []
        switch Int.random(in: 0..<9, using: &random) {
        case 0...2: actions = machine.received(.sample(operation), sequence)
        case 3: actions = machine.received(operation.refusal, sequence, status: status)
        case 4:
          actions = machine.refused(
            CommandID(rawValue: .random(in: 0...300, using: &random)), sequence, .ESME_RINVCMDID)
        case 5: actions = machine.wait(until: machine.now)
        case 6: _ = machine.request(.sample(operation), token: 1)
        case 7: _ = machine.session.respond(to: sequence, status: status)
        default: actions = machine.authorise(.accepted(BindResp(systemID: "s")))
        }
        for case .send(let pdu) in actions {
          var octets: [UInt8] = []
          pdu.encode(into: &octets)
          #expect(PDU.decode(octets) == .pdu(pdu))
        }
      }
    }
  }
}
