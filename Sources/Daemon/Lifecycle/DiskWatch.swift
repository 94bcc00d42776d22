import Configuration
import Gateway
import Glibc

/// Looks how much room the store's file system has, and tells the rules when it becomes little, long before the store finds
/// it full. Belongs to the lifecycle's thread.
struct DiskWatch {
  /// Two looks are at least so far apart.
  static let every = Duration.seconds(2)

  private let directory: String
  private let threshold: Int64
  private var next: Duration?
  private var isLow = false

  init(_ configuration: Configuration) {
    directory = configuration.state
    threshold = Int64(configuration.limits.diskFreeMebibytes) << 20
  }

  /// What is to be told now; nil most of the time. Enough is a quarter more than little, so that neither comes every time.
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
