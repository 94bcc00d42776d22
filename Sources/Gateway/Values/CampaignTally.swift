import Contract

/// How many messages of a campaign stand where.
struct CampaignTally: Equatable {
  var sent: Int64 = 0
  var delivered: Int64 = 0
  var failed: Int64 = 0
  var expired: Int64 = 0
  var unknown: Int64 = 0
  var receiptMissing: Int64 = 0
  var cancelled: Int64 = 0
  var answers: Int64 = 0
  var optOuts: Int64 = 0
  /// Left between the plan and their turn: opted out, or without a number by then.
  var left: Int64 = 0

  /// Messages that wait for nothing from us.
  var settled: Int64 { sent + delivered + failed + expired + unknown + receiptMissing + cancelled + left }

  mutating func add(_ state: SegmentState, _ amount: Int64) {
    switch state {
    case .queued, .sending: break
    case .sent: sent += amount
    case .delivered: delivered += amount
    case .failed: failed += amount
    case .expired: expired += amount
    case .unknown: unknown += amount
    case .receiptMissing: receiptMissing += amount
    case .cancelled: cancelled += amount
    }
  }
}

/// Where a campaign stands, as the store has it.
enum CampaignStage: String {
  case planning, planned, running, paused, completed, cancelled, expired

  /// The word for it on the local socket.
  var word: CampaignState {
    switch self {
    case .planning, .planned: .planned
    case .running: .running
    case .paused: .paused
    case .completed: .completed
    case .cancelled: .cancelled
    case .expired: .expired
    }
  }
}
