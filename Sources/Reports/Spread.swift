/// How long something took, over all times that it happened in a row's period. Milliseconds, exact: nothing is estimated from classes.
///
/// A quantile is the least value of which at least so many per cent of the values are not greater (nearest rank).
public struct Spread: Encodable, Equatable, Sendable {
  /// How often it happened. The rest is absent where it never did.
  public let count: Int
  /// The sum.
  public let totalMs: Int64?
  public let medianMs: Int64?
  /// Nine of ten were not longer.
  public let p90Ms: Int64?
  /// Nineteen of twenty were not longer.
  public let p95Ms: Int64?
  public let longestMs: Int64?

  init(_ values: [Int64]) {
    let sorted = values.sorted()
    func quantile(_ percent: Int) -> Int64? {
      sorted.isEmpty ? nil : sorted[(sorted.count * percent + 99) / 100 - 1]
    }
    count = sorted.count
    totalMs = sorted.isEmpty ? nil : sorted.reduce(0, +)
    medianMs = quantile(50)
    p90Ms = quantile(90)
    p95Ms = quantile(95)
    longestMs = sorted.last
  }

  private enum CodingKeys: String, CodingKey {
    case count
    case totalMs = "total_ms"
    case medianMs = "median_ms"
    case p90Ms = "p90_ms"
    case p95Ms = "p95_ms"
    case longestMs = "longest_ms"
  }
}
