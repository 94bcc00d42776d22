extension Bench {
  /// A number of every run, and the floor's of the same runs.
  public struct Figure: Sendable {
    /// How the number reads.
    enum Unit: String, Sendable {
      case perSecond = "/s"
      case nanoseconds = "ns"
      case milliseconds = "ms"
      case mebibytes = "MiB"
      case mebibytesPerHour = "MiB/h"
      case percent = "%"
      /// A count of what the figure's name says.
      case count = ""

      /// Whether more is better.
      var isRate: Bool { self == .perSecond }
    }

    struct Floor: Sendable {
      var name: String
      /// One a run, in the order of the runs.
      var values: [Double]
    }

    var part: Part
    var name: String
    var unit: Unit
    /// One a run, in the order of the runs.
    var values: [Double]
    var floor: Floor?
    /// What the design asks for, in the same unit.
    var target: Double?
    /// What it was measured with, in the order to be read: `("window", "100")`.
    var conditions: [(name: String, value: String)]

    var median: Double { Bench.median(values) }
    var lowest: Double { values.min() ?? 0 }
    var highest: Double { values.max() ?? 0 }

    /// Median over the runs of this figure divided by the floor's of the same run: neighbours in time.
    var ratio: Double? {
      guard let floor, floor.values.count == values.count, !values.isEmpty else { return nil }
      return Bench.median(zip(values, floor.values).map { $1 == 0 ? 0 : $0 / $1 })
    }
  }

  /// The middle of the sorted values, or the mean of the two in the middle.
  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The value below which the share `quantile` of the sorted values lies (nearest rank).
  static func percentile(_ quantile: Double, ofSorted values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let rank = (Double(values.count) * quantile).rounded(.up)
    return values[min(values.count - 1, max(0, Int(rank) - 1))]
  }
}
