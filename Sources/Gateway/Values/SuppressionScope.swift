import Contract

/// Which texts an opt-out covers.
public enum SuppressionScope: Hashable, Sendable {
  /// Every number of the brand: the default of a STOP.
  case brand
  /// One of our numbers.
  case number(NumberID)
  /// The toll-free network's own block of one of our numbers, which only the network lifts.
  case network(NumberID)

  var stored: Int64 {
    switch self {
    case .brand: 0
    case .number(let id): id
    case .network(let id): -id
    }
  }

  init(stored: Int64) {
    self = stored == 0 ? .brand : stored > 0 ? .number(stored) : .network(-stored)
  }

  /// Whether it covers texts from a number.
  func covers(_ number: NumberID) -> Bool {
    switch self {
    case .brand: true
    case .number(let id), .network(let id): id == number
    }
  }
}

/// How a change of consent came about.
struct ConsentEvidence {
  var source: ConsentSource
  var number: NumberID?
  var message: Int64?
  var word: String?
  var text: String?
  var by: String?
  /// What was advertised with an opt-in keyword.
  var consentText: String?
}
