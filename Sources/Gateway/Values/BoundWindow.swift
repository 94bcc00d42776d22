/// Over how long the texts are counted that the gateway sends by itself.
enum BoundWindow {
  /// Milliseconds.
  static let hour: Int64 = 3_600_000
}
