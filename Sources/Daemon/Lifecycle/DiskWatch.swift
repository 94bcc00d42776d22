import Configuration
import Gateway
import Glibc

/// Watches the free space of the store's file system, and reports to the rules long before the disk is full. Belongs to the
/// lifecycle's thread.
struct DiskWatch {
  /// The shortest time between two checks.
  static let every = Duration.seconds(2)

  private let directory: String
  private let threshold: Int64
  private var next: Duration?
  private var isLow = false

  init(_ configuration: Configuration) {
    directory = configuration.state
    threshold = Int64(configuration.limits.diskFreeMebibytes) << 20
  }

  /// The notice to report now; nil most of the time. The space must exceed the threshold by a quarter before it counts as enough,
  /// so that notices do not alternate.
  mutating func due(at now: Duration) -> DiskNotice? {
    if let next, now < next { return nil }
    next = now + DiskWatch.every
    guard threshold > 0, let free = DiskWatch.free(in: directory) else { return nil }
    guard isLow ? free >= threshold + threshold / 4 : free < threshold else { return nil }
    isLow.toggle()
    return DiskNotice(freeOctets: free, thresholdOctets: threshold, isLow: isLow)
  }

  /// Octets that the daemon may still write there.
  static func free(in directory: String) -> Int64? {
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else { return nil }
    return Int64(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }
}
