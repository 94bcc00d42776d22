public import SMPP

/// What differs between carriers, as plain data: the defaults suit one that follows SMPP 3.4.
///
/// Nothing in it is secret, and nothing says where the carrier is; that is the configuration's.
public struct CarrierProfile: Hashable, Sendable {
  // MARK: Text

  /// `default_alphabet`: what the carrier means by `data_coding` 0, both ways.
  public var defaultAlphabet: DefaultAlphabet = .gsm7
  /// `charsets`: values of `data_coding` under which the carrier sends something else than SMPP 3.4, 5.2.19, says.
  public var charsetExceptions: [UInt8: Charset] = [:]
  /// The encodings it takes.
  public var encodings: EncodingSet = .standard
  /// `long_messages`: how a text of several parts leaves.
  public var longMessages: LongMessages = .udh8

  /// `both_texts`: which text of a PDU counts that has one in `short_message` and another in `message_payload`.
  public var bothTexts: BothTexts = .shortMessage

  // MARK: Addresses

  public var addresses = AddressStyle()

  // MARK: bind

  /// `interface_version` (SMPP 3.4, 5.2.4) that we state.
  public var interfaceVersion = InterfaceVersion.v34

  // MARK: submit_sm

  /// `service_type` (SMPP 3.4, 5.2.11), at most 5 octets.
  public var serviceType: COctetString = ""
  /// `registered_delivery` (SMPP 3.4, 5.2.17) of what wants a receipt: one for the final outcome.
  public var registeredDelivery: UInt8 = RegisteredDelivery.successOrFailure
  /// `validity_period` (SMPP 3.4, 5.2.16) of a message whose sender states none; nil leaves it to the carrier.
  public var validity: Duration?
  /// Whether `user_message_reference` (SMPP 3.4, 5.3.2.17) is sent, and comes back.
  public var userMessageReference: UserMessageReference = .off

  /// `parameters`: optional parameters of the carrier's own, sent with texts and shown with those that come.
  public var parameters: [CarrierParameter] = []

  // MARK: Receipts and answers

  public var receipts = ReceiptStyle()
  /// Statuses this carrier uses in its own way; the first that fits counts, before the common table.
  public var statusRules: [StatusRule] = []

  // MARK: Rates and times

  /// `window`: requests a session may have unanswered.
  public var window = 10
  /// `rate`: segments per second over all sessions.
  public var rate = 10.0
  /// Added to the second of every rate, since what we write evenly does not arrive evenly.
  public var jitterGuard: Duration = .milliseconds(15)
  /// `enquire_link_s`: silence after which we ask whether the peer is there.
  public var enquireLinkAfter: Duration = .seconds(30)
  /// How long the answer to an `enquire_link` may take.
  public var enquireLinkAnswerWithin: Duration = .seconds(10)
  /// `enquire_link_misses`: answers in a row that do not come and then close the session.
  public var enquireLinkMisses = 2
  /// `response_timeout_s`: after it an unanswered `submit_sm` is `unknown`.
  public var responseTimeout: Duration = .seconds(30)
  /// After it a session that leaves a request unanswered is closed.
  public var closeAfterUnanswered: Duration = .seconds(60)
  /// How long a bind may take to be answered.
  public var bindTimeout: Duration = .seconds(10)
  /// How long nothing at all may come.
  public var inactivityTimeout: Duration = .seconds(300)

  public init() {}

  /// How long after its answer a message's receipt is waited for: as the profile says, else three days, or a day longer than
  /// the carrier tries.
  public var receiptMissingAfter: Duration {
    receipts.missingAfter ?? max(.seconds(72 * 3600), (validity ?? .zero) + .seconds(24 * 3600))
  }

  /// How text that comes is read.
  public var charsets: CharsetMap { CharsetMap(defaultAlphabet, exceptions: charsetExceptions) }

  /// How text leaves.
  public var segmenter: Segmenter {
    Segmenter(encodings: encodings, defaultAlphabet: defaultAlphabet, longMessages: longMessages)
  }
}

/// What becomes of a PDU with two texts, which the specification forbids (SMPP 3.4, 5.3.2.32). The raw values are the
/// configuration's spellings.
public enum BothTexts: String, Hashable, Sendable, CaseIterable {
  case shortMessage = "short_message"
  case messagePayload = "message_payload"
  /// It is answered with ESME_ROPTPARNOTALLWD.
  case refuse
}

/// `user_message_reference` (SMPP 3.4, 5.3.2.17) with a carrier. The raw values are the configuration's spellings.
public enum UserMessageReference: String, Hashable, Sendable, CaseIterable {
  /// Not sent: the carrier refuses it, or its use is not known.
  case off
  /// Sent; receipts do not repeat it.
  case sent
  /// Sent, and repeated in receipts: an answer that never came can be settled by it.
  case echoed
}

/// How addresses are written to a carrier, and what its spellings mean.
public struct AddressStyle: Hashable, Sendable {
  /// The country whose national forms are understood.
  public var country: Country = .nanp
  /// TON and NPI of our number.
  public var sourceTON = TypeOfNumber.international
  public var sourceNPI = NumberingPlan.isdn
  /// TON and NPI of a phone.
  public var destinationTON = TypeOfNumber.international
  public var destinationNPI = NumberingPlan.isdn
  /// TON and NPI of a short code, on either side.
  public var shortCodeTON = TypeOfNumber.networkSpecific
  public var shortCodeNPI = NumberingPlan.unknown
  /// International numbers are written with a `+`.
  public var writesPlus = false
  /// Numbers of `country` are written without their calling code, ten digits in the NANP.
  public var writesNational = false
  /// Digits before an international number, both ways: `00`, `011`, or none.
  public var prefix = ""
  /// The carrier says TON 1 (international) of ten-digit national numbers. Off by default, since ten digits can be
  /// a whole number elsewhere (+65 6123 4567).
  public var marksNationalInternational = false

  public init() {}
}

/// How a carrier's delivery receipts read.
public struct ReceiptStyle: Hashable, Sendable {
  /// `receipts.id`: how the id of a receipt is written, compared with that of the response.
  public var id: ReceiptIDStyle = .auto
  /// A message without the receipt bit and without `receipted_message_id` is a receipt if its text reads as one. Off by
  /// default, since anybody can write such a text.
  public var recognisedByText = false
  /// The id in the text counts before `receipted_message_id`, and the state there before `message_state`.
  public var prefersText = false
  /// `receipts.final_states`: the states after which nothing further comes; the others are steps before them. ACCEPTD among
  /// them is an outcome as DELIVRD is, UNKNOWN one as UNDELIV is.
  public var finalStates: MessageStateSet = .standard
  /// `receipts.states`: what words of `stat`, in capitals, and numbers of `message_state` mean with this carrier. It counts before
  /// the common table.
  public var states: [String: MessageState] = [:]
  /// `receipts.accepted_is_final`: ACCEPTD is one of `finalStates`.
  public var acceptedIsFinal: Bool {
    get { finalStates.contains(.accepted) }
    set { if newValue { finalStates.insert(.accepted) } else { finalStates.remove(.accepted) } }
  }
  /// `receipts.fields`: what the fields of a text are that has no keys, separated by commas; nil: texts have keys.
  public var fields: [ReceiptField]?
  /// `receipts.opt_out_errors`: values of `err` by which the carrier says that the phone's owner wants nothing from the number.
  public var optOutErrors: [String] = []
  /// Minutes east of UTC of the clock that writes the dates.
  public var minutesEastOfUTC = 0
  /// `receipts.missing_after_h`: how long after the answer a receipt is waited for; nil: `CarrierProfile.receiptMissingAfter`
  /// says.
  public var missingAfter: Duration?

  public init() {}

  /// What a word of `stat` means; nil where it is not known.
  func state(ofWord word: COctetString) -> MessageState? {
    if !states.isEmpty, let mapped = states[word.string.uppercased()] { return mapped }
    return ReceiptText.state(of: word)
  }

  /// What a value of `message_state` means; nil where it is not known (SMPP 3.4, 5.2.28).
  func state(ofNumber number: UInt8) -> MessageState? {
    if !states.isEmpty, let mapped = states[String(number)] { return mapped }
    return (MessageState.enroute.rawValue...MessageState.rejected.rawValue).contains(number)
      ? MessageState(rawValue: number) : nil
  }

  /// Whether an `err` is an opt-out: leading zeros do not matter to one of digits.
  public func isOptOut(_ error: String) -> Bool {
    !optOutErrors.isEmpty && optOutErrors.contains { Self.bare($0) == Self.bare(error) }
  }

  private static func bare(_ code: String) -> Substring {
    guard code.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return code[...] }
    let bare = code.drop { $0 == "0" }
    return bare.isEmpty ? code.suffix(1) : bare
  }
}
