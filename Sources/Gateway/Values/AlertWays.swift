import Contract

extension AlertBy {
  init(texts: Bool, emails: Bool) {
    switch (texts, emails) {
    case (true, true): self = .both
    case (true, false): self = .text
    case (false, true): self = .email
    case (false, false): self = AlertBy.none
    }
  }

  var texts: Bool { self == .text || self == .both }
  var emails: Bool { self == .email || self == .both }
}

/// States as the store keeps them: small integers, which stand in the conditions of indexes.
extension EmailState {
  init?(stored: Int64) {
    guard let state = EmailState.allCases.first(where: { $0.stored == stored }) else { return nil }
    self = state
  }

  var stored: Int64 {
    switch self {
    case .waiting: 0
    case .sent: 1
    case .failed: 2
    case .expired: 3
    }
  }
}
