import Contract
import SMPP

/// One segment of one outbound message: `message id * 256 + index of the segment`.
///
/// An integer, since the store keys live segments by it and the loop hands it around.
public struct SegmentRef: RawRepresentable, Hashable, Comparable, Sendable {
  public let rawValue: Int64

  public init(rawValue: Int64) { self.rawValue = rawValue }

  public init(message: Int64, index: Int) { rawValue = message &* 256 &+ Int64(index) }

  public var message: Int64 { rawValue >> 8 }
  public var index: Int { Int(rawValue & 0xFF) }

  /// Our `user_message_reference` (SMPP 3.4, 5.3.2.17): of 65,536 messages in a row each has another, and the parts of near ones do
  /// not meet.
  public var reference: UInt16 { UInt16(truncatingIfNeeded: message &* 40_503 &+ Int64(index)) }

  public static func < (a: SegmentRef, b: SegmentRef) -> Bool { a.rawValue < b.rawValue }
}

/// Why a message is sent, which decides how it waits.
public enum TrafficClass: Int64, Sendable {
  /// A person's message to one contact, or an answer the gateway owes at once.
  case interactive = 0
  /// One of a group message.
  case campaign = 1
  /// An alert to a rep's private mobile.
  case alert = 2
  /// A rep's own copy of a group message.
  case copy = 3
  /// The answer to HELP.
  case help = 4
  /// The one confirmation of an opt-out: it alone passes a suppression.
  case confirmation = 5
  /// Written by a system, sent as a person's message is.
  case notice = 6
  /// A one-time code: of use for minutes.
  case code = 7
  /// The reply of a rep who is away.
  case outOfOffice = 8

  /// Campaign traffic waits for everything else of its lane.
  public var isBulk: Bool { urgency == .bulk }

  /// What it goes before, and what it waits for, at every limit.
  public var urgency: Urgency {
    switch self {
    case .interactive, .notice, .code: .person
    case .help, .confirmation, .outOfOffice: .answer
    case .alert: .alert
    case .campaign, .copy: .bulk
    }
  }

  /// The gateway's own answer to a keyword: it goes to whoever asked.
  public var isAnswer: Bool { self == .help || self == .confirmation }

  /// Goes to a rep's private mobile: no event for apps is emitted.
  public var isPrivate: Bool { self == .alert || self == .copy }

  /// The word for it on the local socket.
  var word: MessageClass {
    switch self {
    case .interactive: .interactive
    case .campaign, .copy: .campaign
    case .alert, .help, .confirmation, .notice: .notice
    case .code: .code
    case .outOfOffice: .outOfOffice
    }
  }
}

/// Which text goes first at a limit that several share. The store has these integers.
public enum Urgency: Int64, Sendable, CaseIterable {
  /// What a person wrote, and what a system sends as a person does.
  case person = 0
  /// The gateway's own answer: a confirmation, HELP.
  case answer = 2
  /// An alert to a rep.
  case alert = 3
  /// Campaigns.
  case bulk = 1

  /// The most urgent first.
  public static let inOrder: [Urgency] = [.person, .answer, .alert, .bulk]
}

/// How many segments of each urgency wait in a lane.
public struct LaneDemand: Sendable, Equatable {
  public var person = 0
  public var answers = 0
  public var alerts = 0
  public var bulk = 0

  public init() {}
}

/// Where a segment, and from its segments a message, stands.
///
/// A segment without a row is `queued`, or `sending` once it was handed to the loop.
public enum SegmentState: Int64, Sendable, CaseIterable {
  case queued = 0
  /// Handed to the loop; the carrier has not answered.
  case sending = 1
  /// The carrier accepted it; a receipt is awaited.
  case sent = 2
  case delivered = 3
  case failed = 4
  /// Its deadline passed, here or at the carrier.
  case expired = 5
  /// Written to the carrier, and no answer came: never sent again blindly.
  case unknown = 6
  /// Taken out before it was written: opt-out, or a person's order.
  case cancelled = 7
  /// The carrier accepted it, and its receipt did not come in its time: final, unless it comes after all.
  case receiptMissing = 8

  /// The word for it on the local socket.
  public var word: TextMessageState {
    switch self {
    case .queued: .queued
    case .sending: .sending
    case .sent: .sent
    case .delivered: .delivered
    case .failed: .failed
    case .expired: .expired
    case .unknown: .unknown
    case .cancelled: .cancelled
    case .receiptMissing: .receiptMissing
    }
  }

  /// Nothing more is expected of it.
  public var isFinal: Bool {
    switch self {
    case .delivered, .failed, .expired, .cancelled, .receiptMissing: true
    case .queued, .sending, .sent, .unknown: false
    }
  }

  /// Whether a receipt may move a segment from here to `state`: forward only, and never from what is final.
  func mayBecome(_ state: SegmentState) -> Bool {
    switch self {
    case .sent, .receiptMissing: state == .delivered || state == .failed || state == .expired
    case .unknown: state == .sent || state == .delivered || state == .failed || state == .expired
    case .queued, .sending, .delivered, .failed, .expired, .cancelled: false
    }
  }

  /// What a message is when its segments are these. Delivered only when all are; failed as soon as one is. Else what is not
  /// settled says it: what has not left, an answer that never came, a receipt that is awaited or missing; and at last the
  /// part that the phone has not.
  ///
  /// A message never leaves a final state but `receiptMissing`, whichever part is settled next.
  static func whole(_ parts: some Collection<SegmentState>) -> SegmentState {
    var seen: Set<SegmentState> = []
    for part in parts { seen.insert(part) }
    if seen.contains(.failed) { return .failed }
    // Parts that wait behind one that has left: the message is on its way.
    if seen.contains(.queued), seen.count > 1 { return .sending }
    for state in [
      SegmentState.queued, .sending, .unknown, .sent, .receiptMissing, .expired, .cancelled, .delivered,
    ] where seen.contains(state) { return state }
    return .queued
  }
}

extension TextEncoding {
  /// How the store writes it; these integers never change their meaning.
  var stored: Int {
    switch self {
    case .gsm7: 0
    case .ascii: 1
    case .latin1: 2
    case .ucs2: 3
    case .octets: 4
    case .cyrillic: 5
    case .hebrew: 6
    case .windows1252: 7
    case .utf8: 8
    case .utf16LE: 9
    }
  }

  /// The word for it on the local socket.
  var word: MessageEncoding { MessageEncoding(stored: stored) }
}

extension MessageEncoding {
  init(stored: Int) {
    switch stored {
    case 1: self = .ascii
    case 2: self = .latin1
    case 3: self = .ucs2
    case 4: self = .octets
    case 5: self = .cyrillic
    case 6: self = .hebrew
    case 7: self = .windows1252
    case 8: self = .utf8
    case 9: self = .utf16le
    default: self = .gsm7
    }
  }
}
