import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Octets that are not what data_coding says, and data that is no text.
@Suite(.worlds) struct OctetTests {
  struct Octets: Sendable, CustomTestStringConvertible {
    var what: String
    var octets: [UInt8]
    var dataCoding: UInt8
    var udhi = false
    var alphabet = DefaultAlphabet.gsm7
    var testDescription: String { what }

    init(
      _ what: String, _ octets: [UInt8], _ dataCoding: UInt8, udhi: Bool = false,
      alphabet: DefaultAlphabet = .gsm7
    ) {
      self.what = what
      self.octets = octets
      self.dataCoding = dataCoding
      self.udhi = udhi
      self.alphabet = alphabet
    }
  }

  private static func little(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
  private static let stop = Array("STOP".utf8)
  private static let wide = UCS2.encode("Stop")
  private static let packed = GSM7.pack(Array("STOP".utf8))

  /// kneodev/ksmppd#166 (ASCII under data_coding 8), fiorix/go-smpp#75 (packed septets), and everything like them.
  static let stops: [Octets] = [
    .init("ASCII as UCS-2", stop, 8), .init("ASCII as UCS-2, odd", Array("STOP!".utf8), 8),
    .init("ASCII as UCS-2, lower case", Array("stop".utf8), 8),
    .init("ASCII as UCS-2, a line end", Array("STOP\r\n".utf8), 8),
    .init("ASCII as UCS-2, courtesy", Array("Stop please".utf8), 8),
    .init("ASCII as UCS-2, END", Array("END".utf8), 8),
    .init("ASCII as UCS-2, QUIT", Array("quit".utf8), 8),
    .init("ASCII as UCS-2, CANCEL", Array("cancel".utf8), 8),
    .init("ASCII as UCS-2, flash", stop, 0x18),
    .init("ASCII as UCS-2, message waiting", stop, 0xE0),
    .init("UTF-8 as UCS-2", Array("ARRÊT".utf8), 8),
    .init("UTF-8 in the default alphabet", Array("Arrêt".utf8), 0),
    .init("UTF-8 with a mark", [0xEF, 0xBB, 0xBF] + stop, 0),
    .init("UTF-8 with quotes", Array("“STOP”".utf8), 0),
    .init("UTF-8 as Latin-1", Array("arrêt".utf8), 3),
    .init("UTF-8 as Cyrillic", Array("arrêt".utf8), 6),
    .init("Latin-1 in the default alphabet", [0x61, 0x72, 0x72, 0xEA, 0x74], 0),
    .init("Windows-1252 in the default alphabet", [0x93] + stop + [0x94], 0),
    .init("Windows-1252 as ASCII", stop + [0x85], 1),
    .init("UTF-16LE", little("STOP"), 8), .init("UTF-16LE, END", little("END"), 8),
    .init("UTF-16LE with a mark", [0xFF, 0xFE] + little("STOP"), 8),
    .init("UTF-16LE, a dash", little("stop – thanks"), 8),
    .init("UTF-16LE in the default alphabet", little("Stop"), 0),
    .init("UTF-16LE as ASCII", little("Stop"), 1), .init("UTF-16LE as data", little("Stop"), 4),
    .init("UTF-16 in the default alphabet", wide, 0), .init("UTF-16 as ASCII", wide, 1),
    .init("UTF-16 as Latin-1", wide, 3), .init("UTF-16 as data", wide, 4),
    .init("UTF-16 with a mark in the default alphabet", [0xFE, 0xFF] + wide, 0),
    .init("UTF-16, cut in front", Array(wide.dropFirst()), 8),
    .init("UTF-16, an octet too many", wide + [0], 8),
    .init("UTF-16, shifted", [0] + wide, 8),
    .init("UTF-16, zeros behind", wide + [0, 0], 8),
    .init("UTF-16 of four octets", stop.flatMap { [0, 0, 0, $0] }, 8),
    .init("packed septets", packed, 0), .init("packed, UNSUBSCRIBE", GSM7.pack(Array("UNSUBSCRIBE".utf8)), 0),
    .init("packed as data", packed, 4), .init("packed as ASCII", packed, 1),
    .init("packed as Latin-1", packed, 3), .init("packed as UCS-2", packed, 8),
    .init("packed where packed is said", packed, 0, alphabet: .gsm7Packed),
    .init("unpacked where packed is said", stop, 0, alphabet: .gsm7Packed),
    .init(
      "packed behind a header", [5, 0, 3, 9, 1, 1] + GSM7.pack(stop, fillBits: 1), 0, udhi: true),
    .init("8-bit data", stop, 4), .init("binary", stop, 2), .init("8-bit data of a class", stop, 0xF5),
    .init("flash", stop, 0x10), .init("flash, of a class", stop, 0xF0),
    .init("a reserved data_coding", stop, 0x0B), .init("JIS", stop, 5), .init("ISO-2022-JP", stop, 0x0A),
    .init("compressed", stop, 0x20), .init("marked for deletion", stop, 0x40),
    .init("for a port", [6, 5, 4, 0x0B, 0x84, 0x23, 0xF0] + stop, 0xF5, udhi: true),
    .init("for a port, as text", [6, 5, 4, 0x0B, 0x84, 0x23, 0xF0] + stop, 0, udhi: true),
    .init("a header that esm_class does not tell of", [5, 0, 3, 9, 1, 1] + stop, 0),
    .init("a header not told of, UTF-16", [5, 0, 3, 9, 1, 1] + wide, 8),
    .init("a header that is too long for its elements", [6, 0, 3, 0xAA, 1, 1] + stop, 0, udhi: true),
    .init("a header beyond the octets", [0x40, 0, 3, 1] + stop, 0, udhi: true),
    .init("no header though esm_class says so", stop, 0, udhi: true),
    .init("a Turkish table", [3, 0x24, 1, 1] + stop, 0, udhi: true),
    .init("a Hindi table that was not used", [3, 0x25, 1, 6] + stop, 0, udhi: true),
    .init("a Hindi table", [3, 0x25, 1, 6] + Array("stop".utf8), 0, udhi: true),
  ]

  @Test(arguments: stops)
  func aStopIsAStopInEveryCharset(octets: Octets) throws {
    let world = try World { $0.carriers["alpha"]?.defaultAlphabet = octets.alphabet }
    try world.addAnna()
    let pdu = DeliverSM(
      source: world.address(Cast.customer), destination: world.address(Cast.annasNumber),
      esmClass: octets.udhi ? ESMClass.udhIndicator : 0, dataCoding: octets.dataCoding,
      shortMessage: octets.octets)
    #expect(try world.take(.inbound(world.inbound(pdu))).responses == [.ESME_ROK])
    let received = try #require(try world.events().received.first)
    #expect(received.keywordClass == .optOut, "read as \(received.text)")
    #expect(try world.refusal(of: world.message("again")) == .optedOut)
  }

  @Test func aStopThatIsNoLetterOnTheWireIsConfirmedByUs() throws {
    let world = try World()
    try world.addAnna()
    for (phone, octets, confirmations) in [
      (Cast.customer, Array("STOP".utf8), 1), (Cast.stranger, UCS2.encode("STOP"), 0),
    ] {
      let pdu = DeliverSM(
        source: world.address(phone), destination: world.address(Cast.annasNumber), dataCoding: 8,
        shortMessage: octets)
      try world.take(.inbound(world.inbound(pdu)))
      #expect(try world.claim().count == confirmations, "the toll-free network acts on what it can read")
    }
    #expect(try world.events().consent.count { $0.layer == .network } == 1)
  }

  @Test(arguments: [BothTexts.shortMessage, .messagePayload])
  func aStopInTheTextThatIsNotUsedIsAStop(which: BothTexts) throws {
    for stopFirst in [true, false] {
      let world = try World { $0.carriers["alpha"]?.bothTexts = which }
      try world.addAnna()
      var pdu = world.deliver(stopFirst ? "STOP" : "Hello", from: Cast.customer, to: Cast.annasNumber)
      pdu.tlvs.messagePayload = Array((stopFirst ? "Hello" : "STOP").utf8)
      try world.take(.inbound(world.inbound(pdu)))
      #expect(try world.refusal(of: world.message("again")) == .optedOut)
    }
  }

  /// Texts in scripts whose octets could be letters; none is an opt-out.
  @Test func ideographsAreNoKeywords() throws {
    let common = Array(
      "的一是不了在人有我他这中大来上个国和地到说时们为子就你下生以可自着去之过家学对里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工打女情己问机给等部口马儿停止取消退订结束帮助开始"
    )
    var read = 0
    for first in common {
      for second in common {
        let coded = CodedText(UCS2.encode("\(first)\(second)"), dataCoding: 8)
        let text = Reading.text(of: coded)
        if text.lossy || text.text != "\(first)\(second)" { read += 1 }
      }
    }
    #expect(read == 0)
  }

  @Test func aLossyTextIsToldAsLossyEverywhere() throws {
    let world = try World()
    try world.addAnna()
    var pdu = world.deliver("", from: Cast.customer, to: Cast.annasNumber)
    pdu.dataCoding = 0
    pdu.shortMessage = Array("Sí, mañana".utf8)
    try world.take(.inbound(world.inbound(pdu)))
    try world.receive("Hello")
    let received = try world.events().received
    #expect(received.map(\.lossy) == [true, false])
    #expect(received.map(\.text) == ["Sí, mañana", "Hello"])
    #expect(received[0].encoding == .utf8 && received[1].receivedOctets == nil)
    #expect(received[0].receivedOctets == ReceivedOctets(dataCoding: 0, base64: "U8OtLCBtYcOxYW5h"))
    let view = try world.view(of: received[0].messageID)
    #expect(view.lossy == true && view.receivedOctets == received[0].receivedOctets && view.encoding == .utf8)
    #expect(try world.view(of: received[1].messageID).lossy == nil)
    let why: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: received[0].messageID)))
    let step = try #require(why.decisions.first { $0.step == .lossy })
    #expect(step.detail == "the octets do not fit data_coding 0; read as utf8")
    #expect(try world.count("lossy_texts_total") == 1)
  }

  @Test func theOperatorsCharsetsAreUsed() throws {
    let world = try World { $0.carriers["alpha"]?.charsetExceptions = [0: .utf8, 8: .utf16LE] }
    try world.addAnna()
    for (dataCoding, octets) in [(0, Array("Sí".utf8)), (8, Self.little("好的"))] as [(UInt8, [UInt8])] {
      var pdu = world.deliver("", from: Cast.customer, to: Cast.annasNumber)
      pdu.dataCoding = dataCoding
      pdu.shortMessage = octets
      try world.take(.inbound(world.inbound(pdu)))
    }
    let received = try world.events().received
    #expect(received.map(\.text) == ["Sí", "好的"] && received.allSatisfy { !$0.lossy })
  }

  // MARK: Data

  private func data(
    _ world: World, _ octets: [UInt8], _ dataCoding: UInt8, from phone: String = Cast.customer
  )
    throws
  {
    let pdu = DeliverSM(
      source: world.address(phone), destination: world.address(Cast.annasNumber),
      esmClass: ESMClass.udhIndicator, dataCoding: dataCoding, shortMessage: octets)
    #expect(try world.take(.inbound(world.inbound(pdu))).responses == [.ESME_ROK])
  }

  private static let push: [UInt8] = [
    6, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0x25, 6, 4, 3, 0xAE, 0x81, 0xEA, 0x8D, 0x11, 0,
  ]

  /// fiorix/go-smpp, melroselabs, gosmpp#52: a push shown as a message of control characters.
  @Test func dataIsToldAsDataAndOpensNoThread() throws {
    let world = try World()
    try world.addAnna(mobile: Cast.annasMobile)
    _ = try world.events()
    try data(world, Self.push, 0xF5)
    let events = try world.events()
    try #require(events.count == 1)
    guard case .dataReceived(let told) = events[0] else {
      Issue.record("\(events)")
      return
    }
    #expect(told.from.description == Cast.customer && told.to.description == Cast.annasNumber)
    #expect(
      told.receivedOctets
        == ReceivedOctets(
          dataCoding: 0xF5, base64: "JQYEA66B6o0RAA==", destinationPort: 2948, sourcePort: 9200))
    #expect(told.segments == 1 && told.complete && told.carrier == "alpha")
    let threads: Page<ConversationView> = try world.ask(.conversationList(ConversationList()))
    #expect(threads.items.isEmpty)
    #expect(try world.claim().isEmpty, "nobody is alerted")
    #expect(try world.count("data_total") == 1)
  }

  @Test func dataInPartsIsToldWhole() throws {
    let world = try World()
    try world.addAnna()
    _ = try world.events()
    let body = Array(Self.push.dropFirst(7))
    for (sequence, piece) in [(1, body.prefix(5)), (2, body.dropFirst(5))] as [(UInt8, ArraySlice<UInt8>)] {
      try data(world, [11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 7, 2, sequence] + piece, 0xF5)
    }
    let events = try world.events()
    guard case .dataReceived(let told)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(told.receivedOctets.base64 == "JQYEA66B6o0RAA==" && told.segments == 2)
  }

  @Test func dataFromARepsOwnMobileIsToldToNobody() throws {
    let world = try World()
    try world.addAnna(mobile: Cast.annasMobile)
    _ = try world.events()
    try data(world, Self.push, 0xF5, from: Cast.annasMobile)
    #expect(try world.events().isEmpty)
  }

  @Test func aTextForAPortIsATextWithItsPort() throws {
    let world = try World()
    try world.addAnna()
    try data(world, [6, 5, 4, 0x23, 0xF4, 0, 0] + Array("BEGIN:VCARD".utf8), 0)
    let received = try #require(try world.events().received.first)
    #expect(received.text == "BEGIN:VCARD" && !received.lossy)
    #expect(received.receivedOctets?.destinationPort == 9204)
  }
}
