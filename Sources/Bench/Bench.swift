import Glibc
import NetIO

/// `tollgate-lab bench`: what this machine does with the product, beside what it does in bare C, in one run.
///
/// Machines change speed from minute to minute. So every figure is measured alternately with its floor, and the ratio
/// of neighbours is what may be compared between runs.
public enum Bench {
  /// What the figures depend on.
  public struct Settings: Sendable {
    /// Messages, or segments, of a run.
    public var segments = 50_000
    /// Requests without an answer, at most, on each session.
    public var window = 100
    public var sessions = 1
    /// Repetitions of each measurement; figures are their median.
    public var runs = 5
    /// Octets of text in a message.
    public var textOctets = 100
    /// How long the soak takes.
    public var minutes = 10
    /// Messages whose events are in the feed before its consumers read it.
    public var events = 1_000_000
    /// Contacts that are imported beside other work.
    public var contacts = 1_000_000
    /// The file of `tollgate`, for the parts that start it.
    public let tollgate: String
    /// Hears how far the parts are that take minutes, and what `verify` found.
    public let progress: @Sendable (String) -> Void

    public init(tollgate: String, progress: @escaping @Sendable (String) -> Void) {
      self.tollgate = tollgate
      self.progress = progress
    }
  }

  /// Why a part could not be measured.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  /// In `$TMPDIR` or `/var/tmp`: on a disk, since `/tmp` is often memory and a sync there costs nothing.
  static func directory() throws -> TemporaryDirectory {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    do throws(Errno) {
      return try TemporaryDirectory(in: base, name: "tollgate-bench")
    } catch {
      throw Failure("no directory in \(base): \(error)")
    }
  }
}
