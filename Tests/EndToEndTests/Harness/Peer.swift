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
    var errors: [String]
  }

  enum Implementation: String, CaseIterable {
    case smpp34 = "smsc_smpp34.py"
    case twisted = "smsc_twisted.py"
    case netSMPP = "smsc_netsmpp.pl"

    var command: [String] {
      let program = Locations.peers.appendingPathComponent(rawValue).path
      return rawValue.hasSuffix(".py") ? [Locations.python, program] : ["/usr/bin/perl", program]
    }
  }

  let child: Child
  let port: UInt16

  init(_ implementation: Implementation, expecting answers: Int = 0) throws {
    try Locations.foreignImplementations.get()
    child = try Child(
      implementation.rawValue,
      implementation.command + ["--expect", String(answers), "--password", GatewayProcess.password])
    let line = try child.line { $0.hasPrefix("LISTENING ") }
    guard let port = UInt16(line.dropFirst("LISTENING ".count)) else {
      throw HarnessError("no port in \(line)")
    }
    self.port = port
  }

  /// Waits until as many answers as were announced have been acknowledged.
  func waitUntilDone(within limit: Duration = .seconds(60)) throws {
    _ = try child.line(within: limit) { $0 == "DONE" }
  }

  /// Ends it and reads its account.
  func finish() throws -> Summary {
    child.send(signal: SIGTERM)
    let line = try child.line { $0.hasPrefix("SUMMARY ") }
    return try JSONDecoder().decode(Summary.self, from: Data(line.dropFirst("SUMMARY ".count).utf8))
  }

  func destroy() { child.destroy() }
}
