import Carriers
import Contract

/// What the rules go by. Each setting stands here once, with its default and its unit.
///
/// `Configuration` reads the keys named here straight into these properties; what has no key is fixed, and tests change it.
public struct GatewaySettings: Sendable, Equatable {
  /// `brand`: the company in whose name numbers send; the default scope of a STOP.
  public struct Brand: Sendable, Equatable {
    public var name: String
    /// `help`: the answer to HELP and INFO; one segment.
    public var help: String
    /// `country`: ISO 3166 code; numbers written without a country code are read as of this country.
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

  /// What an opt-out closes.
  public enum OptOutScope: String, Sendable, CaseIterable {
    /// Every number of the brand.
    case brand
    /// The number it was sent to.
    case number
  }

  /// `unknown`: what becomes of texts whose answer never came, by their class.
  public struct Unknown: Sendable, Equatable {
    public var interactive = UnknownPolicy.hold
    public var campaign = UnknownPolicy.hold
    public var notice = UnknownPolicy.hold
    public var code = UnknownPolicy.hold
    /// `after_s`: when `retry_later` sends again; nil: when a receipt of the carrier would be missing.
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
  /// `alerts.text`: `{{brand}}` and `{{contact}}` are merged. Never the contact's full number.
  public var alertText = "{{brand}}: new message from {{contact}}"
  /// For so long one conversation causes one alert.
  public var alertQuiet = Duration.seconds(120)

  /// Segments one message may have.
  public var maximumSegments = 10
  /// `limits.queue_per_number`: segments waiting in one number's lane; a command beyond it is refused `queue_full`.
  public var queuePerNumber = 2_000_000
  /// `limits.campaign_recipients`: recipients of one campaign.
  public var maximumRecipients = 2_000_000
  /// `limits.reassembly_parts`: parts of long messages waiting for the others, over all phones.
  public var maximumParts = 100_000
  /// Receipts that settled nothing, over all carriers.
  public var maximumParkedReceipts = 1_000_000
  /// Receipts owed to carriers that are bound to us, over all of them.
  public var maximumOwedReceipts = 100_000
  /// `limits.feed_max_mib`, in octets: what the feed may keep before the oldest of it goes although a consumer has not
  /// acknowledged it. An alarm is raised at half of it.
  public var feedMaximum: Int64 = 1 << 30
  /// `limits.feed_keep_hours`: events every consumer has acknowledged stay replayable for so long.
  public var feedKept = Duration.hours(72)

  /// A one-time code is of use for so long, where `not_after` does not say.
  public var codeLives = Duration.seconds(600)
  /// A plan may wait for its commit for so long.
  public var planLives = Duration.hours(24)
  /// After this a long message is given out without its missing parts.
  public var partsWait = Duration.seconds(30 * 60)
  /// A message that its carrier cannot take for now is tried again for so long after its acceptance, where neither `not_after`
  /// nor the profile's validity says.
  public var retriedFor = Duration.hours(24)
  /// An early receipt is kept for its answer for so long.
  public var receiptParked = Duration.hours(24)
  /// A receipt that settled nothing is listed for so long.
  public var receiptListed = Duration.hours(7 * 24)
  /// A carrier that is bound to us may ask about a message it submitted, and is owed its receipt, for so long.
  public var submissionKept = Duration.hours(24)
  /// The result of a command is kept for its repetition for so long.
  public var idempotencyKept = Duration.hours(8 * 24)
  /// A PDU whose answer may be lost is recognised when it comes again within this.
  public var redeliveryWithin = Duration.hours(24)

  public init(brand: Brand, carriers: [String: CarrierProfile] = [:]) {
    self.brand = brand
    self.carriers = carriers
  }
}

extension Duration {
  fileprivate static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }

  /// Milliseconds, without what is less than one: the unit in which the rules count time.
  var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
