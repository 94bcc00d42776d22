import TestSupport
import Testing

@testable import SMPP

@Suite("Cutting text") struct TextSegmenterTests {
  struct Vector: Sendable {
    var text: String
    var longMessages: LongMessages = .udh8
    var encoding: TextEncoding
    var parts: Int
    var used: Int
    var left: Int
  }

  static func a(_ count: Int) -> String { String(repeating: "a", count: count) }
  static func n(_ count: Int) -> String { String(repeating: "日", count: count) }

  // Sizes: 3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8: 140 octets less 6 or 7 of header.
  @Test(arguments: [
    Vector(text: "", encoding: .gsm7, parts: 1, used: 0, left: 160),
    Vector(text: a(160), encoding: .gsm7, parts: 1, used: 160, left: 0),
    Vector(text: a(161), encoding: .gsm7, parts: 2, used: 161, left: 145),
    Vector(text: a(306), encoding: .gsm7, parts: 2, used: 306, left: 0),
    Vector(text: a(307), encoding: .gsm7, parts: 3, used: 307, left: 152),
    Vector(text: a(304), longMessages: .udh16, encoding: .gsm7, parts: 2, used: 304, left: 0),
    Vector(text: a(305), longMessages: .udh16, encoding: .gsm7, parts: 3, used: 305, left: 151),
    Vector(text: a(304), longMessages: .sar, encoding: .gsm7, parts: 2, used: 304, left: 0),
    Vector(text: a(307), longMessages: .payload, encoding: .gsm7, parts: 3, used: 307, left: 152),
    Vector(text: a(158) + "€", encoding: .gsm7, parts: 1, used: 160, left: 0),
    Vector(text: a(159) + "€", encoding: .gsm7, parts: 2, used: 161, left: 145),
    // an escape at the end of the first part moves on whole
    Vector(text: a(152) + "€" + a(152), encoding: .gsm7, parts: 3, used: 306, left: 152),
    Vector(text: n(70), encoding: .ucs2, parts: 1, used: 70, left: 0),
    Vector(text: n(71), encoding: .ucs2, parts: 2, used: 71, left: 63),
    Vector(text: n(134), encoding: .ucs2, parts: 2, used: 134, left: 0),
    Vector(text: n(135), encoding: .ucs2, parts: 3, used: 135, left: 66),
    Vector(text: n(132), longMessages: .udh16, encoding: .ucs2, parts: 2, used: 132, left: 0),
    Vector(text: n(133), longMessages: .udh16, encoding: .ucs2, parts: 3, used: 133, left: 65),
    Vector(text: n(69) + "x", encoding: .ucs2, parts: 1, used: 70, left: 0),
    // a surrogate pair at the end of the first part moves on whole
    Vector(text: n(66) + "😀" + n(66), encoding: .ucs2, parts: 3, used: 134, left: 66),
    Vector(text: a(255 * 153), encoding: .gsm7, parts: 255, used: 39015, left: 0),
    Vector(text: n(255 * 67), encoding: .ucs2, parts: 255, used: 17085, left: 0),
  ])
  func `parts hold what the specification lets them`(vector: Vector) throws {
    let segmenter = Segmenter(longMessages: vector.longMessages)
    let plan = try #require(segmenter.plan(vector.text))
    #expect(plan.encoding == vector.encoding)
    #expect(plan.parts == vector.parts)
    #expect(plan.count == (vector.longMessages == .payload ? 1 : vector.parts))
    #expect(plan.unitsUsed == vector.used)
    #expect(plan.unitsLeft == vector.left)
    #expect(receivedText(plan) == vector.text)
  }

  @Test func `more than 255 parts are too long`() {
    for longMessages in LongMessages.allCases {
      let segmenter = Segmenter(longMessages: longMessages)
      #expect(segmenter.plan(Self.a(255 * 153 + 1)) == nil)
      #expect(segmenter.plan(Self.n(255 * 67 + 1)) == nil)
      #expect(segmenter.plan(Self.a(10_000_000)) == nil)
    }
    #expect(Segmenter(maximumParts: 2).plan(Self.a(306)) != nil)
    #expect(Segmenter(maximumParts: 2).plan(Self.a(307)) == nil)
    #expect(Segmenter(maximumParts: 1).plan(Self.a(161)) == nil)
  }

  @Test func `the densest text of 255 parts is not refused unread`() {
    let text = String(repeating: "Δ", count: 255 * 153)
    #expect(text.utf8.count == Segmenter.longestText)
    #expect(Segmenter().plan(text)?.parts == 255)
  }

  @Test(arguments: 60...75)
  func `an emoji comes back whole at every offset`(offset: Int) throws {
    for emoji in ["😀", "👨‍👩‍👧‍👦", "🇺🇸"] {
      for longMessages in LongMessages.allCases {
        let text = Self.a(offset) + emoji + Self.a(80)
        let plan = try #require(Segmenter(longMessages: longMessages).plan(text))
        #expect(receivedText(plan) == text)
        guard longMessages != .payload else { continue }
        for index in 0..<plan.count {
          let segment = plan.segment(index, reference: 7)
          let own = decodeText(segment.octets, dataCoding: segment.dataCoding, udhi: segment.udhi)
          #expect(!own.lossy, "part \(index) is text by itself")
        }
      }
    }
  }

  @Test(arguments: 145...165)
  func `an escape comes back whole at every offset`(offset: Int) throws {
    for longMessages in LongMessages.allCases {
      for alphabet in [DefaultAlphabet.gsm7, .gsm7Packed] {
        let text = Self.a(offset) + "€[]" + Self.a(160)
        let segmenter = Segmenter(defaultAlphabet: alphabet, longMessages: longMessages)
        let plan = try #require(segmenter.plan(text))
        #expect(receivedText(plan, defaultAlphabet: alphabet) == text)
        guard longMessages != .payload else { continue }
        for index in 0..<plan.count {
          let segment = plan.segment(index, reference: 7)
          #expect(segment.octets.count <= (alphabet == .gsm7Packed ? 140 : 160))
          let own = decodeText(
            segment.octets, dataCoding: 0, defaultAlphabet: alphabet, udhi: segment.udhi)
          #expect(!own.lossy, "part \(index) is text by itself")
        }
      }
    }
  }

  @Test func `the encoding that takes the fewest parts is chosen`() throws {
    let all: EncodingSet = [.defaultAlphabet, .ascii, .latin1, .ucs2]
    let cases: [(String, EncodingSet, DefaultAlphabet, TextEncoding?, UInt8)] = [
      ("Hello", all, .gsm7, .gsm7, 0),
      ("Hello", .ucs2, .gsm7, .ucs2, 8),
      ("`", .standard, .gsm7, .ucs2, 8),
      ("`", all, .gsm7, .ascii, 1),
      ("ç", all, .gsm7, .latin1, 3),
      ("ç", .standard, .gsm7, .ucs2, 8),
      ("ç", .standard, .latin1, .latin1, 0),
      ("é", .standard, .latin1, .latin1, 0),
      ("é", .standard, .ascii, .ucs2, 8),
      ("€", .standard, .latin1, .ucs2, 8),
      ("日", .defaultAlphabet, .gsm7, nil, 0),
      ("\u{0}", .standard, .gsm7, .ucs2, 8),
    ]
    for (text, encodings, alphabet, encoding, dataCoding) in cases {
      let plan = Segmenter(encodings: encodings, defaultAlphabet: alphabet).plan(text)
      #expect(plan?.encoding == encoding, "\(text)")
      guard let plan else { continue }
      #expect(plan.dataCoding == dataCoding, "\(text)")
      #expect(receivedText(plan, defaultAlphabet: alphabet) == text)
    }
  }

  @Test func `ASCII and Latin-1 octets count as the septets the SMSC makes of them`() throws {
    let latin = Segmenter(defaultAlphabet: .latin1)
    #expect(try #require(latin.plan(Self.a(160))).parts == 1)
    #expect(try #require(latin.plan(Self.a(158) + "[")).unitsLeft == 0)
    #expect(try #require(latin.plan(Self.a(159) + "[")).parts == 2)
    #expect(try #require(latin.plan(Self.a(139) + "ç")).parts == 1)
    #expect(try #require(latin.plan(Self.a(140) + "ç")).parts == 2)
  }

  @Test func `references and places are in the headers`() throws {
    let text = Self.a(310)
    let eight = try #require(Segmenter().plan(text))
    #expect(eight.segment(0, reference: 0x1234).octets.prefix(6) == hex("050003340301")[...])
    #expect(eight.segment(2, reference: 0x1234).octets == hex("050003340303") + Array("aaaa".utf8))
    let sixteen = try #require(Segmenter(longMessages: .udh16).plan(text))
    #expect(sixteen.segment(1, reference: 0x1234).octets.prefix(7) == hex("06080412340302")[...])
    #expect(sixteen.segment(0, reference: 0).udhi)

    var message = SubmitSM()
    message.setText(try #require(Segmenter(longMessages: .sar).plan(text)).segment(1, reference: 0x1234))
    #expect(message.tlvs.sarMsgRefNum == 0x1234)
    #expect(message.tlvs.sarTotalSegments == 3)
    #expect(message.tlvs.sarSegmentSeqnum == 2)
    #expect(message.esmClass & ESMClass.udhIndicator == 0)
    #expect(message.shortMessage.count == 152)

    message = SubmitSM()
    message.setText(try #require(Segmenter(longMessages: .payload).plan(text)).segment(0, reference: 1))
    #expect(message.shortMessage.isEmpty)
    #expect(message.tlvs.messagePayload == Array(text.utf8))
    message = SubmitSM(esmClass: ESMClass.storeAndForwardMode)
    message.setText(eight.segment(0, reference: 1))
    #expect(message.esmClass == ESMClass.storeAndForwardMode | ESMClass.udhIndicator)
  }

  @Test func `an index outside the plan gives its nearest part`() throws {
    let plan = try #require(Segmenter().plan(Self.a(310)))
    #expect(plan.segment(99, reference: 1) == plan.segment(2, reference: 1))
    #expect(plan.segment(-1, reference: 1) == plan.segment(0, reference: 1))
  }

  @Test func `an estimate tells what is sent, and what made it dear`() throws {
    let estimate = try #require(Segmenter().estimate("Caf\u{E9} “au lait” 👍🏽"))
    #expect(estimate.encoding == .ucs2)
    #expect(estimate.segments == 1)
    #expect(estimate.firstOutsideGSM == "“")
    #expect(estimate.characters == 16)
    #expect(estimate.unitsUsed == 19)
    #expect(try #require(Segmenter().estimate("plain")).firstOutsideGSM == nil)
  }

  @Test func `estimate, parts made and text received agree for 100000 random texts`() throws {
    var random = SeededGenerator(seed: 3)
    let pools: [[Character]] = [
      Array("abcdefghijklmnopqrstuvwxyz ABC 0123456789 .,!?"),
      Array("ab€[]{}~|^\\@$_\n éà"),
      Array("ab ñç日本語“”—"),
      Array("a😀👍🏽🇺🇸é"),
    ]
    let segmenters = LongMessages.allCases.map { Segmenter(longMessages: $0) }
    for round in 0..<100_000 {
      // Mostly short texts, and one in 100 about the lengths where parts begin and end.
      let pool = pools[Int.random(in: 0..<pools.count, using: &random)]
      let length =
        round % 100 == 0
        ? Int.random(in: 60...320, using: &random) : Int.random(in: 0...12, using: &random)
      var text = ""
      for _ in 0..<length { text.append(pool[Int.random(in: 0..<pool.count, using: &random)]) }
      let segmenter = segmenters[round % segmenters.count]
      guard let plan = segmenter.plan(text) else {
        Issue.record("no plan for a text of \(length)")
        return
      }
      // #expect on each would take most of the run.
      if Estimate(of: plan, text: text).segments != plan.parts
        || segmenter.longMessages != .payload && plan.count != plan.parts
        || receivedText(plan) != text
      {
        Issue.record("round \(round): what is received differs from what was sent")
        return
      }
    }
  }
}
