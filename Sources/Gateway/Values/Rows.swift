import Contract

// Rows of the store that more than one part of the rules reads.

/// A message as the store keeps it.
struct MessageRow {
  var id: Int64
  var conversation: Int64
  var phone: Int64
  var number: NumberID
  var outbound: Bool
  var traffic: TrafficClass
  var campaign: Int64?
  var accepted: Int64
  var text: String?
  var encoding: Int64
  var segments: Int
  var reference: Int64
  var notAfter: Int64?
  /// `MessageFlags`.
  var flags: Int64 = 0
}

/// Whom a receipt is about: a phone, and the number of ours it was texted from.
struct Parties: Equatable {
  var phone: Int64
  var number: NumberID
}

/// What a receipt says of its message.
struct ReceiptContent {
  var state: SegmentState
  /// As the carrier wrote it, also beside what was delivered (`000`).
  var error: String?
  /// What it says instead of an outcome: UNKNOWN, or a word or number we do not know; empty where it says nothing. nil: it says a
  /// state.
  var word: String?
  /// Whether `word` is none we know.
  var isUnknownWord = false
  /// An intermediate notification: the receipt itself is still to come.
  var isStep = false
}

/// A receipt that settled nothing yet.
struct UnmatchedReceipt {
  var id: Int64 = 0
  var carrier: CarrierKey
  var key: Int64
  /// The carrier's id of the message, octet for octet.
  var external: [UInt8]
  var said: ReceiptContent
  var parties: Parties?
  /// Milliseconds since 1970 UTC, as the receipt says.
  var submitted: Int64?
  var reference: UInt16?
  /// Milliseconds since 1970 UTC at which it came.
  var at: Int64
}

/// The thread of (number, phone).
struct Conversation {
  var id: Int64
  var number: NumberID
  var phone: Int64
  /// Given to a rep, or to a queue, by hand.
  var assignedRep: Int64?
  var assignedQueue: Int64?
  /// Who answers it; nil where a queue's members do, and for a private mobile.
  var ownerRep: Int64?
  var queue: Int64?
  /// The rep whose it is, and who is away: `ownerRep` or `queue` looks after it.
  var absentRep: Int64?
  /// Milliseconds since 1970 UTC of the newest text from the phone, to within a second.
  var lastInbound: Int64?
  /// The last message that was read; 0: none.
  var readTo: Int64 = 0
  /// Made by the lookup that returned it.
  var isNew = false

  /// Whether a rep owns it, or does when back.
  func isOf(_ rep: Int64) -> Bool { ownerRep == rep || absentRep == rep }
}

/// One message of a run, read ahead.
struct RunMessage {
  var id: Int64
  var conversation: Int64
  var phone: Int64
  var text: String?
  var segments: Int
  var reference: Int64
  var notAfter: Int64?
}

/// A segment that waits outside a campaign's run: a person's message, a copy, or one that came back unwritten.
struct PendingSegment: Equatable {
  var ref: SegmentRef
  /// The thread it belongs to.
  var conversation: Int64
  var attempts: Int64 = 0
  /// Milliseconds since 1970 UTC before which it is not tried again.
  var notBefore: Int64 = 0
}

/// What we know of a segment in flight.
struct Flight {
  var ref: SegmentRef
  var number: NumberID
  var carrier: CarrierKey
  var conversation: Int64
  var phone: Int64
  var traffic: TrafficClass
  var campaign: Int64?
  var segments: Int
  var attempts: Int64
  /// Milliseconds since 1970 UTC of its hand-over.
  var at: Int64 = 0
  /// The row that names it; nil while no committed one does.
  var row: Int64?
  /// Recorded as unknown already: the response timer ran out, and the session lives.
  var isOverdue = false
}

extension Flight {
  /// A segment of a message that is not in flight. `carrier`: 0 where it has not left by one.
  init(_ ref: SegmentRef, of row: MessageRow, carrier: CarrierKey = 0, attempts: Int64 = 0, at: Int64 = 0) {
    self.init(
      ref: ref, number: row.number, carrier: carrier, conversation: row.conversation, phone: row.phone,
      traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: attempts, at: at)
  }
}
