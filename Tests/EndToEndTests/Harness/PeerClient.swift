import Foundation

/// A client (ESME) made of a foreign implementation: one of the programs in Tests/Peers (esme_common.py tells what they
/// take and say).
final class PeerClient {
  enum Implementation: String, CaseIterable, Sendable, CustomStringConvertible {
    case smpplib = "esme_smpplib.py"
    case aiosmpplib = "esme_aiosmpplib.py"
    case smpp34 = "esme_smpp34.py"
    case twisted = "esme_twisted.py"
    case netSMPP = "esme_netsmpp.pl"
    case kannel = "esme_kannel.py"

    var description: String {
      switch self {
      case .smpplib: "smpplib"
      case .aiosmpplib: "aiosmpplib"
      case .smpp34: "smpp34"
      case .twisted: "smpp.twisted3"
      case .netSMPP: "Net::SMPP"
      case .kannel: "kannel"
      }
    }
  }

  enum Coding: String, Codable, CaseIterable, Sendable { case gsm, latin1, ucs2 }
  enum Long: String, Codable, CaseIterable, Sendable { case none, udh, sar, payload }

  /// A text it is told to send.
  struct Text: Encodable, Sendable {
    var from: String
    var to: String
    var text: String
    var coding = Coding.gsm
    var long = Long.none
    var receipt = true
  }

  /// Many texts, "Text 0", "Text 1", ..., each from a phone of its own.
  struct Flood: Encodable {
    var from: String
    var to: String
    var count: Int
    var first = 0
    var window = 10
    var receipt = true
  }

  struct Counts: Encodable {
    var answers = 0
    var texts = 0
    var receipts = 0
    var enquired = 0
  }

  struct Summary: Decodable {
    struct Answer: Decodable {
      var from: String
      var message_id: String
      var status: UInt32
    }
    struct Receipt: Decodable {
      var from: String
      var to: String
      var message_id: String
      var state: String
    }
    var peer: String
    var binds: [String]
    var refused_binds: [Int]
    var answers: [Answer]
    var texts: [ReceivedText]
    var receipts: [Receipt]
    var enquired: Int
    var errors: [String]
  }

  let implementation: Implementation
  let child: Child
  /// It is bound so that texts and receipts can come to it.
  let canReceive: Bool
  /// Lines of it that were waited for.
  private var heard = 0

  /// `bind`: transceiver, transmitter, receiver, or pair.
  init(
    _ implementation: Implementation, port: UInt16, bind: String = "transceiver",
    systemID: String = GatewayProcess.systemID, password: String = GatewayProcess.password
  ) throws {
    try Locations.foreignImplementations.get()
    self.implementation = implementation
    canReceive = bind != "transmitter"
    let program = Locations.peers.appendingPathComponent(implementation.rawValue).path
    let interpreter = implementation.rawValue.hasSuffix(".py") ? Locations.python : "/usr/bin/perl"
    child = try Child(
      implementation.description,
      [
        interpreter, program, "--port", String(port), "--bind", bind, "--system-id", systemID, "--password",
        password,
      ], hasInput: true)
  }

  private func say(_ word: String) throws { try child.write(word) }

  private func say(_ word: String, _ order: some Encodable) throws {
    try child.write(word + " " + String(decoding: try JSONEncoder().encode(order), as: UTF8.self))
  }

  /// Its next line, which has to begin so.
  @discardableResult
  func hear(_ beginning: String, within limit: Duration = .seconds(30)) throws -> String {
    let wanted = heard
    heard += 1
    let line = try child.line(after: wanted, within: limit)
    guard line.hasPrefix(beginning) else {
      throw HarnessError("\(implementation) said \(line.prefix(200)), not \(beginning)\n\(child.transcript)")
    }
    return line
  }

  /// Binds, and gives the kinds bound.
  @discardableResult
  func bind(sessions: Int = 1) throws -> [String] {
    try say("bind")
    return try (0..<sessions).map { _ in String(try hear("BOUND ").dropFirst("BOUND ".count)) }
  }

  /// Binds where it will be refused; gives the status it tells, -1 where it tells none.
  func bindRefused() throws -> Int {
    try say("bind")
    let words = try hear("REFUSED ").split(separator: " ")
    return words.last.flatMap { Int($0) } ?? -1
  }

  func send(_ text: Text) throws { try say("send", text) }
  /// By data_sm; Net::SMPP alone.
  func sendData(_ text: Text) throws { try say("data", text) }
  func flood(_ flood: Flood) throws { try say("flood", flood) }
  func hold() throws { try say("hold") }
  /// Gives the answers it kept back, and how many they are.
  func release() throws -> Int {
    try say("release")
    return try hear("RELEASED ").split(separator: " ").last.flatMap { Int($0) } ?? 0
  }

  /// Waits until it has counted so many.
  func await(
    answers: Int = 0, texts: Int = 0, receipts: Int = 0, enquired: Int = 0,
    within limit: Duration = .seconds(60)
  ) throws {
    try say(
      "expect", Counts(answers: answers, texts: texts, receipts: receipts, enquired: enquired))
    try hear("DONE", within: limit)
  }

  /// Asks enquire_link and hears the answer.
  func enquire() throws {
    try say("enquire")
    try hear("ENQUIRED")
  }

  func unbind() throws {
    try say("unbind")
    try hear("UNBOUND")
  }

  /// Any request of Net::SMPP; gives the fields of the answer.
  func order(_ method: String, _ arguments: [String: String]) throws -> [String: String] {
    struct Order: Encodable {
      var method: String
      var args: [String: String]
    }
    try say("order", Order(method: method, args: arguments))
    let line = try hear("ANSWER ")
    let fields = try JSONSerialization.jsonObject(with: Data(line.dropFirst("ANSWER ".count).utf8))
    return (fields as? [String: Any] ?? [:]).mapValues { "\($0)" }
  }

  /// Ends it and reads its account.
  func finish() throws -> Summary {
    child.closeInput()
    let line = try child.line { $0.hasPrefix("SUMMARY ") }
    try child.waitForExit()
    return try JSONDecoder().decode(Summary.self, from: Data(line.dropFirst("SUMMARY ".count).utf8))
  }

  func destroy() {
    child.closeInput()
    // kannel's programs end with their script, which ends with its input.
    _ = try? child.waitForExit(within: .seconds(5))
    child.destroy()
  }
}

/// A text, or a part of one, as a foreign implementation shows it.
struct ReceivedText: Decodable {
  var from: String
  var to: String
  /// Where it puts long texts together and shows no octets.
  var text: String?
  var octets: String?
  var data_coding: Int?
  var esm_class: Int?
  /// Reference, total and number of sar_ parameters.
  var sar: [Int]?

  private var payload: [UInt8] {
    let digits = Array((octets ?? "").utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
  }

  private var hasHeader: Bool { (esm_class ?? 0) & 0x40 != 0 }

  /// The text's octets, without a header.
  var body: [UInt8] {
    let payload = self.payload
    return hasHeader ? Array(payload.dropFirst(Int(payload.first ?? 0) + 1)) : payload
  }

  /// What ties parts of one text, and which part this is.
  var part: (key: String, total: Int, number: Int)? {
    if let sar, sar.count == 3 { return ("\(from) sar \(sar[0])", sar[1], sar[2]) }
    let payload = self.payload
    guard hasHeader, payload.count > 6 else { return nil }
    return payload[1] == 8
      ? ("\(from) \(payload[3]) \(payload[4])", Int(payload[5]), Int(payload[6]))
      : ("\(from) \(payload[3])", Int(payload[4]), Int(payload[5]))
  }

  /// Whole texts of what was received, in the order of their first parts.
  static func whole(_ parts: [ReceivedText]) -> [(from: String, to: String, text: String)] {
    var texts: [(from: String, to: String, text: String)] = []
    var open: [String: [Int: ReceivedText]] = [:]
    for received in parts {
      if let text = received.text {
        texts.append((received.from, received.to, text))
      } else if let part = received.part {
        open[part.key, default: [:]][part.number] = received
        guard let there = open[part.key], there.count == part.total else { continue }
        open[part.key] = nil
        let octets = there.sorted { $0.key < $1.key }.flatMap(\.value.body)
        texts.append((received.from, received.to, decode(octets, received.data_coding ?? 0)))
      } else {
        texts.append((received.from, received.to, decode(received.body, received.data_coding ?? 0)))
      }
    }
    return texts
  }

  /// GSM 03.38, by a table of this directory's own.
  private static let gsm = Array(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
      + "abcdefghijklmnopqrstuvwxyzäöñüà")
  private static let extensions: [UInt8: Character] = [
    0x0A: "\u{0C}", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|",
    0x65: "€",
  ]

  static func decode(_ octets: [UInt8], _ coding: Int) -> String {
    if coding == 8 {
      let units = stride(from: 0, to: octets.count - 1, by: 2).map {
        UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
      }
      return String(decoding: units, as: UTF16.self)
    }
    if coding == 3 { return String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) })) }
    var text = ""
    var escaped = false
    for octet in octets {
      if octet == 0x1B {
        escaped = true
      } else if escaped {
        text.append(extensions[octet] ?? "?")
        escaped = false
      } else {
        text.append(octet < 128 ? gsm[Int(octet)] : "?")
      }
    }
    return text
  }
}
