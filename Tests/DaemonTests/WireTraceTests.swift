import Contract
import Gateway
import NetIO
import SMPP
import TestSupport
import Testing

@testable import Daemon

private let ours = Address(ton: 1, npi: 1, digits: "18885550101")
private let theirs = Address(ton: 1, npi: 1, digits: "12025550143")
private let admin = Requester(role: "admin", uid: 0, seesText: true)
private let operators = Requester(role: "operator", uid: 1)

private func source(_ carrier: UInt16 = 0, connection: UInt32 = 1) -> WireTrace.Source {
  WireTrace.Source(carrier: carrier, session: 0, connection: connection, peerOpened: false)
}

extension WireTrace {
  fileprivate func record(_ direction: Direction, _ octets: [UInt8], _ from: Source = source()) {
    octets.withUnsafeBytes { record(direction, from, $0) }
  }

  fileprivate func record(_ direction: Direction, _ sequence: UInt32, _ body: PDU.Body) {
    record(direction, PDU(sequence: sequence, body: body).encoded)
  }

  fileprivate func records() -> [(sequence: Int64, octets: [UInt8])] {
    var all: [(sequence: Int64, octets: [UInt8])] = []
    for block in copies(from: 1, before: 0).blocks {
      block.forEachRecord { sequence, _, place in all.append((sequence, Array(block.octets[place]))) }
    }
    return all
  }
}

private func reader(_ trace: WireTrace) -> TraceReader {
  TraceReader(
    trace, carriers: [.init(name: "one", charsets: CharsetMap()), .init(name: "two", charsets: CharsetMap())])
}

private func ask(
  _ trace: WireTrace, _ params: CarrierTrace = CarrierTrace(carrier: "one"), as caller: Requester = admin
) throws -> CarrierTraceResult {
  let json = try reader(trace).trace(params, for: caller)
  #expect(SchemaChecker.problems(json: json, against: "carrier.trace.result") == [])
  return try ContractJSON.decode(CarrierTraceResult.self, from: json)
}

private func text(
  _ text: String, from: Address = ours, to: Address = theirs, esmClass: UInt8 = 0, tlvs: TLVs = TLVs()
)
  -> SubmitSM
{
  SubmitSM(
    source: from, destination: to, esmClass: esmClass, shortMessage: Array(text.utf8), tlvs: tlvs)
}

@Suite struct WireTraceTests {
  @Test func whatPeersWithoutABindSayWipesNothing() throws {
    let trace = WireTrace(octets: 4 * WireTrace.blockSize)
    var peer = source(WireTrace.noCarrier, connection: 7)
    peer.peerOpened = true
    trace.record(.in, 1, .submitSM(text("Hello")))
    let bind = PDU(sequence: 9, body: .bind(.transceiver, Bind(systemID: "acme", password: "secret"))).encoded
    for _ in 0..<5_000 { trace.record(.in, bind, peer) }
    #expect(try ask(trace).items.map(\.text) == ["Hello"])
    // The peer binds at last: what came before is its carrier's, in order.
    trace.record(.in, bind, peer)
    peer.carrier = 0
    trace.record(
      .out, PDU(sequence: 9, body: .bindResp(.transceiver, BindResp(systemID: "us"))).encoded, peer)
    let items = try ask(trace, CarrierTrace(carrier: "one", last: 2)).items
    #expect(items.map(\.command) == ["bind_transceiver", "bind_transceiver_resp"])
    #expect(items[0].sequence + 1 == items[1].sequence && items[1].roundTripUs != nil)
    #expect(trace.usedOctets <= 4 * WireTrace.blockSize + WireTrace.unboundBlocks * WireTrace.blockSize)
  }

  @Test func octetsThatDoNotFitTheirDataCodingAreShownAsLossy() throws {
    let trace = WireTrace(octets: 1 << 20)
    var message = text("")
    message.shortMessage = Array("Sí, mañana".utf8)
    trace.record(.in, 1, .deliverSM(message))
    trace.record(.in, 2, .deliverSM(text("Hello")))
    let items = try ask(trace).items
    #expect(items.map(\.lossy) == [true, nil] && items[0].text == "Sí, mañana")
  }

  @Test func whatWasRecordedIsReadInItsOrder() {
    let trace = WireTrace(octets: 1 << 20)
    let octets = (1...1000).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1 + $0 % 300) }
    for record in octets { trace.record(.out, record) }
    #expect(trace.records().map(\.octets) == octets)
    #expect(trace.records().map(\.sequence) == Array(1...1000))
    #expect(trace.newest == 1000)
  }

  @Test func theOldestGoesWhenTheRoomIsUsedAndNothingElse() {
    let blocks = 4
    let trace = WireTrace(octets: blocks * WireTrace.blockSize + 100)
    #expect(trace.blockCount == blocks)
    for number in 0..<UInt32(10_000) { trace.record(.in, number, .enquireLink) }
    let records = trace.records()
    #expect(records.last?.sequence == 10_000)
    let sequences = records.map(\.sequence)
    #expect(sequences == Array((10_001 - Int64(records.count))...10_000))
    // At least all whole blocks but the one just begun.
    let stride = (MemoryLayout<WireTrace.Head>.size + 16 + 7) & ~7
    #expect(records.count >= (blocks - 1) * (WireTrace.blockSize / stride))
    #expect(records.count <= blocks * (WireTrace.blockSize / stride))
    for record in records { #expect(record.octets.last == UInt8(truncatingIfNeeded: record.sequence - 1)) }
  }

  @Test func aTraceWithoutRoomKeepsNothing() throws {
    let trace = WireTrace(octets: 0)
    trace.record(.out, 1, .enquireLink)
    #expect(trace.records().isEmpty)
    let result = try ask(trace)
    #expect(result.items.isEmpty && !result.more && result.missed == 0)
  }

  @Test(arguments: [BindType.transmitter, .receiver, .transceiver]) func noPasswordIsRecorded(bind: BindType)
  {
    let trace = WireTrace(octets: 1 << 20)
    let body = Bind(systemID: "acme", password: "tr1ckle", systemType: "VMA")
    trace.record(.out, 1, .bind(bind, body))
    trace.record(.in, 2, .outbind(Outbind(systemID: "acme", password: "tr1ckle")))
    var blanked = body
    blanked.password = "*******"
    #expect(trace.records().first?.octets == PDU(sequence: 1, body: .bind(bind, blanked)).encoded)
    for record in trace.records() {
      #expect(!String(decoding: record.octets, as: UTF8.self).contains("tr1ckle"))
    }
  }

  @Test func noPasswordOfABindThatIsNoneIsRecorded() {
    let header = PDU(sequence: 1, body: .bind(.transceiver, Bind(systemID: ""))).encoded.prefix(16)
    let trace = WireTrace(octets: 1 << 20)
    for body in [
      "acme\0tr1ckle", "acme-tr1ckle", "tr1ckle", "\0tr1ckle\0",
      "acme\0tr1ckle-and-much-longer-than-allowed\0x",
    ] {
      trace.record(.in, Array(header) + Array(body.utf8))
    }
    for record in trace.records() {
      #expect(!String(decoding: record.octets, as: UTF8.self).contains("tr1ckle"))
    }
  }

  @Test func aVeryLongPDUIsCutAndSaysSo() throws {
    let trace = WireTrace(octets: 1 << 20)
    var tlvs = TLVs()
    tlvs.messagePayload = [UInt8](repeating: 0x61, count: 30_000)
    let pdu = PDU(sequence: 1, body: .submitSM(text("", tlvs: tlvs)))
    trace.record(.out, pdu.encoded)
    let item = try #require(try ask(trace, CarrierTrace(carrier: "one", showHex: true)).items.first)
    #expect(item.cut == true && item.octets == pdu.encodedLength)
    #expect(item.command == "submit_sm" && item.problem == nil)
    #expect(item.hex?.utf8.count == 2 * WireTrace.longestKept)
  }

  @Test func aReaderBesideTheWriterSeesOnlyWholeRecords() throws {
    let trace = WireTrace(octets: 4 * WireTrace.blockSize)
    let count: UInt32 = 50_000
    let writer = try Worker.start(name: "writer", stackSize: 1 << 20) {
      for number in 1...count {
        trace.record(.out, [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(number % 97) + 1))
      }
    }
    var next: Int64 = 1
    var read = 0
    while next <= Int64(count) {
      for block in trace.copies(from: next, before: 0).blocks {
        block.forEachRecord { sequence, _, place in
          guard sequence >= next else { return }
          let octets = block.octets[place]
          if octets.count != Int(sequence % 97) + 1
            || !octets.allSatisfy({ $0 == UInt8(truncatingIfNeeded: sequence) })
          {
            Issue.record("record \(sequence) is not as it was written")
          }
          read += 1
          next = sequence + 1
        }
      }
    }
    writer.join()
    #expect(read > 0 && next == Int64(count) + 1)
  }
}

@Suite struct TraceReaderTests {
  /// Two texts and their responses, one carrier; an enquire_link of the other.
  private static func trace() -> WireTrace {
    let trace = WireTrace(octets: 1 << 20)
    trace.tick(.seconds(5), wall: 1_795_366_991_412)
    trace.record(.out, 1, .submitSM(text("Hello there")))
    trace.record(.out, 2, .submitSM(text("And you", to: Address(ton: 1, npi: 1, digits: "12025550199"))))
    trace.record(.in, PDU(sequence: 9, body: .enquireLink).encoded, source(1))
    trace.tick(.seconds(5) + .milliseconds(3), wall: 1_795_366_991_415)
    trace.record(
      .in, PDU(status: .ESME_RTHROTTLED, sequence: 2, body: .submitSMResp(nil)).encoded)
    trace.record(.in, 1, .submitSMResp(SubmitSMResp(messageID: "3fa0")))
    return trace
  }

  @Test func pdusAreDecodedByTheNamesOfTheSpecification() throws {
    let result = try ask(Self.trace())
    #expect(result.items.map(\.command) == ["submit_sm", "submit_sm", "submit_sm_resp", "submit_sm_resp"])
    let first = try #require(result.items.first)
    #expect(first.fields?["source_addr"] == .string("18885550101"))
    #expect(first.fields?["destination_addr"] == .string("12025550143"))
    #expect(first.fields?["dest_addr_ton"] == .integer(1))
    #expect(first.text == "Hello there" && first.direction == .out && first.commandStatus == "ESME_ROK")
    #expect(result.items[2].commandStatus == "ESME_RTHROTTLED" && result.items[2].sequenceNumber == 2)
    #expect(result.items[3].fields?["message_id"] == .string("3fa0"))
    #expect(result.items[3].roundTripUs == 3000)
    #expect(result.afterSequence == 5 && !result.more && result.missed == 0)
  }

  @Test func textsAndPhonesAreHiddenFromWhoMayNotSeeThem() throws {
    let trace = WireTrace(octets: 1 << 20)
    var tlvs = TLVs()
    tlvs.messagePayload = Array("secret".utf8)
    tlvs.append(TLVTag(rawValue: 0x1401), Array("secret".utf8))
    trace.record(.in, 1, .deliverSM(text("the secret", from: theirs, to: ours)))
    trace.record(.in, 2, .deliverSM(text("", from: theirs, to: ours, tlvs: tlvs)))
    trace.record(
      .in, 3,
      .deliverSM(text("id:77 stat:DELIVRD err:000 text:secret", from: theirs, to: ours, esmClass: 4)))
    trace.record(
      .in, 4,
      .submitMulti(
        SubmitMulti(source: ours, destinations: [.sme(theirs)], shortMessage: Array("secret".utf8))))
    let json = String(
      decoding: try reader(trace).trace(CarrierTrace(carrier: "one"), for: operators), as: UTF8.self)
    for hidden in ["secret", "736563726574", "2025550143", "8885550101"] {
      #expect(!json.contains(hidden), "\(hidden)")
    }
    let items = try ask(trace, as: operators).items
    #expect(items[0].text == "…10 octets…" && items[0].fields?["source_addr"] == .string("120…43"))
    #expect(items[1].tlvs?.map(\.value) == [.string("…6 octets…"), .string("…6 octets…")])
    #expect(items[2].fields?["receipt"]?["stat"] == .string("DELIVRD"))
    #expect(throws: APIError.self) {
      try ask(trace, CarrierTrace(carrier: "one", showHex: true), as: operators)
    }
    #expect(try ask(trace).items[1].tlvs?.first?.value == .string("736563726574"))
  }

  @Test func aNumberFindsItsRequestsAndTheirResponses() throws {
    let phone = try #require(PhoneNumber("+12025550199"))
    let items = try ask(Self.trace(), CarrierTrace(carrier: "one", number: phone)).items
    #expect(items.map(\.command) == ["submit_sm", "submit_sm_resp"])
    #expect(items.map(\.sequenceNumber) == [2, 2])
    let both = try #require(PhoneNumber("+18885550101"))
    #expect(try ask(Self.trace(), CarrierTrace(carrier: "one", number: both)).items.count == 4)
  }

  @Test(arguments: ["12025550143", "+12025550143", "2025550143", "0012025550143"])
  func aNumberIsFoundHoweverTheCarrierWritesIt(written: String) throws {
    let number = TracedNumber(try #require(PhoneNumber("+12025550143")))
    #expect(number.fits(Address(digits: COctetString(written))))
    #expect(!number.fits(Address(digits: "0143")))
    #expect(!number.fits(Address(digits: "12025550144")))
  }

  @Test func aRoleOfSomeNumbersSeesTheirsAlone() throws {
    let mine = try #require(PhoneNumber("+12025550199"))
    let role = Requester(role: "app", uid: 7, numbers: [mine], seesText: true)
    let trace = Self.trace()
    trace.record(.out, 7, .enquireLink)
    #expect(try ask(trace, as: role).items.map(\.sequenceNumber) == [2, 2])
  }

  @Test func whatIsNoPDUIsShownWithTheReason() throws {
    let trace = WireTrace(octets: 1 << 20)
    trace.record(.in, [0, 0, 0, 16, 0, 0, 1, 0x12, 0, 0, 0, 0, 0, 0, 0, 1])
    trace.record(.in, [0, 0, 0, 20, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x41, 0x41, 0x41])
    trace.record(.in, Array("GET / HTTP/1.1\r\n".utf8))
    trace.record(.in, [1, 2, 3])
    let items = try ask(trace).items
    #expect(items.map { $0.problem == nil } == [false, false, false, false])
    #expect(items[0].command == "0x00000112")
    #expect(items[1].command == "deliver_sm" && items[1].problem?.contains("service_type") == true)
  }

  @Test func pagesFollowOneAnotherWithoutGapsAndEachFitsALine() throws {
    let trace = WireTrace(octets: 8 << 20)
    let words = String(repeating: "word ", count: 40)
    for number in 1...UInt32(3000) { trace.record(.out, number, .submitSM(text(words))) }
    var request = CarrierTrace(carrier: "one", last: 2000, showHex: true)
    var seen: [Int64] = []
    var pages = 0
    while true {
      let json = try reader(trace).trace(request, for: admin)
      #expect(json.count < 262_144 - 1024)
      let result = try ContractJSON.decode(CarrierTraceResult.self, from: json)
      seen += result.items.map(\.sequence)
      pages += 1
      request.afterSequence = result.afterSequence
      request.last = max(1, 2000 - seen.count)
      if !result.more { break }
    }
    #expect(seen == Array(1001...3000))
    #expect(pages > 5)
  }

  @Test func aReaderThatFallsBehindLearnsHowMuchItMissed() throws {
    let trace = WireTrace(octets: 2 * WireTrace.blockSize)
    for number in 1...UInt32(5000) { trace.record(.out, number, .enquireLink) }
    let result = try ask(trace, CarrierTrace(carrier: "one", last: 5000, afterSequence: 10))
    let first = try #require(result.items.first)
    #expect(result.missed == first.sequence - 11)
    #expect(result.missed > 0)
    let more = try ask(trace, CarrierTrace(carrier: "one", afterSequence: 5000))
    #expect(more.items.isEmpty && more.afterSequence == 5000 && more.missed == 0)
  }

  @Test func octetsOfAnyKindNeverTrap() throws {
    var random = SeededGenerator(seed: 11)
    let trace = WireTrace(octets: 1 << 20)
    let commands = CommandID.all.map(\.id.rawValue)
    for _ in 0..<800 {
      var octets = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if octets.count >= 16, Bool.random(using: &random) {
        let command = commands[Int.random(in: 0..<commands.count, using: &random)]
        octets.replaceSubrange(
          0..<8,
          with: [0, 0, 0, UInt8(octets.count)]
            + (0..<4).map { UInt8(truncatingIfNeeded: command >> (24 - 8 * $0)) })
      }
      trace.record(Bool.random(using: &random) ? .in : .out, octets)
    }
    let phone = try #require(PhoneNumber("+12025550199"))
    for caller in [admin, operators] {
      _ = try ask(trace, CarrierTrace(carrier: "one", last: 3000), as: caller)
      _ = try ask(trace, CarrierTrace(carrier: "one", number: phone, last: 3000), as: caller)
    }
  }

  @Test func theBindOfACarrierThatConnectsToUsIsItsOwn() throws {
    let trace = WireTrace(octets: 1 << 20)
    func source(_ carrier: UInt16, _ connection: UInt32) -> WireTrace.Source {
      WireTrace.Source(carrier: carrier, session: 0, connection: connection, peerOpened: true)
    }
    let bind = PDU(sequence: 1, body: .bind(.transceiver, Bind(systemID: "one"))).encoded
    trace.record(.in, bind, source(WireTrace.noCarrier, 4))
    trace.record(.in, bind, source(WireTrace.noCarrier, 5))
    trace.record(
      .out, PDU(sequence: 1, body: .bindResp(.transceiver, BindResp(systemID: "us"))).encoded, source(0, 4))
    let items = try ask(trace).items
    #expect(items.map(\.command) == ["bind_transceiver", "bind_transceiver_resp"])
    #expect(items.allSatisfy { $0.connection == 4 && $0.opened == .in } && items[1].roundTripUs == 0)
  }

  @Test func anUnknownCarrierAndBadBoundsAreRefused() throws {
    let trace = Self.trace()
    for params in [
      CarrierTrace(carrier: "three"), CarrierTrace(carrier: "one", last: 0),
      CarrierTrace(carrier: "one", last: 5001),
      CarrierTrace(carrier: "one", afterSequence: -1), CarrierTrace(carrier: "one", afterSequence: .max),
    ] {
      #expect(throws: APIError.self) { try ask(trace, params) }
    }
  }
}
