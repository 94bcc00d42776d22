import Contract
import Settings

extension GatewaySettings.Unknown {
  func policy(of traffic: TrafficClass) -> UnknownPolicy {
    switch traffic {
    case .interactive: interactive
    case .campaign: campaign
    case .notice: notice
    case .code: code
    // What the gateway sends of itself is never worth a second copy, and a confirmation is one for all.
    case .alert, .copy, .help, .confirmation, .outOfOffice: .hold
    }
  }
}

extension Duration {
  /// Whole milliseconds: the unit in which the rules count time.
  var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
