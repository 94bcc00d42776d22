public import NetIO
public import SMPP

extension CarrierSimulator {
  /// What kind of carrier this is. Every default is a carrier that takes what it is given and says nothing more.
  public struct Configuration: Sendable {
    /// Where it listens; port 0 lets the kernel choose.
    public var listen: SocketAddress = .loopback()
    /// system_id in its bind_resp.
    public var systemID: COctetString = "SMSC"
    /// TLS on every connection, from the first octet; nil: plain TCP.
    public var tls: TLSServerSettings?
    /// Who may bind; empty: anybody, each system_id an account of its own.
    public var accounts: [Account] = []
    /// sc_interface_version of its bind_resp, and the version of its own binds; nil: it says none, and binds as 3.4. Below 0x34 it takes
    /// no optional parameters.
    public var interfaceVersion: UInt8?
    /// The kinds of bind it takes; the others are refused with ESME_RBINDFAIL.
    public var bindTypes: Set<BindType> = Set(BindType.allCases)
    /// Requests of an ESME without an answer, per session; beyond it ESME_RTHROTTLED.
    public var window = 1_000
    /// deliver_sm without an answer, per session.
    public var deliverWindow = 100
    /// enquire_link is sent when a session was silent for so long; nil sends none.
    public var enquireLinkAfter: Duration? = .seconds(30)
    /// A deliver_sm without an answer closes the session after this.
    public var deliverTimeout: Duration = .seconds(60)
    /// How long a submit_sm waits for its answer.
    public var answerDelay = Delay.none
    public var receipts = Receipts()
    public var throttle = Throttle()
    public var faults = Faults()
    public var population = Population()
    /// The toll-free network's own STOP, in front of the ESME; nil: it has none.
    public var tollFree: TollFree?
    /// A deliver_sm that has no answer when its session ends is sent again on the next one; otherwise it is lost.
    public var redelivers = true
    /// Before a deliver_sm that was refused for now is tried again, and how often it is before it is given up.
    public var retryDelay = Delay.fixed(.milliseconds(250))
    public var maximumRefusals = 50
    /// Every PDU, both ways, is kept for `pdus`, up to `maximumRecordedPDUs`.
    public var recordsPDUs = false
    /// All chance comes from it: the same seed and the same input give the same answers. Only times differ.
    public var seed: UInt64 = 1
    /// For benchmarks: submit_sm is answered at once with as little work as can be. Receipts are sent, with their
    /// delay and dialect; phones, throttles, faults and records are not.
    public var isLoad = false

    public init() {}
  }

  /// An ESME that may bind.
  public struct Account: Hashable, Sendable {
    public var systemID: COctetString
    public var password: COctetString
    /// Sessions at once; beyond it ESME_RALYBND.
    public var maximumSessions: Int

    public init(systemID: COctetString, password: COctetString, maximumSessions: Int = 16) {
      self.systemID = systemID
      self.password = password
      self.maximumSessions = maximumSessions
    }
  }

  /// A time to wait: none, always the same, by chance between two, or in a part of the cases another.
  public enum Delay: Hashable, Sendable {
    case none
    case fixed(Duration)
    case uniform(Duration, Duration)
    indirect case mostly(Delay, or: Delay, in: Double)

    func draw(_ random: inout SeededRandom) -> Duration {
      switch self {
      case .none: .zero
      case .fixed(let time): time
      case .uniform(let least, let most):
        .nanoseconds(random.within(least.wholeNanoseconds, most.wholeNanoseconds))
      case .mostly(let usual, let other, let part):
        random.happens(part) ? other.draw(&random) : usual.draw(&random)
      }
    }
  }

  /// Delivery receipts (appendix B): sent where registered_delivery asks for them.
  public struct Receipts: Hashable, Sendable {
    /// How ids are written in submit_sm_resp and in the receipt.
    public enum IDs: String, Hashable, Sendable, CaseIterable {
      case decimal
      /// Hexadecimal in the response, decimal in the receipt.
      case hexThenDecimal = "hex-decimal"
      /// Decimal in the response, hexadecimal in the receipt.
      case decimalThenHex = "decimal-hex"
      /// Decimal in the response, and with zeros in front to twenty digits in the receipt.
      case paddedInReceipt = "decimal-padded"
      /// 36 characters of a random UUID, the same in both.
      case uuid
    }

    /// One way a message can end.
    public struct Outcome: Hashable, Sendable {
      public var state: MessageState
      /// `err:` of the text and network_error_code's number: 0...999.
      public var error: UInt16
      /// How often, relative to the other outcomes.
      public var weight: Int

      public init(_ state: MessageState, error: UInt16 = 0, weight: Int = 1) {
        self.state = state
        self.error = error
        self.weight = weight
      }

      /// As a receipt writes the error.
      var digits: COctetString { COctetString(String(String(1000 + min(error, 999)).dropFirst())) }
    }

    public var isEnabled = true
    /// From the answer to the receipt.
    public var delay = Delay.none
    public var ids = IDs.decimal
    /// receipted_message_id and message_state beside the text.
    public var hasTLVs = true
    /// The receipt is written before the submit_sm_resp; `delay` does not count then.
    public var comesFirst = false
    /// user_message_reference of the submit_sm is sent back.
    public var echoesUserMessageReference = false
    public var outcomes = [Outcome(.delivered)]

    public init() {}
  }

  /// How much it takes in any second; beyond, ESME_RTHROTTLED.
  public struct Throttle: Hashable, Sendable {
    /// Segments per second of one account; nil: no limit.
    public var perAccount: Int?
    /// Segments per second of one source address; nil: no limit.
    public var perNumber: Int?

    public init(perAccount: Int? = nil, perNumber: Int? = nil) {
      self.perAccount = perAccount
      self.perNumber = perNumber
    }
  }

  /// What goes wrong with one submit_sm.
  public enum Fault: Hashable, Sendable {
    /// Not taken, and answered with this status.
    case refuse(CommandStatus)
    /// The first to this destination gets ESME_RTHROTTLED, later ones are taken.
    case throttleOnce
    /// Taken, and never answered.
    case noAnswer
    /// Taken, and the connection is dropped instead of the answer.
    case dropConnection
    /// Not taken, and answered with generic_nack.
    case genericNack
    /// Taken, and answered after so long.
    case answerAfter(Duration)
    /// Taken and answered; the receipt never comes.
    case noReceipt
    /// Taken and answered; the receipt comes twice.
    case receiptTwice
    /// Taken; the receipt is written before the answer.
    case receiptFirst
    /// Taken and answered; it ends so.
    case outcome(MessageState, error: UInt16)
    /// Taken and answered; beside its receipt comes one that says a word of its own instead of a state.
    case receiptWord(String)
  }

  /// What goes wrong, and when.
  public struct Faults: Hashable, Sendable {
    public struct BySuffix: Hashable, Sendable {
      /// The last digits of the destination.
      public var suffix: String
      public var fault: Fault

      public init(_ suffix: String, _ fault: Fault) {
        self.suffix = suffix
        self.fault = fault
      }
    }

    /// The connection closes in the middle of a PDU of ours.
    public struct Cut: Hashable, Sendable {
      /// So many PDUs are written whole on a connection.
      public var afterPDUs: Int
      /// So many octets of the next one.
      public var octets: Int
      /// On every connection, or on the first alone.
      public var isRepeated: Bool

      public init(afterPDUs: Int, octets: Int, isRepeated: Bool = false) {
        self.afterPDUs = afterPDUs
        self.octets = octets
        self.isRepeated = isRepeated
      }
    }

    /// What goes wrong by chance.
    public struct ByChance: Hashable, Sendable {
      public var fault: Fault
      /// In this part of all submit_sm, 0...1.
      public var probability: Double

      public init(_ fault: Fault, _ probability: Double) {
        self.fault = fault
        self.probability = probability
      }
    }

    /// The first that fits is taken.
    public var bySuffix: [BySuffix] = []
    /// Each by itself, in this order, until one refuses.
    public var byChance: [ByChance] = []
    public var cut: Cut?
    /// Every octet is written by itself.
    public var writesSingleOctets = false
    /// Every bind is refused with this; nil: none.
    public var bindStatus: CommandStatus?
    /// enquire_link gets no answer.
    public var ignoresEnquireLinks = false

    /// Numbers with a meaning, for `tollgate simulate-carrier` and those who test against it:
    /// ...0001 ESME_RINVDSTADR, ...0002 throttled once, ...0003 never answered, ...0004 connection dropped instead of
    /// the answer, ...0005 ESME_RSYSERR, ...0006 generic_nack, ...0007 no receipt, ...0008 receipt twice,
    /// ...0009 UNDELIV, ...0010 EXPIRED, ...0011 REJECTD.
    public static let standardSuffixes: [BySuffix] = [
      BySuffix("0001", .refuse(.ESME_RINVDSTADR)),
      BySuffix("0002", .throttleOnce),
      BySuffix("0003", .noAnswer),
      BySuffix("0004", .dropConnection),
      BySuffix("0005", .refuse(.ESME_RSYSERR)),
      BySuffix("0006", .genericNack),
      BySuffix("0007", .noReceipt),
      BySuffix("0008", .receiptTwice),
      BySuffix("0009", .outcome(.undeliverable, error: 1)),
      BySuffix("0010", .outcome(.expired, error: 27)),
      BySuffix("0011", .outcome(.rejected, error: 9)),
    ]

    public init() {}
  }
}
