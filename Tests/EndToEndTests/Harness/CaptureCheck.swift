import Foundation
import SMPP
import Testing

/// Holds our reading of a capture against tshark's.
enum CaptureCheck {
  struct Seen {
    var flow: Flow
    var octets: [UInt8]
    var pdu: PDU
  }

  struct Report {
    /// Every PDU of the capture, as we read it.
    var pdus: [Seen] = []
    /// PDUs tshark did not show in the capture as it was: those cut into segments shorter than a header.
    var missed = 0
    /// Where the two readings differ, or one could not read.
    var differences: [String] = []

    func count(_ command: CommandID) -> Int { pdus.count { $0.pdu.commandID == command } }

    func expectAgreement() {
      if !differences.isEmpty {
        Issue.record("\(differences.count) differences to tshark, the first: \(differences.prefix(5))")
      }
      #expect(!pdus.isEmpty)
    }
  }

  static func check(_ capture: [UInt8], port: UInt16) throws -> Report {
    try check(capture, ports: [port])
  }

  static func check(_ capture: [UInt8], ports: [UInt16]) throws -> Report {
    var report = Report()
    let streams = try Pcap.streams(capture).filter {
      ports.contains($0.key.sourcePort) || ports.contains($0.key.destinationPort)
    }
    for (flow, octets) in streams.sorted(by: { $0.key < $1.key }) { read(octets, flow, into: &report) }

    let directory = try Locations.temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: directory) }
    let original = directory.appendingPathComponent("original.pcap").path
    try Data(capture).write(to: URL(fileURLWithPath: original))
    try compareCounts(original, ports, &report)

    // Again with every PDU a packet of its own: nothing is missed, and a line of tshark is one PDU.
    try compareFields(Pcap.file(ofWhole: report.pdus.map { ($0.flow, $0.octets) }), ports, &report)
    return report
  }

  /// The same for PDUs that were never on a wire.
  static func check(ofWhole packets: [(flow: Flow, octets: [UInt8])], port: UInt16) throws -> Report {
    var report = Report()
    for packet in packets { read(packet.octets, packet.flow, into: &report) }
    try compareFields(Pcap.file(ofWhole: packets), [port], &report)
    return report
  }

  private static func read(_ octets: [UInt8], _ flow: Flow, into report: inout Report) {
    octets.withUnsafeBytes { all in
      var rest = all[...]
      while !rest.isEmpty {
        guard case .frame(let length) = Framing.next(UnsafeRawBufferPointer(rebasing: rest)) else {
          return report.differences.append("\(flow): \(rest.count) octets are no PDU")
        }
        let frame = UnsafeRawBufferPointer(rebasing: rest.prefix(length))
        switch PDU.decode(frame) {
        case .pdu(let pdu): report.pdus.append(Seen(flow: flow, octets: Array(frame), pdu: pdu))
        case .refused(let header, let status, _):
          report.differences.append("\(flow): we refuse \(header.commandID) with \(status)")
        }
        rest = rest.dropFirst(length)
      }
    }
  }

  // MARK: tshark

  private static func tshark(_ file: String, _ ports: [UInt16], filter: String, fields: [String]) throws
    -> [[Substring]]
  {
    let child = try Child(
      "tshark",
      [
        "tshark", "-r", file, "-Y", filter, "-T", "fields", "-E", "occurrence=a",
      ] + ports.flatMap { ["-d", "tcp.port==\($0),smpp"] }
        + fields.flatMap { ["-e", $0] })
    guard try child.waitForExit(within: .seconds(60)) == .code(0) else {
      throw HarnessError("tshark failed\n\(child.transcript)")
    }
    return child.lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
  }

  private static func among(_ ports: [UInt16]) -> String {
    "tcp.port in {\(ports.map(String.init).joined(separator: ", "))}"
  }

  private static func integer(_ text: some StringProtocol) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  private static func compareCounts(_ file: String, _ ports: [UInt16], _ report: inout Report) throws {
    struct Key: Hashable {
      var flow: Flow
      var command: UInt64
      var sequence: UInt64
    }
    var theirs: [Key: Int] = [:]
    let rows = try tshark(
      // Other tests speak SMPP meanwhile, and tshark knows it when it sees it.
      file, ports, filter: "smpp && \(among(ports))",
      fields: ["tcp.srcport", "tcp.dstport", "smpp.command_id", "smpp.sequence_number"])
    for row in rows where row.count == 4 {
      guard let source = UInt16(row[0]), let destination = UInt16(row[1]) else { continue }
      for (command, sequence) in zip(row[2].split(separator: ","), row[3].split(separator: ",")) {
        let key = Key(
          flow: Flow(sourcePort: source, destinationPort: destination), command: integer(command) ?? 0,
          sequence: integer(sequence) ?? 0)
        theirs[key, default: 0] += 1
      }
    }
    for seen in report.pdus {
      let key = Key(
        flow: seen.flow, command: UInt64(seen.pdu.commandID.rawValue), sequence: UInt64(seen.pdu.sequence))
      if let count = theirs[key], count > 0 { theirs[key] = count - 1 } else { report.missed += 1 }
    }
    for (key, count) in theirs where count > 0 {
      report.differences.append("tshark alone shows \(count) of \(key)")
    }
    if report.missed == 0,
      try !tshark(
        file, ports, filter: "smpp && \(among(ports)) && _ws.malformed", fields: ["frame.number"]
      ).isEmpty
    {
      report.differences.append("tshark calls something malformed")
    }
  }

  private static func compareFields(_ capture: [UInt8], _ ports: [UInt16], _ report: inout Report) throws {
    let directory = try Locations.temporaryDirectory()
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appendingPathComponent("whole.pcap").path
    try Data(capture).write(to: URL(fileURLWithPath: file))
    let malformed = try tshark(
      file, ports, filter: "_ws.malformed || _ws.expert.severity == error", fields: ["frame.number"])
    for row in malformed { report.differences.append("tshark calls PDU \(row.first ?? "?") malformed") }
    let rows = try tshark(file, ports, filter: "smpp", fields: ["frame.number"] + columns.map(\.name))
    guard rows.count == report.pdus.count else {
      return report.differences.append("given whole, tshark shows \(rows.count) of \(report.pdus.count) PDUs")
    }
    for (row, seen) in zip(rows, report.pdus) {
      for (column, theirs) in zip(columns, row.dropFirst()) {
        guard let ours = column.ours(seen.pdu) else { continue }
        if ours != column.normal(theirs) {
          report.differences.append(
            "PDU \(row[0]) (\(seen.pdu.commandID)) \(column.name): ours \(ours), tshark's \(theirs)")
        }
      }
    }
  }

  /// A field by tshark's name, and what we say it is; nil where the PDU has none, or tshark does not show it.
  private struct Column: Sendable {
    var name: String
    var normal: @Sendable (Substring) -> String = { integer($0).map(String.init) ?? String($0) }
    var ours: @Sendable (PDU) -> String?
  }

  private static func text(_ name: String, _ ours: @escaping @Sendable (PDU) -> String?) -> Column {
    Column(name: name, normal: { String($0) }, ours: ours)
  }

  private static func number(_ name: String, _ ours: @escaping @Sendable (PDU) -> (any BinaryInteger)?)
    -> Column
  {
    Column(name: name) { pdu in ours(pdu).map { "\($0)" } }
  }

  private static func message(_ pdu: PDU) -> SubmitSM? {
    switch pdu.body {
    case .submitSM(let message): message
    case .deliverSM(let message): message
    default: nil
    }
  }

  private static func messageID(_ pdu: PDU) -> String? {
    switch pdu.body {
    case .submitSMResp(let body?): body.messageID.string
    case .dataSMResp(let body?): body.messageID.string
    case .submitMultiResp(let body?): body.messageID.string
    case .querySM(let body): body.messageID.string
    case .querySMResp(let body?): body.messageID.string
    case .cancelSM(let body): body.messageID.string
    case .replaceSM(let body): body.messageID.string
    default: nil
    }
  }

  private static let columns: [Column] = [
    number("smpp.command_length") {
      var octets: [UInt8] = []; $0.encode(into: &octets); return octets.count
    },
    number("smpp.command_id") { $0.commandID.rawValue },
    number("smpp.sequence_number") { $0.sequence },
    // tshark shows the status of responses alone.
    number("smpp.command_status") { $0.commandID.rawValue & 0x8000_0000 == 0 ? nil : $0.status.rawValue },
    Column(name: "smpp.service_type", normal: { $0 == "(Default)" ? "" : String($0) }) {
      message($0)?.serviceType.string
    },
    number("smpp.source_addr_ton") { message($0)?.source.ton },
    number("smpp.source_addr_npi") { message($0)?.source.npi },
    text("smpp.source_addr") { message($0)?.source.digits.string },
    number("smpp.dest_addr_ton") { message($0)?.destination.ton },
    number("smpp.dest_addr_npi") { message($0)?.destination.npi },
    text("smpp.destination_addr") { message($0)?.destination.digits.string },
    number("smpp.esm.submit.msg_mode") { message($0).map { $0.esmClass & 0x03 } },
    number("smpp.esm.submit.msg_type") { message($0).map { $0.esmClass >> 2 & 0x0F } },
    number("smpp.esm.submit.features") { message($0).map { $0.esmClass >> 6 } },
    number("smpp.regdel.receipt") { message($0).map { $0.registeredDelivery & 0x03 } },
    number("smpp.data_coding") { message($0)?.dataCoding },
    number("smpp.sm_length") { message($0)?.shortMessage.count },
    Column(name: "smpp.message", normal: { $0.replacingOccurrences(of: ":", with: "").lowercased() }) { pdu in
      guard let octets = message(pdu)?.shortMessage, !octets.isEmpty else { return nil }
      return octets.map { String(format: "%02x", $0) }.joined()
    },
    text("smpp.message_id") { messageID($0) },
    text("smpp.receipted_message_id") { message($0)?.tlvs.receiptedMessageID?.string },
    number("smpp.message_state") { message($0)?.tlvs.messageState },
    number("smpp.user_message_reference") { message($0)?.tlvs.userMessageReference },
    number("smpp.sar_msg_ref_num") { message($0)?.tlvs.sarMsgRefNum },
    number("smpp.sar_total_segments") { message($0)?.tlvs.sarTotalSegments },
    number("smpp.sar_segment_seqnum") { message($0)?.tlvs.sarSegmentSeqnum },
  ]
}
