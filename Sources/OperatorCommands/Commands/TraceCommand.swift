import CommandFrame
import Contract
import Glibc

/// `tollgate trace`: what went over the wire.
package enum TraceCommand {
  /// Microseconds between two questions of `--follow`.
  private static let pause: UInt32 = 200_000

  package static let command = Command(
    name: "trace", summary: "show the PDUs between a carrier and us",
    details: """
      The daemon keeps the newest PDUs in memory (limits.trace_mib). Texts and whole phone numbers are shown only to roles
      that may see them (socket.roles.NAME.sees). Passwords are never shown. Each line has the UTC time, → for a PDU we sent
      or ← for a PDU we received, and session/connection.
      """,
    options: [
      Option("carrier", argument: "NAME", "the carrier (default: the only one)"),
      Option("number", argument: "NUMBER", "only PDUs from or to this number, with their responses"),
      Option("last", argument: "N", "the newest N PDUs, at most 5000 (default 100)"),
      Option("follow", "keep printing new PDUs"),
      Option("pcap", argument: "FILE", "write a capture file for Wireshark or tshark instead of lines"),
    ],
    examples: [
      Example("tollgate trace --follow", "print PDUs as they pass"),
      Example("tollgate trace --number +12025550110 --last 20", "print the last PDUs of one phone"),
      Example(
        "tollgate trace --last 5000 --pcap /tmp/carrier.pcap",
        "write a capture for the carrier's engineer"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let pcap = try invocation.value("pcap").map { try PcapFile($0) }
    var request = CarrierTrace(
      carrier: try carrier(invocation, daemon), number: try invocation.value("number").map(References.number),
      last: try last(invocation), showHex: pcap == nil ? nil : true)
    var left = request.last ?? CarrierTrace.defaultLast
    let line = TraceLine(terminal: .output)
    let isJSON = invocation.has("json")
    var count = 0
    while true {
      let result = try daemon.call(request)
      if result.missed > 0 {
        Output.error("\(Words.count(Int(result.missed), "PDU")) passed too quickly to be shown")
      }
      for item in result.items {
        if let pcap {
          try pcap.add(item)
        } else if isJSON {
          try JSONOutput.line(item)
        } else {
          try Output.line(line.text(item))
        }
      }
      count += result.items.count
      left -= result.items.count
      request.afterSequence = result.afterSequence
      if result.more, left > 0 || invocation.has("follow") {
        request.last = invocation.has("follow") && left <= 0 ? CarrierTrace.maximumLast : left
      } else if invocation.has("follow") {
        left = 0
        request.last = CarrierTrace.maximumLast
        usleep(pause)
      } else {
        break
      }
    }
    if let file = invocation.value("pcap") {
      Output.error("\(Words.count(count, "PDU")) written to \(file); the file contains message texts")
    }
    return .ok
  }

  private static func last(_ invocation: Invocation) throws -> Int? {
    guard let text = invocation.value("last") else { return nil }
    guard let number = Int(text), (1...CarrierTrace.maximumLast).contains(number) else {
      throw invocation.usage("--last: expected 1 to \(CarrierTrace.maximumLast), found \(text)")
    }
    return number
  }

  /// The one named, or the only one.
  private static func carrier(_ invocation: Invocation, _ daemon: DaemonConnection) throws -> String {
    if let name = invocation.value("carrier") { return name }
    let names = try daemon.call(CarrierList()).items.map(\.carrier)
    guard let name = names.first, names.count == 1 else {
      throw invocation.usage("expected --carrier, one of: \(names.joined(separator: ", "))")
    }
    return name
  }
}
