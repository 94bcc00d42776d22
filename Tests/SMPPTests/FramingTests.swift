import SMPP
import TestSupport
import Testing

/// The steps a reader takes that gets the stream in pieces and keeps what is not yet consumed.
private func frames(of stream: [UInt8], pieces: (Int) -> Int) -> [DecodeResult] {
  var results: [DecodeResult] = []
  var kept: [UInt8] = []
  var at = 0
  while at < stream.count {
    let piece = min(max(1, pieces(at)), stream.count - at)
    kept += stream[at..<(at + piece)]
    at += piece
    var consumed = 0
    kept.withUnsafeBytes { octets in
      while case .frame(let length) = Framing.next(
        UnsafeRawBufferPointer(rebasing: octets.dropFirst(consumed)))
      {
        results.append(PDU.decode(UnsafeRawBufferPointer(rebasing: octets[consumed..<(consumed + length)])))
        consumed += length
      }
    }
    kept.removeFirst(consumed)
  }
  #expect(kept.isEmpty)
  return results
}

@Test func aStreamOfOneOctetPerSegmentGivesEveryPDU() {
  let pdus = Vector.all.map(\.pdu)
  #expect(frames(of: pdus.flatMap(\.encoded), pieces: { _ in 1 }) == pdus.map { .pdu($0) })
}

@Test func aThousandPDUsInOneSegmentAreAllRead() {
  var random = RandomPDU(seed: 3)
  let pdus = (0..<1000).map { _ in random.pdu() }
  var stream: [UInt8] = []
  for pdu in pdus { pdu.encode(into: &stream) }
  #expect(frames(of: stream, pieces: { _ in stream.count }) == pdus.map { .pdu($0) })
}

@Test func aStreamCutAnywhereGivesTheSamePDUs() {
  var random = RandomPDU(seed: 4)
  let pdus = (0..<200).map { _ in random.pdu() }
  let stream = pdus.flatMap(\.encoded)
  var cuts = SeededGenerator(seed: 5)
  for _ in 0..<10 {
    #expect(
      frames(of: stream, pieces: { _ in Int.random(in: 1...200, using: &cuts) }) == pdus.map { .pdu($0) })
  }
}

@Test func aBadPDUDoesNotDisturbTheNext() {
  let good = PDU(sequence: 2, body: .enquireLink)
  let unknown: [UInt8] = [0, 0, 0, 18, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF]
  let results = frames(of: unknown + good.encoded, pieces: { _ in 7 })
  #expect(results.count == 2)
  #expect(results.last == .pdu(good))
}

@Test(
  arguments: [
    ("no octet", [], Framing.Step.needMore),
    ("part of a length", [0, 0, 0], .needMore),
    ("a length of 16 without its PDU", [0, 0, 0, 16], .needMore),
    ("a length under 16", [0, 0, 0, 15], .lost(commandLength: 15, header: nil)),
    ("a length of 0", [0, 0, 0, 0, 1], .lost(commandLength: 0, header: nil)),
    ("the longest length", [0x00, 0x01, 0x11, 0x70], .needMore),
    ("a length over the longest", [0x00, 0x01, 0x11, 0x71], .lost(commandLength: 70_001, header: nil)),
    (
      "a length that is negative as a signed one", [0xFF, 0xFF, 0xFF, 0xFF],
      .lost(commandLength: .max, header: nil)
    ),
  ] as [(String, [UInt8], Framing.Step)])
func theLengthIsBoundedBeforeAnythingElse(_ what: String, _ octets: [UInt8], _ step: Framing.Step) {
  #expect(octets.withUnsafeBytes { Framing.next($0) } == step)
}

@Test func aWebBrowserOnThePortLosesItsFramingAtOnce() {
  let request = Array("GET / HTTP/1.1\r\nHost: smpp\r\n\r\n".utf8)
  guard case .lost(let length, let header?) = request.withUnsafeBytes({ Framing.next($0) }) else {
    Issue.record("framing was not lost")
    return
  }
  #expect(length == 0x4745_5420)
  #expect(header.commandLength == length)
}

@Test func aSmallerLimitIsKept() {
  let octets = PDU(sequence: 1, body: .outbind(Outbind(systemID: "abc"))).encoded
  octets.withUnsafeBytes {
    #expect(Framing.next($0, limit: octets.count) == .frame(octets.count))
    #expect(
      Framing.next($0, limit: octets.count - 1)
        == .lost(commandLength: UInt32(octets.count), header: PDUHeader(peeking: $0)))
  }
}

@Test func aWholeMessagePayloadFitsThePDU() throws {
  let message = SubmitSM(
    source: Address(digits: "123456789012345678901"),
    tlvs: [TLV(tag: .messagePayload, value: [UInt8](repeating: 0x61, count: 65_535))])
  let pdu = PDU(sequence: 1, body: .submitSM(message))
  let octets = pdu.encoded
  #expect(octets.withUnsafeBytes { Framing.next($0) } == .frame(octets.count))
  #expect(PDU.decode(octets) == .pdu(pdu))
}
