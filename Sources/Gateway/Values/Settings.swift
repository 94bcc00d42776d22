import Carriers
import Contract

/// What an operator decides, as far as the rules need to know it.
public struct GatewaySettings: Sendable {
  public struct Brand: Sendable {
    public var name: String
    /// The answer to HELP.
    public var help: String
    /// ISO 3166 code of the country numbers without a country code belong to.
    public var country: String
    /// The one text after an opt-out.
    public var stopConfirmation: String
    /// The one text after an opt-in.
    public var startConfirmation: String

    public init(
      name: String, help: String, country: String, stopConfirmation: String, startConfirmation: String
    ) {
      self.name = name
      self.help = help
      self.country = country
      self.stopConfirmation = stopConfirmation
      self.startConfirmation = startConfirmation
    }
  }

  /// What becomes of texts whose answer never came, by their class.
  public struct Unknown: Sendable, Equatable {
    public var interactive = UnknownPolicy.hold
    public var campaign = UnknownPolicy.hold
    public var notice = UnknownPolicy.hold
    public var code = UnknownPolicy.hold
    /// Milliseconds after which `retry_later` sends again; nil: when the carrier's receipts are missing.
    public var after: Int64?

    public init() {}
  }

  public var brand: Brand
  public var unknown = Unknown()
  /// Milliseconds a one-time code is of use, where `not_after` does not say.
  public var codeLives: Int64 = 600_000
  /// Profiles by the carrier's name in the configuration.
  public var carriers: [String: CarrierProfile]
  /// What an opt-out closes.
  public enum OptOutScope: String, Sendable, CaseIterable {
    /// Every number of the brand.
    case brand
    /// The number it was sent to.
    case number
  }

  public var optOutScope = OptOutScope.brand
  /// Tell reps on their private mobiles of answers.
  public var alertReps = true
  /// The alert; `{{brand}}` and `{{contact}}` are merged. Never the contact's full number.
  public var alertText = "{{brand}}: new message from {{contact}}"
  /// Milliseconds in which one conversation causes one alert.
  public var alertQuiet: Int64 = 120_000
  /// Segments one message may have.
  public var maximumSegments = 10
  /// Messages waiting in one number's lane outside campaigns.
  public var queuePerNumber = 10_000
  /// Recipients of one campaign.
  public var maximumRecipients = 2_000_000
  /// Milliseconds a plan may wait for its commit.
  public var planLives: Int64 = 24 * 3_600_000
  /// Milliseconds after which a long message is given out without its missing parts.
  public var partsWait: Int64 = 30 * 60_000
  /// Parts of long messages waiting for the others, over all phones.
  public var maximumParts = 100_000
  /// Milliseconds after its acceptance for which a message is tried again that its carrier cannot take for now, where neither
  /// `not_after` nor the profile's validity says.
  public var retriedFor: Int64 = 24 * 3_600_000
  /// Milliseconds an early receipt is kept for its answer.
  public var receiptParked: Int64 = 24 * 3_600_000
  /// Milliseconds a receipt that settled nothing is listed.
  public var receiptListed: Int64 = 7 * 24 * 3_600_000
  /// Receipts that settled nothing, over all carriers.
  public var maximumParkedReceipts = 1_000_000
  /// Milliseconds a carrier that is bound to us may ask about a message it submitted, and is owed its receipt.
  public var submissionKept: Int64 = 24 * 3_600_000
  /// Receipts owed to carriers that are bound to us, over all of them.
  public var maximumOwedReceipts = 100_000
  /// Milliseconds the result of a command is kept for its repetition.
  public var idempotencyKept: Int64 = 8 * 24 * 3_600_000
  /// Octets of packed events kept for consumers that do not read.
  public var feedMaximum: Int64 = 4 << 30
  /// Milliseconds an event stays after everyone has read it.
  public var feedKept: Int64 = 24 * 3_600_000
  /// Milliseconds for which a PDU whose answer may be lost is recognised when it comes again.
  public var redeliveryWithin: Int64 = 24 * 3_600_000

  public init(brand: Brand, carriers: [String: CarrierProfile]) {
    self.brand = brand
    self.carriers = carriers
  }
}
