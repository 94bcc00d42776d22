/// Metrics in Prometheus' text exposition format 0.0.4: families one after the other, each with its HELP and TYPE.
public struct MetricsText {
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  public typealias Labels = [(name: String, value: String)]

  /// What was written so far.
  public private(set) var text = ""
  private var family = ""

  public init() {}

  /// Begins a family; its samples follow. `name` of a counter ends in `_total`.
  public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  public mutating func sample(_ value: Int, _ labels: Labels = []) { line("", labels, "\(value)") }

  public mutating func sample(_ value: Double, _ labels: Labels = []) {
    line("", labels, Self.number(value))
  }

  /// A family of one sample.
  public mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    family(name, kind, help)
    sample(value)
  }

  /// A histogram's buckets, which count what is at most their bound, its sum and its count.
  public mutating func histogram(_ histogram: Histogram, _ labels: Labels = []) {
    var total = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      line("_bucket", labels + [("le", Self.number(Double(bound) * histogram.scale))], "\(total)")
    }
    line("_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
    line("_sum", labels, Self.number(Double(histogram.sum) * histogram.scale))
    line("_count", labels, "\(histogram.count)")
  }

  private mutating func line(_ suffix: String, _ labels: Labels, _ value: String) {
    text += family
    text += suffix
    if !labels.isEmpty {
      text += "{"
      for (index, label) in labels.enumerated() {
        if index > 0 { text += "," }
        text += "\(label.name)=\"\(Self.escaped(label.value, quotes: true))\""
      }
      text += "}"
    }
    text += " \(value)\n"
  }

  /// Backslash and line feed are escaped; in a label's value quotes too.
  static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// `0.005`, `30`, `+Inf`: no exponent where none is needed, no `.0`.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}

/// Counts of a quantity by its size, in fixed steps. Plain integers: for one thread.
public struct Histogram: Sendable {
  /// Upper bounds of the buckets, rising; what is beyond the last is counted in all the same.
  public let bounds: [Int64]
  /// A unit of the bounds in units of the metric: 1e-9 for nanoseconds shown in seconds.
  public let scale: Double
  /// By bucket, not added up.
  public private(set) var counts: [Int]
  public private(set) var count = 0
  public private(set) var sum: Int64 = 0

  public init(bounds: [Int64], scale: Double = 1) {
    self.bounds = bounds
    self.scale = scale
    counts = [Int](repeating: 0, count: bounds.count)
  }

  @inlinable
  public mutating func observe(_ value: Int64) { add(value) }

  @usableFromInline
  mutating func add(_ value: Int64) {
    count += 1
    sum &+= value
    for index in bounds.indices where value <= bounds[index] {
      counts[index] += 1
      return
    }
  }

  /// Adds what another one of the same steps has counted.
  public mutating func add(_ other: Histogram) {
    guard bounds == other.bounds else { return }
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    sum &+= other.sum
  }

  /// Of nanoseconds: 100 µs to a minute.
  public static let latency = Histogram(
    bounds: [
      100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
      100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
      30_000_000_000, 60_000_000_000,
    ], scale: 1e-9)

  /// Of a transaction's items.
  public static let batch = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
}

/// What does not stand in the store: asked by `metrics`, from another thread.
public protocol MetricsSource: Sendable {
  /// Writes families of its own.
  func write(to metrics: inout MetricsText)
  /// Segments sent since the start, by number.
  func sentSegments() -> [NumberID: Int]
  /// Bounds of the configuration, with what is used of each where the source knows.
  func limits() -> [MetricsLimit]
}

/// One bound of the configuration.
public struct MetricsLimit: Sendable {
  /// As in `limits` of the configuration.
  public var name: String
  public var limit: Int
  public var used: Int?

  public init(_ name: String, limit: Int, used: Int? = nil) {
    self.name = name
    self.limit = limit
    self.used = used
  }
}
