import SMPP
import Testing

@testable import SMPPSession

/// The one way in: octets, whatever the cuts they come in.
@Suite struct OctetTests {
  private func front(
    _ octets: [UInt8], _ machine: inout Machine
  ) -> (SMPPSession.Front, [SMPPSession.Action]) {
    var actions: [SMPPSession.Action] = []
    let front = octets.withUnsafeBytes { machine.session.received($0, at: machine.now, into: &actions) }
    return (front, actions)
  }

  @Test("A PDU is taken when it is whole, and what follows it is left")
  func whole() {
    var machine = Machine.smsc()
    let submit = PDU(sequence: 7, body: .submit)
    let octets = submit.encoded
    for count in 0..<octets.count {
      #expect(front(Array(octets[..<count]), &machine) == (.needMore, []))
    }
    #expect(front(octets + octets.prefix(9), &machine) == (.pdu(octets: octets.count), [.request(submit)]))
  }

  @Test("What cannot be read is answered, and what follows it is read")
  func refused() {
    var machine = Machine.smsc()
    let unknown: [UInt8] = [0, 0, 0, 16, 0, 0, 1, 0x12, 0, 0, 0, 0, 0, 0, 0, 9]
    let (found, actions) = front(unknown + PDU(sequence: 10, body: .enquireLink).encoded, &machine)
    guard case .refused(16, .ESME_RINVCMDID, _) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(actions == [send(.genericNack, 9, status: .ESME_RINVCMDID)])
  }

  @Test("A length that cannot be is the end: the session closes and takes nothing more")
  func lost() {
    var machine = Machine.smsc()
    let octets: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3]
    let (found, actions) = front(octets, &machine)
    #expect(found == .framingLost(commandLength: 0xFFFF_FFFF))
    #expect(actions == [send(.genericNack, 3, status: .ESME_RINVCMDLEN), .close(.framingLost)])
    #expect(front(PDU(sequence: 4, body: .enquireLink).encoded, &machine).1.isEmpty)
  }
}
