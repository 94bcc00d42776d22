import Carriers
import SMPP

extension CarrierProbe {
  static func milliseconds(_ duration: Duration) -> String {
    let micros = Int64((duration / .microseconds(1)).rounded())
    return micros < 10_000 ? "\(Double(micros / 10) / 100) ms" : "\(micros / 1000) ms"
  }

  /// How an id looks: `hexadecimal, 8 characters`.
  static func style(of id: String) -> String {
    let octets = Array(id.utf8)
    func all(_ test: (UInt8) -> Bool) -> Bool { octets.allSatisfy(test) }
    func isDigit(_ octet: UInt8) -> Bool { octet >= 0x30 && octet <= 0x39 }
    func isHex(_ octet: UInt8) -> Bool {
      isDigit(octet) || (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x66
    }
    let groups = id.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
    let word: String
    if groups == [8, 4, 4, 4, 12], all({ isHex($0) || $0 == 0x2D }) {
      word = "a UUID"
    } else if all(isDigit) {
      word = "decimal"
    } else if all(isHex) {
      word = "hexadecimal"
    } else {
      word = "text"
    }
    return "\(word), \(octets.count) characters"
  }

  /// The simplest `receipts.id` that matches a receipt's id with its response's; nil: none does.
  static func style(response: COctetString, receipt: COctetString) -> ReceiptIDStyle? {
    if response == receipt { return .exact }
    return [.auto, .decimal, .hexToDecimal, .decimalToHex, .hexadecimal].first {
      ReceiptID.match(response: response, receipt: receipt, style: $0)
    }
  }

  func advice(on suggested: ReceiptIDStyle) -> String {
    let configured = profile.receipts.id
    switch (suggested, configured) {
    case (.exact, .auto), (.exact, .decimal), (.exact, .exact), (.auto, .auto):
      return "as configured (\(configured.rawValue)); nothing to change"
    case (.exact, _): return "set receipts: { id: \"auto\" }; configured is \(configured.rawValue)"
    case _ where suggested == configured: return "as configured; nothing to change"
    default: return "set receipts: { id: \"\(suggested.rawValue)\" }; configured is \(configured.rawValue)"
    }
  }

  /// How a receipt is written.
  static func form(_ pdu: PDU) -> String {
    func form(_ esmClass: UInt8, _ octets: [UInt8], _ tlvs: TLVs) -> String {
      var parts: [String] = []
      if esmClass & ESMClass.deliveryReceipt != 0 {
        parts.append("marked as a receipt")
      } else {
        parts.append("without the receipt bit (receipts: { recognised_by_text: true })")
      }
      if tlvs.contains(.receiptedMessageID) { parts.append("receipted_message_id") }
      if ReceiptText(octets) != nil { parts.append("text as in appendix B") }
      return parts.joined(separator: ", ")
    }
    return switch pdu.body {
    case .deliverSM(let message): form(message.esmClass, message.textOctets, message.tlvs)
    case .dataSM(let message): form(message.esmClass, message.textOctets, message.tlvs)
    default: ""
    }
  }

  /// What the operator can do about a refused bind.
  static func advice(onBind status: CommandStatus) -> String {
    switch status {
    case .ESME_RINVPASWD:
      "the password is wrong; carriers that allow 8 characters cut longer passwords (SMPP 3.4, 5.2.2). Do not try often"
    case .ESME_RINVSYSID: "the carrier does not know this system_id, or does not allow it from this address"
    case .ESME_RALYBND:
      "all binds of this account are in use: by the running gateway, or by a lost connection that the carrier has not noticed"
    case .ESME_RINVSYSTYP: "ask the carrier which system_type to use; many carriers use none"
    case .ESME_RBINDFAIL:
      "often caused by our address, the kind of bind, or an account that is not active yet"
    case .ESME_RSYSERR: "a fault at the carrier; try again later"
    case .ESME_RTHROTTLED: "too many bind attempts; wait"
    case .ESME_RINVCMDID: "the carrier does not support this kind of bind; try bind: \"transmitter_receiver\""
    default: "ask the carrier what it means by it"
    }
  }

  /// What the operator can do about a refused text.
  static func advice(onSubmit status: CommandStatus) -> String {
    switch status {
    case .ESME_RINVSRCADR, .ESME_RINVSRCTON, .ESME_RINVSRCNPI:
      "this number may not send, or must be written in another way: see addresses.source, plus, prefix, national"
    case .ESME_RINVDSTADR, .ESME_RINVDSTTON, .ESME_RINVDSTNPI:
      "phones must be written in another way: see addresses.destination, plus, prefix, national"
    case .ESME_RINVREGDLVFLG: "the carrier offers no such receipts: see registered_delivery"
    case .ESME_RINVSERTYP: "ask the carrier which service_type to use"
    case .ESME_RTHROTTLED, .ESME_RMSGQFUL: "too fast, or the gateway is sending too; try again"
    case .ESME_RINVOPTPARSTREAM, .ESME_ROPTPARNOTALLWD:
      "the carrier supports no optional parameters; try long_messages: \"udh\""
    default: "ask the carrier what it means by it"
    }
  }
}
