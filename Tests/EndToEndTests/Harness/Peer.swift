import Foundation

/// A carrier made of a foreign implementation: one of the programs in Tests/Peers (smsc_common.py tells what they say).
final class Peer {
  struct Submit: Decodable {
    var from: String
    var to: String
    var text: String
    var octets: String
    var data_coding: Int
    var esm_class: Int
    var sequence: UInt32?
    var message_id: String
    /// Reference, total and number of sar_ parameters.
    var sar: [Int]?
  }

  /// What the program did, by its own account.
  struct Summary: Decodable {
    var peer: String
    var binds: [String]
    var submits: [Submit]
    var receipts_sent: Int
    var receipts_acknowledged: Int
    var answers_sent: Int
    var answers_acknowledged: Int
    var refused: Int
    var unbinds: Int
    var texts_sent: Int
    var texts_acknowledged: Int
    var errors: [String]
  }

  enum Implementation: String, CaseIterable {
    case smpp34 = "smsc_smpp34.py"
    case twisted = "smsc_twisted.py"
    case netSMPP = "smsc_netsmpp.pl"
    case smppy = "smsc_smppy.py"

    var command: [String] {
      let program = Locations.peers.appendingPathComponent(rawValue).path
      return rawValue.hasSuffix(".py") ? [Locations.python, program] : ["/usr/bin/perl", program]
    }
  }

  let child: Child
  let port: UInt16
  /// Lines of it that were waited for.
  private var heard = 0

  /// `more`: options of smsc_common.py.
  init(
    _ implementation: Implementation, expecting answers: Int = 0, password: String = GatewayProcess.password,
    more: [String] = []
  ) throws {
    try Locations.foreignImplementations.get()
    child = try Child(
      implementation.rawValue,
      implementation.command + ["--expect", String(answers), "--password", password] + more,
      hasInput: true)
    let line = try child.line(after: 0)
    heard = 1
    guard let port = UInt16(line.dropFirst("LISTENING ".count)) else {
      throw HarnessError("no port in \(line)")
    }
    self.port = port
  }

  /// Waits until as many answers as were announced have been acknowledged.
  func waitUntilDone(within limit: Duration = .seconds(60)) throws {
    _ = try child.line(within: limit) { $0 == "DONE" }
  }

  /// Its next line, which has to begin so.
  @discardableResult
  func hear(_ beginning: String, within limit: Duration = .seconds(30)) throws -> String {
    heard += 1
    let line = try child.line(after: heard - 1, within: limit)
    guard line.hasPrefix(beginning) else {
      throw HarnessError("\(child.name) said \(line.prefix(200)), not \(beginning)\n\(child.transcript)")
    }
    return line
  }

  private func say(_ word: String, _ order: some Encodable) throws {
    try child.write(word + " " + String(decoding: try JSONEncoder().encode(order), as: UTF8.self))
  }

  /// A phone writes.
  func text(_ text: PeerClient.Text) throws { try say("text", text) }
  func flood(_ flood: PeerClient.Flood) throws { try say("flood", flood) }
  func hold() throws { try child.write("hold") }

  /// Gives the answers it kept back, and how many they are.
  func release() throws -> Int {
    try child.write("release")
    return try hear("RELEASED ").split(separator: " ").last.flatMap { Int($0) } ?? 0
  }

  /// Asks enquire_link and hears the answer.
  func enquire() throws {
    try child.write("enquire")
    try hear("ENQUIRED")
  }

  /// Ends its sessions by unbind.
  func unbind() throws {
    try child.write("unbind")
    try hear("UNBOUND")
  }

  /// Waits until counts of its account are reached.
  func await(_ counts: [String: Int], within limit: Duration = .seconds(60)) throws {
    try say("expect", counts)
    try hear("DONE", within: limit)
  }

  /// Ends it and reads its account.
  func finish() throws -> Summary {
    child.send(signal: SIGTERM)
    let line = try child.line { $0.hasPrefix("SUMMARY ") }
    return try JSONDecoder().decode(Summary.self, from: Data(line.dropFirst("SUMMARY ".count).utf8))
  }

  func destroy() { child.destroy() }
}
