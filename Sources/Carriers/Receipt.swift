public import SMPP

/// What a delivery receipt says, from its parameters and its text, whichever the carrier fills.
public struct Receipt: Hashable, Sendable {
  /// The id of the message, as it came; `ReceiptID` makes it comparable.
  public var id: COctetString
  /// The id in the text where it is another one than `receipted_message_id`: worth a line in the log, since one of them is
  /// wrong.
  public var otherID: COctetString?
  /// nil where what it says is not known (`unknownState` has it).
  public var state: MessageState?
  /// What it says instead of a state we know: the word of `stat`, or the number of `message_state`. Empty where it says none.
  public var unknownState: String?
  /// `stat` of the text, as written.
  public var stateWord: COctetString?
  /// `err` of the text, as written: carriers use one to four places, and not only digits.
  public var error: COctetString?
  /// `network_error_code` (SMPP 3.4, 5.3.2.31).
  public var networkError: NetworkErrorCode?
  /// `submit date`, milliseconds since 1970 UTC, to the minute mostly.
  public var submittedMilliseconds: Int64?
  /// `done date`, milliseconds since 1970 UTC, to the minute mostly.
  public var doneMilliseconds: Int64?
  /// `user_message_reference` (SMPP 3.4, 5.3.2.17) where the carrier repeats ours.
  public var userMessageReference: UInt16?
  /// `esm_class` says intermediate notification (0x20), whatever the state.
  public var isIntermediate: Bool
  /// The text itself reads as a receipt.
  public var isInText: Bool
  /// The states that are outcomes with this carrier.
  public var finalStates: MessageStateSet

  /// What becomes of the message.
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case delivered
    /// Undeliverable, rejected or deleted.
    case failed
    case expired
    /// The carrier does not know.
    case unknown
    /// Under way: another receipt may come.
    case underWay = "under_way"
  }

  public var outcome: Outcome {
    if isIntermediate { return .underWay }
    guard let state else { return .unknown }
    guard finalStates.contains(state) else { return state == .unknown ? .unknown : .underWay }
    return switch state {
    case .delivered, .accepted: .delivered
    case .expired: .expired
    case .undeliverable, .rejected, .deleted, .unknown: .failed
    default: .underWay
    }
  }

  /// Whether nothing further is to be expected of the message.
  public var isFinal: Bool {
    switch outcome {
    case .delivered, .failed, .expired: true
    case .unknown, .underWay: false
    }
  }

  /// The key of its message's row (see `ReceiptID.key`).
  public func key(_ style: ReceiptIDStyle) -> Int64 { ReceiptID.key(id, from: .receipt, style: style) }
}

/// What a message from a carrier is.
public enum Inbound: Hashable, Sendable {
  /// Somebody's text.
  case message
  /// By its type bits.
  case receipt(Receipt)
  /// By its parameters or its text, without the type bits: somebody's text after all where no message of ours fits.
  case perhapsReceipt(Receipt)
  /// A receipt by its type bits that names no message.
  case unreadableReceipt
  /// SME delivery (0x08) or user (0x10) acknowledgement, or conversation abort (0x18), without a text.
  case acknowledgement
  /// For an application, not for people; see `isData`.
  case data
}

extension Inbound {
  /// Whether octets are for an application, not for people.
  ///
  /// Two signs make data: octets under a `data_coding` of 8-bit data, and application ports. One of them alone does where no person
  /// can have written the octets. So a push and a ring tone are data; letters under `data_coding` 4, a contact card to a port and
  /// a flash message are texts.
  public static func isData(_ text: CodedText, _ ports: ApplicationPorts?) -> Bool {
    switch (text.charset == .data, ports != nil) {
    case (true, true): true
    case (true, false), (false, true): !text.isWritten
    case (false, false): false
    }
  }

  /// The receipt it is, or perhaps is.
  public var receipt: Receipt? {
    switch self {
    case .receipt(let receipt), .perhapsReceipt(let receipt): receipt
    case .message, .unreadableReceipt, .acknowledgement, .data: nil
    }
  }
}

extension Receipt {
  /// Decides what a `deliver_sm` or `data_sm` is, and reads it if it is a receipt.
  ///
  /// The type bits (SMPP 3.4, 5.2.12) are read as flags, since peers set several:
  ///
  /// - Receipt (0x04) or intermediate notification (0x20): a receipt, readable or not.
  /// - Otherwise a receipt only by two signs: `receipted_message_id` with `message_state` beside it, or with a text that reads as a
  ///   receipt, or no text at all. Some carriers put tickets of their own into `receipted_message_id` of a person's text.
  /// - By its text alone only where the carrier is set so, or where the bits say that it is an acknowledgement.
  /// - An acknowledgement with a text is a person's text.
  /// - What is no receipt is data where `isData` says so, else somebody's text.
  ///
  /// - Parameter octets: `short_message` or `message_payload`.
  public static func classify(
    esmClass: UInt8, octets: [UInt8], tlvs: TLVs, style: ReceiptStyle, dataCoding: UInt8 = 0,
    charsets: CharsetMap = CharsetMap()
  ) -> Inbound {
    var message: Inbound {
      let charset = charsets.charset(of: dataCoding)
      guard ESMClass.hasUDH(esmClass) || !tlvs.isEmpty || charset == .data else { return .message }
      let text = CodedText(
        octets, dataCoding: dataCoding, charsets: charsets, udhi: ESMClass.hasUDH(esmClass))
      return Inbound.isData(text, ApplicationPorts(text.header, tlvs)) ? .data : .message
    }
    let type = ESMClass.messageType(of: esmClass)
    if type & (ESMClass.deliveryReceipt | ESMClass.intermediateNotification) != 0 {
      return read(esmClass: esmClass, octets: octets, tlvs: tlvs, style: style).map { .receipt($0) }
        ?? .unreadableReceipt
    }
    let isAcknowledgement = type != ESMClass.normalMessage
    let hasID = !tlvs.isEmpty && tlvs.contains(.receiptedMessageID)
    guard hasID || style.recognisedByText || isAcknowledgement else { return message }
    let hasOtherSign = octets.isEmpty || tlvs.contains(.messageState)
    if let receipt = read(esmClass: esmClass, octets: octets, tlvs: tlvs, style: style),
      receipt.isInText || hasID && hasOtherSign
    {
      return .perhapsReceipt(receipt)
    }
    return isAcknowledgement && octets.isEmpty ? .acknowledgement : message
  }

  private static func read(
    esmClass: UInt8, octets: [UInt8], tlvs: TLVs, style: ReceiptStyle
  ) -> Receipt? {
    let words = plain(octets, esmClass)
    let text = receiptText(words, style)
    let hasParameters = !tlvs.isEmpty
    let parameterID = hasParameters ? tlvs.receiptedMessageID.flatMap(usable) : nil
    let number = hasParameters ? tlvs.messageState : nil
    let parameterState = number.flatMap { style.state(ofNumber: $0) }
    let textState = text?.stat.flatMap { style.state(ofWord: $0) }
    let state = style.prefersText ? textState ?? parameterState : parameterState ?? textState
    let (first, second) = style.prefersText ? (text?.id, parameterID) : (parameterID, text?.id)
    guard let id = first ?? second else { return nil }
    let other = first == nil ? nil : second
    let zone = style.minutesEastOfUTC
    return Receipt(
      id: id, otherID: other == id ? nil : other,
      state: state,
      unknownState: state == nil ? text?.stat?.string ?? number.map { String($0) } ?? "" : nil,
      stateWord: text?.stat, error: text?.error,
      networkError: hasParameters ? tlvs.networkErrorCode : nil,
      submittedMilliseconds: text?.submitDate?.milliseconds(minutesEastOfUTC: zone),
      doneMilliseconds: text?.doneDate?.milliseconds(minutesEastOfUTC: zone),
      userMessageReference: hasParameters ? tlvs.userMessageReference : nil,
      isIntermediate: ESMClass.messageType(of: esmClass) & ESMClass.intermediateNotification != 0,
      isInText: text.map { isReceipt($0, words, style) } ?? false,
      finalStates: style.finalStates)
  }

  /// The fields of a text: by their keys, else by their places where the profile gives these.
  private static func receiptText(_ octets: [UInt8], _ style: ReceiptStyle) -> ReceiptText? {
    if let fields = style.fields, !ReceiptText.beginsWithID(octets) {
      return ReceiptText(octets, fields: fields)
    }
    return ReceiptText(octets)
  }

  /// Whether a text that was read is a receipt by itself: it begins with its id and has a state, or has both at their places.
  private static func isReceipt(_ text: ReceiptText, _ octets: [UInt8], _ style: ReceiptStyle) -> Bool {
    guard text.id != nil else { return false }
    return ReceiptText.beginsWithID(octets) ? text.stat != nil : style.fields != nil && text.state != nil
  }

  /// An id that can be one: not empty, and no longer than the specification lets it be.
  private static func usable(_ id: COctetString) -> COctetString? {
    id.isEmpty || id.count > ReceiptText.longestID ? nil : id
  }

  /// The text of a receipt in ASCII octets: behind its user data header, unless it reads as a receipt with it, and narrowed where it
  /// came as UTF-16.
  private static func plain(_ octets: [UInt8], _ esmClass: UInt8) -> [UInt8] {
    var octets = octets
    if ESMClass.hasUDH(esmClass), !ReceiptText.isReceipt(octets),
      let (_, length) = UserDataHeader.parse(octets)
    {
      octets.removeFirst(length)
    }
    guard octets.count >= 4, octets[0] == 0 || octets[1] == 0 || octets[0] >= 0xFE else { return octets }
    return octets.prefix(2 * ReceiptText.longestRead).filter { $0 != 0 && $0 < 0xFE }
  }
}

extension Receipt {
  /// Decides what a `deliver_sm` is, and reads it if it is a receipt.
  public static func classify(_ message: DeliverSM, _ profile: CarrierProfile) -> Inbound {
    classify(
      esmClass: message.esmClass, octets: message.textOctets, tlvs: message.tlvs, style: profile.receipts,
      dataCoding: message.dataCoding, charsets: profile.charsets)
  }

  /// Decides what a `data_sm` is, and reads it if it is a receipt: some carriers send theirs so.
  public static func classify(_ message: DataSM, _ profile: CarrierProfile) -> Inbound {
    classify(
      esmClass: message.esmClass, octets: message.textOctets, tlvs: message.tlvs, style: profile.receipts,
      dataCoding: message.dataCoding, charsets: profile.charsets)
  }

  /// The receipt a `deliver_sm` is, or perhaps is; nil where it is none, or not readable.
  public static func parse(_ message: DeliverSM, _ profile: CarrierProfile) -> Receipt? {
    classify(message, profile).receipt
  }

  /// The receipt a `data_sm` is, or perhaps is; nil where it is none, or not readable.
  public static func parse(_ message: DataSM, _ profile: CarrierProfile) -> Receipt? {
    classify(message, profile).receipt
  }
}
