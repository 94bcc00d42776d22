import SMPP
import Testing

/// The octets with command_length set to their number.
func relength(_ octets: some Collection<UInt8>) -> [UInt8] {
  var octets = Array(octets)
  for (index, shift) in [24, 16, 8, 0].enumerated() where index < octets.count {
    octets[index] = UInt8(truncatingIfNeeded: octets.count >> shift)
  }
  return octets
}

@Test(arguments: CommandID.all.map(\.id))
func aPDUWithoutItsLastOctetsIsRefusedForItsLength(_ id: CommandID) throws {
  var random = RandomPDU(seed: UInt64(id.rawValue) &+ 1)
  for _ in 0..<6 {
    let made = random.pdu(id)
    let octets = try #require(made).encoded
    for length in 0..<octets.count {
      guard case .refused(_, .ESME_RINVCMDLEN, _) = PDU.decode(Array(octets.prefix(length))) else {
        Issue.record("\(id) cut to \(length) of \(octets.count) octets was taken")
        return
      }
    }
  }
}

/// What a request whose command_length agrees with its cut body may be refused with.
private let cutStatuses: Set<CommandStatus> = [.ESME_RINVCMDLEN, .ESME_RINVMSGLEN, .ESME_RINVOPTPARSTREAM]

@Test(arguments: CommandID.all.map(\.id))
func aPDUCutShortIsRefusedOrTakenWithoutWhatWasCut(_ id: CommandID) throws {
  var random = RandomPDU(seed: UInt64(id.rawValue) &+ 2)
  for _ in 0..<6 {
    let made = random.pdu(id)
    let pdu = try #require(made)
    let octets = pdu.encoded
    for length in PDUHeader.length..<octets.count {
      let result = PDU.decode(relength(octets.prefix(length)))
      guard isRefusedOrTaken(result, pdu, cutTo: length) else {
        Issue.record("\(id) cut to \(length) of \(octets.count): \(result)")
        return
      }
    }
  }
}

private func isRefusedOrTaken(_ result: DecodeResult, _ pdu: PDU, cutTo length: Int) -> Bool {
  let id = pdu.commandID
  switch result {
  case .refused(let header, let status, let error):
    // Of the responses only two have a mandatory part that can be cut.
    return header.commandID == id && header.sequence == pdu.sequence && cutStatuses.contains(status)
      && (PDUHeader.length...length).contains(error.offset)
      && (!id.isResponse || id == .querySMResp || id == .submitMultiResp)
  case .pdu(let taken):
    // A NUL and a no_unsuccess may have been supplied.
    return taken.commandID == id && taken.sequence == pdu.sequence && taken.status == pdu.status
      && taken.encodedLength <= length + 2
  }
}

@Test func aMessageCutBeforeItsTextEndsIsNeverTaken() {
  var random = RandomPDU(seed: 6)
  for _ in 0..<20 {
    let message = random.message()
    let octets = PDU(sequence: 1, body: .submitSM(message)).encoded
    for length in PDUHeader.length..<(octets.count - message.tlvs.encodedLength) {
      guard case .refused = PDU.decode(relength(octets.prefix(length))) else {
        Issue.record("a message cut at \(length) was taken")
        return
      }
    }
  }
}

@Test func randomOctetsAreNeverATrap() {
  var random = RandomPDU(seed: 7)
  var taken = 0
  for _ in 0..<4_000 {
    var octets = random.octets(0...120)
    _ = PDU.decode(octets)
    octets = relength(octets)
    if octets.count >= 8 {
      let id = CommandID.all[Int(octets[7]) % CommandID.all.count].id.rawValue
      for (index, shift) in [24, 16, 8, 0].enumerated() {
        octets[4 + index] = UInt8(truncatingIfNeeded: id >> UInt32(shift))
      }
    }
    for options in [DecodeOptions(), .longFields] {
      guard case .pdu(let pdu) = PDU.decode(octets, options: options) else { continue }
      #expect(PDU.decode(pdu.encoded, options: options) == .pdu(pdu))
      taken += 1
    }
  }
  #expect(taken > 100)
}

@Test func octetsChangedAnywhereAreNeverATrapAndWhatIsTakenIsSentAgainAlike() {
  var random = RandomPDU(seed: 8)
  var taken = 0
  for _ in 0..<1_500 {
    var octets = random.pdu().encoded
    for _ in 0..<Int.random(in: 1...4, using: &random.random) where octets.count > PDUHeader.length {
      octets[Int.random(in: PDUHeader.length..<octets.count, using: &random.random)] = random.octet()
    }
    guard case .pdu(let pdu) = PDU.decode(octets) else { continue }
    guard PDU.decode(pdu.encoded) == .pdu(pdu) else {
      Issue.record("\(octets) was taken as \(pdu), which comes back as \(PDU.decode(pdu.encoded))")
      return
    }
    taken += 1
  }
  #expect(taken > 100)
}
