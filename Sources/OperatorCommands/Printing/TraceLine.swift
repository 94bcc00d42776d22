import Contract

/// How one traced PDU reads on a line.
struct TraceLine {
  let terminal: Terminal

  func text(_ pdu: TracedPDU) -> String {
    let isOut = pdu.direction == .out
    var words = [
      terminal.styled(clock(pdu.timeUs), .dim),
      terminal.styled(isOut ? "→" : "←", isOut ? .cyan : .green),
      "\(pdu.sessionIndex)/\(pdu.connection)",
    ]
    if let command = pdu.command { words.append(terminal.styled(command, .bold)) }
    if let sequence = pdu.sequenceNumber { words.append(terminal.styled("#\(sequence)", .dim)) }
    let isResponse = pdu.command.map { $0.hasSuffix("_resp") || $0 == "generic_nack" } ?? false
    if let status = pdu.commandStatus, isResponse || status != "ESME_ROK" {
      words.append(terminal.styled(status, status == "ESME_ROK" ? .green : .red))
    }
    if let trip = pdu.roundTripUs { words.append(terminal.styled("after \(milliseconds(trip))", .dim)) }
    words += fields(pdu.fields ?? [:])
    for tlv in pdu.tlvs ?? [] { words.append("\(terminal.styled(tlv.tag, .dim))=\(Self.text(tlv.value))") }
    if let text = pdu.text { words.append(terminal.styled("“\(Terminal.shown(text))”", .yellow)) }
    if pdu.lossy == true { words.append(terminal.styled("(lossy)", .red)) }
    if pdu.cut == true { words.append("(\(pdu.octets) octets, the first of them kept)") }
    if let problem = pdu.problem { words.append(terminal.styled(Terminal.shown(problem), .red)) }
    return words.joined(separator: " ")
  }

  /// Addresses first and as an arrow; then what is there and not zero.
  private func fields(_ fields: [String: JSONValue]) -> [String] {
    var words: [String] = []
    var rest = fields
    if let source = fields["source_addr"]?.string {
      let destination = fields["destination_addr"]?.string
      words.append(Terminal.shown(source) + (destination.map { " > " + Terminal.shown($0) } ?? ""))
      rest["source_addr"] = nil
      rest["destination_addr"] = nil
    }
    for (name, value) in rest.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .integer(0), .string(""): continue
      case .integer(let number) where name == "esm_class" || name == "data_coding":
        words.append("\(terminal.styled(name, .dim))=0x\(hexadecimal(number))")
      default: words.append("\(terminal.styled(name, .dim))=\(Self.text(value))")
      }
    }
    return words
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): Terminal.shown(value)
    case .array(let items): "[" + items.map(text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(separator: " ")
        + "}"
    }
  }

  private func hexadecimal(_ value: Int64) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return text.count < 2 ? "0" + text : text
  }

  private func milliseconds(_ micros: Int64) -> String {
    "\(micros / 1000).\(Self.padded(micros % 1000, 3)) ms"
  }

  /// `17:03:11.412345`, UTC.
  private func clock(_ micros: Int64) -> String {
    let seconds = micros / 1_000_000 % 86_400
    return Self.padded(seconds / 3600, 2) + ":" + Self.padded(seconds / 60 % 60, 2) + ":"
      + Self.padded(seconds % 60, 2) + "." + Self.padded(micros % 1_000_000, 6)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let text = "\(value)"
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
