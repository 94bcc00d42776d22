import Contract

extension GatewaySettings.Unknown {
  func policy(of traffic: TrafficClass) -> UnknownPolicy {
    switch traffic {
    case .interactive: interactive
    case .campaign: campaign
    case .notice: notice
    case .code: code
    // What the gateway sends of itself is never worth a second copy, and a confirmation is one for all.
    case .alert, .copy, .help, .confirmation: .hold
    }
  }
}
