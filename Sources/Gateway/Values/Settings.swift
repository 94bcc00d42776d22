import Carriers
import Contract

/// The settings of the rules. Each setting stands here once, with its default and its unit.
///
/// `Configuration` reads the keys named here straight into these properties. A setting without a key is fixed; only tests change it.
public struct GatewaySettings: Sendable, Equatable {
  /// `brand`: the company that the numbers text for; the default scope of a STOP.
  public struct Brand: Sendable, Equatable {
    public var name: String
    /// `help`: the answer to HELP and INFO; one segment.
    public var help: String
    /// `country`: ISO 3166 code; the country of numbers without a country code.
    public var country: String
    /// `stop_confirmation`: the one text after an opt-out (not sent where the toll-free network confirms).
    public var stopConfirmation: String
    /// `start_confirmation`: the one text after an opt-in.
    public var startConfirmation: String

    public init(
      name: String, help: String, country: String = "US", stopConfirmation: String? = nil,
      startConfirmation: String? = nil
    ) {
      self.name = name
      self.help = help
      self.country = country
      self.stopConfirmation =
        stopConfirmation
        ?? "\(name): you are opted out and will receive no more texts. Reply START to resume."
      self.startConfirmation =
        startConfirmation
        ?? "\(name): you are opted in again. Reply HELP for help, STOP to opt out."
    }
  }

  /// What an opt-out blocks.
  public enum OptOutScope: String, Sendable, CaseIterable {
    /// Every number of the brand.
    case brand
    /// Only the number that got the opt-out.
    case number
  }

  /// `unknown`: what to do with texts that the carrier never answered, by message class.
  public struct Unknown: Sendable, Equatable {
    public var interactive = UnknownPolicy.hold
    public var campaign = UnknownPolicy.hold
    public var notice = UnknownPolicy.hold
    public var code = UnknownPolicy.hold
    /// `after_s`: when `retry_later` sends again; nil: once the carrier's receipt counts as missing.
    public var after: Duration?

    public init() {}
  }

  public var brand: Brand
  /// `brand.opt_out_scope`
  public var optOutScope = OptOutScope.brand
  public var unknown = Unknown()
  /// Profiles by the carrier's name in the configuration.
  public var carriers: [String: CarrierProfile]

  /// `alerts.to_rep`: send reps an alert on the private mobile when a contact answers.
  public var alertReps = true
  /// `alerts.text`: `{{brand}}` and `{{contact}}` are filled in. Never contains the contact's full number.
  public var alertText = "{{brand}}: new message from {{contact}}"
  /// One conversation causes at most one alert in this time.
  public var alertQuiet = Duration.seconds(120)

  /// The most segments of one message.
  public var maximumSegments = 10
  /// `limits.queue_per_number`: segments waiting in one number's lane; a command beyond it is refused `queue_full`.
  public var queuePerNumber = 2_000_000
  /// `limits.campaign_recipients`: recipients of one campaign.
  public var maximumRecipients = 2_000_000
  /// `limits.reassembly_parts`: parts of long messages waiting for the others, over all phones.
  public var maximumParts = 100_000
  /// The most kept receipts without a match, over all carriers.
  public var maximumParkedReceipts = 1_000_000
  /// The most receipts owed to carriers that bind to us, over all of them.
  public var maximumOwedReceipts = 100_000
  /// `limits.feed_max_mib`, in octets: beyond this the oldest events are removed, even if a consumer has not acknowledged them.
  /// An alert is raised at half of the limit.
  public var feedMaximum: Int64 = 1 << 30
  /// `limits.feed_keep_hours`: how long events can be read again after every consumer has acknowledged them.
  public var feedKept = Duration.hours(72)

  /// How long a one-time code is useful, without `not_after`.
  public var codeLives = Duration.seconds(600)
  /// How long a plan may wait for its commit.
  public var planLives = Duration.hours(24)
  /// After this time a long text is passed on without its missing parts.
  public var partsWait = Duration.seconds(30 * 60)
  /// How long after its acceptance a message that the carrier refuses for now is retried, without `not_after` and without a validity
  /// in the profile.
  public var retriedFor = Duration.hours(24)
  /// How long an early receipt waits for the carrier's answer.
  public var receiptParked = Duration.hours(24)
  /// How long a receipt without a match is listed.
  public var receiptListed = Duration.hours(7 * 24)
  /// How long a carrier that binds to us may query a message it submitted, and is owed the receipt.
  public var submissionKept = Duration.hours(24)
  /// How long a command's result is kept for repeated commands.
  public var idempotencyKept = Duration.hours(8 * 24)
  /// How long a PDU whose answer may be lost is recognised when it comes again.
  public var redeliveryWithin = Duration.hours(24)

  public init(brand: Brand, carriers: [String: CarrierProfile] = [:]) {
    self.brand = brand
    self.carriers = carriers
  }
}

extension Duration {
  fileprivate static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }

  /// Whole milliseconds: the unit in which the rules count time.
  var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
