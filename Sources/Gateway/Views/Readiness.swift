import Contract

/// How many of the carriers are served, in the words of `status` and of systemd's STATUS.
public struct Readiness: Sendable, Equatable {
  /// Carriers that are meant to be bound.
  public private(set) var wanted = 0
  /// Those with all their kinds of sessions bound.
  public private(set) var whole = 0
  /// Those with something bound.
  public private(set) var some = 0
  /// Those that lack something: the name, and of one that is bound in part what it lacks.
  public private(set) var degraded: [String] = []

  public init(_ carriers: [LiveCarrier]) {
    for carrier in carriers {
      wanted += 1
      let bound = carrier.sessions.contains { $0.state == .bound }
      if bound { some += 1 }
      let missing = carrier.missingTypes
      if bound, missing.isEmpty {
        whole += 1
      } else {
        degraded.append(bound ? "\(carrier.name) (no \(missing.joined(separator: ", ")))" : carrier.name)
      }
    }
    degraded.sort()
  }

  public var isWhole: Bool { whole == wanted }

  /// Names shown before the rest are only counted.
  private static let namesShown = 8

  /// `2 of 3 carriers bound; degraded: regional`.
  public var line: String {
    guard wanted > 0 else { return "no carrier needs a bind" }
    var line = "\(some) of \(wanted) carriers bound"
    if !degraded.isEmpty {
      line += "; degraded: " + degraded.prefix(Self.namesShown).joined(separator: ", ")
      if degraded.count > Self.namesShown { line += " and \(degraded.count - Self.namesShown) more" }
    }
    return line
  }
}

extension LiveCarrier {
  /// Kinds of binds of which none is bound: without a transmitter nothing is sent, without a receiver neither receipts nor
  /// opt-outs arrive.
  var missingTypes: [String] {
    let types = Set(sessions.map(\.type))
    return types.filter { type in !sessions.contains { $0.type == type && $0.state == .bound } }.sorted()
  }
}
