public import SMPP

extension CarrierSimulator {
  /// The people behind the phones: who answers what, when.
  public struct Population: Hashable, Sendable {
    /// The first whose selector fits a phone holds for it; phones without one only listen.
    public var scripts: [Script]
    /// How long answers are cut into parts.
    public var longMessages: LongMessages
    /// How a phone's address is written in what it sends.
    public var addresses: Addresses
    /// What a phone writes is delivered in the order of writing: a part only when the one before was taken, or given up.
    public var keepsOrder = false
    /// Every second text that was given an id comes as data_sm.
    package var usesDataSM = false

    public enum Addresses: String, Hashable, Sendable, CaseIterable {
      /// As the ESME wrote it.
      case asSubmitted = "as-submitted"
      /// TON 1, NPI 1, digits without "+".
      case international
      /// TON 2, NPI 1, the ten digits of a North American number.
      case national
    }

    public init(
      scripts: [Script] = [], longMessages: LongMessages = .udh8, addresses: Addresses = .asSubmitted
    ) {
      self.scripts = scripts
      self.longMessages = longMessages
      self.addresses = addresses
    }
  }

  /// Which phones. Numbers are compared by their digits.
  public enum Phones: Hashable, Sendable {
    case all
    case endingIn(String)
    case these(Set<String>)

    func contains(_ phone: String) -> Bool {
      switch self {
      case .all: true
      case .endingIn(let suffix): phone.hasSuffix(suffix)
      case .these(let phones): phones.contains(phone) || phones.contains("+" + phone)
      }
    }
  }

  /// What some phones do with the whole messages they receive (all parts there).
  public struct Script: Hashable, Sendable {
    public var phones: Phones
    /// The answer to the first message, to the second, and so on; nil is silence.
    public var replies: [Reply?]
    /// After the last reply the same again for ever; otherwise silence.
    public var repeatsLast: Bool
    /// Only messages that contain this text count; nil: all.
    public var trigger: String?

    public init(
      _ phones: Phones, replies: [Reply?], repeatsLast: Bool = false, trigger: String? = nil
    ) {
      self.phones = phones
      self.replies = replies
      self.repeatsLast = repeatsLast
      self.trigger = trigger
    }
  }

  /// One answer.
  public struct Reply: Hashable, Sendable {
    /// The text, of any length; several are as many messages, one after another.
    public var texts: [String]
    /// From receiving to answering.
    public var delay: Delay
    /// 0...1: how often it comes at all.
    public var probability: Double

    public init(_ texts: String..., after delay: Delay = .none, probability: Double = 1) {
      self.texts = texts
      self.delay = delay
      self.probability = probability
    }
  }

  /// What the North American toll-free network does by itself: on STOP it answers the phone and blocks the pair of
  /// number and phone; on UNSTOP or START it opens it. The words are passed on to the ESME all the same.
  public struct TollFree: Hashable, Sendable {
    /// What becomes of a submit_sm to a phone that blocked the number.
    public enum Refusal: Hashable, Sendable {
      case status(CommandStatus)
      /// Taken, and the receipt says so.
      case receipt(MessageState, error: UInt16)
    }

    public var refusal: Refusal
    /// Words that close, in capitals.
    public var stopWords: Set<String> = ["STOP"]
    /// Words that open again.
    public var startWords: Set<String> = ["UNSTOP", "START"]
    /// The area codes in service.
    public var prefixes: Set<String> = ["800", "833", "844", "855", "866", "877", "888"]

    public init(refusal: Refusal = .receipt(.rejected, error: 9)) { self.refusal = refusal }
  }
}
