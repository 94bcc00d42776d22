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

  /// The `receipts.id` under which a receipt's id is its response's: the plainest that fits; nil where none does.
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

  /// Where a receipt carries what it says.
  static func form(_ pdu: PDU) -> String {
    func form(_ esmClass: UInt8, _ octets: [UInt8], _ tlvs: TLVs) -> String {
      var parts: [String] = []
      if ESMClass.messageType(of: esmClass) == ESMClass.deliveryReceipt {
        parts.append("marked as a receipt")
      } else {
        parts.append("without the receipt bit (receipts: { recognised_by_text: true })")
      }
      if tlvs.contains(.receiptedMessageID) { parts.append("receipted_message_id") }
      if ReceiptText(octets) != nil { parts.append("text of appendix B") }
      return parts.joined(separator: ", ")
    }
    return switch pdu.body {
    case .deliverSM(let message): form(message.esmClass, message.textOctets, message.tlvs)
    case .dataSM(let message): form(message.esmClass, message.textOctets, message.tlvs)
    default: ""
    }
  }

  /// What a refused bind asks of the operator.
  static func advice(onBind status: CommandStatus) -> String {
    switch status {
    case .ESME_RINVPASWD:
      "the password is wrong; carriers that allow 8 characters cut longer ones (SMPP 3.4, 5.2.2). Do not try often"
    case .ESME_RINVSYSID: "the carrier does not know this system_id, or not from this address"
    case .ESME_RALYBND:
      "all binds of this account are in use: by the running gateway, or by a lost connection it has not noticed"
    case .ESME_RINVSYSTYP: "ask which system_type it wants; many want none"
    case .ESME_RBINDFAIL:
      "often the address we come from, the kind of bind, or an account that is not switched on"
    case .ESME_RSYSERR: "a fault on its side; try again later"
    case .ESME_RTHROTTLED: "too many attempts to bind; wait"
    case .ESME_RINVCMDID: "it does not take this kind of bind; try another: bind: \"transmitter_receiver\""
    default: "ask the carrier what it means by it"
    }
  }

  /// What a refused text asks of the operator.
  static func advice(onSubmit status: CommandStatus) -> String {
    switch status {
    case .ESME_RINVSRCADR, .ESME_RINVSRCTON, .ESME_RINVSRCNPI:
      "it does not let this number send, or wants it spelt in another way: addresses.source, plus, prefix, national"
    case .ESME_RINVDSTADR, .ESME_RINVDSTTON, .ESME_RINVDSTNPI:
      "it wants phones spelt in another way: addresses.destination, plus, prefix, national"
    case .ESME_RINVREGDLVFLG: "it gives no such receipts: registered_delivery"
    case .ESME_RINVSERTYP: "ask which service_type it wants"
    case .ESME_RTHROTTLED, .ESME_RMSGQFUL: "too fast, or the gateway is sending too; try again"
    case .ESME_RINVOPTPARSTREAM, .ESME_ROPTPARNOTALLWD:
      "it takes no optional parameters: long_messages: \"udh\""
    default: "ask the carrier what it means by it"
    }
  }
}
