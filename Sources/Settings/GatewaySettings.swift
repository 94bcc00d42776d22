public import Carriers
public import Contract

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

  /// `inbound.unrouted`: what to do with a text for a number that is not ours, or by a carrier that has no receive route for it.
  public enum Unrouted: String, Sendable, CaseIterable {
    /// Acknowledge the text and set it aside, for a person.
    case setAside = "set_aside"
    /// Refuse the text for now (ESME_RX_T_APPN), so that the carrier keeps it and tries again.
    case refuse
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

  /// How long things are waited for, or kept.
  public struct Spans: Sendable, Equatable {
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

    public init() {}
  }

  /// `leads`: who gets one, and how long it may wait.
  public struct Leads: Sendable, Equatable {
    /// `assign`: who gets a lead that comes without a rep.
    public enum Assignment: String, Sendable, CaseIterable {
      /// Nobody, until somebody claims it or a person assigns it.
      case byHand = "by_hand"
      /// The rep who has had none for the longest time.
      case roundRobin = "round_robin"
      /// The rep with the fewest leads that wait for a text.
      case leastOpen = "least_open"
    }

    /// `rules.NAME`: what follows from an answer in a form.
    public struct Rule: Sendable, Equatable {
      /// `field`, and `is`: the answers it is about, without case; empty: any.
      public var field: String
      public var values: [String]
      /// `tag`
      public var tag: String?
      /// `hot`
      public var isHot: Bool
      /// `reps`: only they get such leads; empty: all.
      public var reps: [RepID]

      public init(
        field: String, values: [String] = [], tag: String? = nil, isHot: Bool = false, reps: [RepID] = []
      ) {
        self.field = field
        self.values = values
        self.tag = tag
        self.isHot = isHot
        self.reps = reps
      }
    }

    /// `phones`: the first of them that can be texted is.
    public var phones: [LeadPhone] = [.cell, .home, .work]
    /// `assign`
    public var assignment = Assignment.byHand
    /// `claim_within_s`: after this a lead that nobody has raises an alert, and the managers are told.
    public var claimWithin = Duration.seconds(900)
    /// `text_within_s`: after this a lead whose rep has not texted it raises an alert.
    public var textWithin = Duration.seconds(300)
    /// `alert_fields`: merge fields of the contact that stand in alerts about leads.
    public var alertFields: [String] = []
    /// In the order of the file.
    public var rules: [Rule] = []

    public init() {}
  }

  /// `alerts.email`: alerts to reps as e-mails.
  public struct Email: Sendable, Equatable {
    /// `from`
    public var from: EmailAddress
    /// `subject`: `{{brand}}` and `{{contact}}` are filled in, and with `{{text}}` the whole alert.
    public var subject = "{{text}}"
    /// `expire_s`: an alert that no mail server has taken by then is of no use any more.
    public var expires = Duration.hours(4)

    public init(from: EmailAddress) { self.from = from }
  }

  /// `desk`: where people sign in and answer.
  public struct Desk: Sendable, Equatable {
    /// `alert_link`: what the link of an alert leads to.
    public enum AlertLink: String, Sendable, CaseIterable {
      /// The one conversation, once, without signing in.
      case once
      /// The conversation, for whoever is signed in.
      case signIn = "sign_in"
    }

    /// `address`, without a slash at its end.
    public var address: String
    /// `alert_link`
    public var alertLink = AlertLink.once

    public init(address: String) { self.address = address }
  }

  public var brand: Brand
  /// `brand.opt_out_scope`
  public var optOutScope = OptOutScope.brand
  public var unknown = Unknown()
  public var leads = Leads()
  public var spans = Spans()
  /// Profiles by the carrier's name in the configuration.
  public var carriers: [String: CarrierProfile]

  /// `alerts.to_rep`: send reps an alert on the private mobile when a contact answers.
  public var alertReps = true
  /// `alerts.text`: `{{brand}}` and `{{contact}}` are filled in, and with `{{words}}` how the text begins. Never contains the contact's
  /// full number.
  public var alertText = "{{brand}}: new message from {{contact}}"
  /// `alerts.summary`: about several texts; `{{count}}` says how many, `{{contact}}` who wrote the last, `{{words}}` how that begins.
  public var alertSummary = "{{brand}}: {{count}} new messages, the last from {{contact}}"
  /// `alerts.assigned`: a person gave the rep the conversation with `{{contact}}`.
  public var alertAssigned = "{{brand}}: the conversation with {{contact}} is yours now"
  /// `alerts.lead`: the rep got the lead `{{contact}}`; `{{details}}` is what `leads.alert_fields` names.
  public var alertLead = "{{brand}}: new lead {{contact}}{{details}}"
  /// `alerts.hot_lead`: the same of one that has confirmed the interest.
  public var alertHotLead = "{{brand}}: hot lead {{contact}}{{details}}"
  /// `alerts.unclaimed`: to managers, about `{{count}}` leads that nobody has; of them `{{contact}}` has waited the longest.
  public var alertUnclaimed =
    "{{brand}}: leads that nobody has: {{count}}. {{contact}} has waited for {{minutes}} minutes"
  /// `alerts.mark`: what stands behind an alert when the rep answers several conversations: `{{mark}}` is the number of this one.
  public var alertMark = "To answer, start with {{mark}}."
  /// `alerts.not_sent`: a text from the rep's mobile reached nobody; `{{reason}}` says why.
  public var alertNotSent = "{{brand}}: not sent: {{reason}}"
  /// nil: no rep is alerted by e-mail.
  public var email: Email?
  /// nil: alerts have no link.
  public var desk: Desk?
  /// `alerts.quiet_s`: after an alert to a rep the next one waits for so long, and says how many texts came.
  public var alertQuiet = Duration.seconds(120)
  /// `limits.alerts_per_rep_hour`: alerts to one rep within an hour; what comes beyond is in the next alert's count.
  public var alertsPerRepHour = 20
  /// `limits.answers_per_phone_hour`: answers to keywords that the gateway gives one phone within an hour. A machine may answer each of them.
  public var answersPerPhoneHour = 5

  /// `limits.refused_alike`: texts to so many phones in a row that fail with the same error pause their number. Fewer may be a few bad phones.
  public var refusedAlike = 20

  /// The most segments of one message.
  public var maximumSegments = 10
  /// `limits.queue_per_number`: segments waiting in one number's lane; a command beyond it is refused `queue_full`.
  public var queuePerNumber = 2_000_000
  /// `limits.campaign_recipients`: recipients of one campaign.
  public var maximumRecipients = 2_000_000
  /// `limits.reassembly_parts`: parts of long messages waiting for the others, over all phones.
  public var maximumParts = 100_000
  /// `inbound.unrouted`
  public var unrouted = Unrouted.setAside
  /// `limits.quarantine`: inbound PDUs set aside.
  public var maximumQuarantined = 100_000
  /// `limits.quarantine_mib`, in octets: their PDUs together.
  public var quarantineMaximum: Int64 = 256 << 20
  /// `limits.quarantine_keep_hours`: how long a PDU stays set aside.
  public var quarantineKept = Duration.hours(90 * 24)
  /// The most kept receipts without a match, over all carriers.
  public var maximumParkedReceipts = 1_000_000
  /// The most receipts owed to carriers that bind to us, over all of them.
  public var maximumOwedReceipts = 100_000
  /// `limits.feed_max_mib`, in octets: beyond this the oldest events are removed, even if a consumer has not acknowledged them.
  /// An alert is raised at half of the limit.
  public var feedMaximum: Int64 = 1 << 30
  /// `limits.feed_keep_hours`: how long events can be read again after every consumer has acknowledged them.
  public var feedKept = Duration.hours(72)

  public init(brand: Brand, carriers: [String: CarrierProfile] = [:]) {
    self.brand = brand
    self.carriers = carriers
  }
}

extension Duration {
  fileprivate static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
}
