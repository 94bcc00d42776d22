// The packed form's octet for each value of the enumerations events use. Stored: only ever append, and leave a gap
// where a value goes.

/// An enumeration that is one octet in a packed event.
protocol PackedCode {
  var code: UInt8 { get }
  /// The value's name on the wire, nil for a code of a later version.
  static func name(_ code: UInt8) -> StaticString?
}

extension MessageEncoding: PackedCode {
  var code: UInt8 {
    switch self {
    case .gsm7: 1
    case .ascii: 2
    case .latin1: 3
    case .ucs2: 4
    case .octets: 5
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "gsm7"
    case 2: "ascii"
    case 3: "latin1"
    case 4: "ucs2"
    case 5: "octets"
    default: nil
    }
  }
}

extension KeywordClass: PackedCode {
  var code: UInt8 {
    switch self {
    case .none: 1
    case .optOut: 2
    case .optIn: 3
    case .help: 4
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "none"
    case 2: "opt_out"
    case 3: "opt_in"
    case 4: "help"
    default: nil
    }
  }
}

extension TextMessageState: PackedCode {
  var code: UInt8 {
    switch self {
    case .received: 1
    case .queued: 2
    case .sending: 3
    case .sent: 4
    case .delivered: 5
    case .failed: 6
    case .expired: 7
    case .unknown: 8
    case .cancelled: 9
    case .receiptMissing: 10
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "received"
    case 2: "queued"
    case 3: "sending"
    case 4: "sent"
    case 5: "delivered"
    case 6: "failed"
    case 7: "expired"
    case 8: "unknown"
    case 9: "cancelled"
    case 10: "receipt_missing"
    default: nil
    }
  }
}

extension ConsentKind: PackedCode {
  var code: UInt8 {
    switch self {
    case .optOut: 1
    case .optIn: 2
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "opt_out"
    case 2: "opt_in"
    default: nil
    }
  }
}

extension ConsentScope: PackedCode {
  var code: UInt8 {
    switch self {
    case .brand: 1
    case .number: 2
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "brand"
    case 2: "number"
    default: nil
    }
  }
}

extension ConsentLayer: PackedCode {
  var code: UInt8 {
    switch self {
    case .ours: 1
    case .network: 2
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "ours"
    case 2: "network"
    default: nil
    }
  }
}

extension ConsentSource: PackedCode {
  var code: UInt8 {
    switch self {
    case .keyword: 1
    case .api: 2
    case .operator: 3
    case .carrier: 4
    case .import: 5
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "keyword"
    case 2: "api"
    case 3: "operator"
    case 4: "carrier"
    case 5: "import"
    default: nil
    }
  }
}

extension ConversationChange: PackedCode {
  var code: UInt8 {
    switch self {
    case .opened: 1
    case .assigned: 2
    case .closed: 3
    case .reopened: 4
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "opened"
    case 2: "assigned"
    case 3: "closed"
    case 4: "reopened"
    default: nil
    }
  }
}

extension CampaignState: PackedCode {
  var code: UInt8 {
    switch self {
    case .planned: 1
    case .running: 2
    case .paused: 3
    case .completed: 4
    case .cancelled: 5
    case .expired: 6
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "planned"
    case 2: "running"
    case 3: "paused"
    case 4: "completed"
    case 5: "cancelled"
    case 6: "expired"
    default: nil
    }
  }
}

extension BindState: PackedCode {
  var code: UInt8 {
    switch self {
    case .connecting: 1
    case .binding: 2
    case .bound: 3
    case .unbinding: 4
    case .waiting: 5
    case .suspended: 6
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "connecting"
    case 2: "binding"
    case 3: "bound"
    case 4: "unbinding"
    case 5: "waiting"
    case 6: "suspended"
    default: nil
    }
  }
}

extension NumberState: PackedCode {
  var code: UInt8 {
    switch self {
    case .active: 1
    case .paused: 2
    case .retired: 3
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "active"
    case 2: "paused"
    case 3: "retired"
    default: nil
    }
  }
}

extension AlertSeverity: PackedCode {
  var code: UInt8 {
    switch self {
    case .info: 1
    case .warning: 2
    case .critical: 3
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "info"
    case 2: "warning"
    case 3: "critical"
    default: nil
    }
  }
}

extension AlertCode: PackedCode {
  var code: UInt8 {
    switch self {
    case .unrouted: 1
    case .quarantined: 2
    case .credentialsRefused: 3
    case .bindLost: 4
    case .unknownOutcome: 5
    case .networkOptOut: 6
    case .refusedByCarrier: 7
    case .receiptUnmatched: 8
    case .unownedConversation: 9
    case .optOutSuspected: 10
    case .feedHalfFull: 11
    case .feedFull: 12
    case .consumerStalled: 13
    case .storeFailed: 14
    case .diskLow: 15
    case .liveChanged: 16
    case .certificateExpires: 17
    case .storeRestored: 18
    case .clockJumped: 19
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "unrouted"
    case 2: "quarantined"
    case 3: "credentials_refused"
    case 4: "bind_lost"
    case 5: "unknown_outcome"
    case 6: "network_opt_out"
    case 7: "refused_by_carrier"
    case 8: "receipt_unmatched"
    case 9: "unowned_conversation"
    case 10: "opt_out_suspected"
    case 11: "feed_half_full"
    case 12: "feed_full"
    case 13: "consumer_stalled"
    case 14: "store_failed"
    case 15: "disk_low"
    case 16: "live_changed"
    case 17: "certificate_expires"
    case 18: "store_restored"
    case 19: "clock_jumped"
    default: nil
    }
  }
}

extension Refusal: PackedCode {
  var code: UInt8 {
    switch self {
    case .optedOut: 1
    case .networkBlocked: 2
    case .noConsent: 3
    case .quietHours: 4
    case .unknownNumber: 5
    case .notTextable: 6
    case .countryNotEnabled: 7
    case .privateMobile: 8
    case .queueFull: 9
    case .tooLong: 10
    case .emptyText: 11
    case .numberPaused: 12
    case .numberRetired: 13
    case .noRoute: 14
    case .noNumber: 15
    case .repInactive: 16
    case .noOwner: 17
    case .noPhone: 18
    case .tooLate: 19
    case .planExpired: 20
    case .planChanged: 21
    case .emptyAudience: 22
    case .missingField: 23
    case .alreadyFinal: 24
    case .wrongState: 25
    case .duplicate: 26
    case .invalidField: 27
    case .limitReached: 28
    case .unknownCarrier: 29
    case .notAllowed: 30
    case .notLive: 31
    }
  }

  static func name(_ code: UInt8) -> StaticString? {
    switch code {
    case 1: "opted_out"
    case 2: "network_blocked"
    case 3: "no_consent"
    case 4: "quiet_hours"
    case 5: "unknown_number"
    case 6: "not_textable"
    case 7: "country_not_enabled"
    case 8: "private_mobile"
    case 9: "queue_full"
    case 10: "too_long"
    case 11: "empty_text"
    case 12: "number_paused"
    case 13: "number_retired"
    case 14: "no_route"
    case 15: "no_number"
    case 16: "rep_inactive"
    case 17: "no_owner"
    case 18: "no_phone"
    case 19: "too_late"
    case 20: "plan_expired"
    case 21: "plan_changed"
    case 22: "empty_audience"
    case 23: "missing_field"
    case 24: "already_final"
    case 25: "wrong_state"
    case 26: "duplicate"
    case 27: "invalid_field"
    case 28: "limit_reached"
    case 29: "unknown_carrier"
    case 30: "not_allowed"
    case 31: "not_live"
    default: nil
    }
  }
}
