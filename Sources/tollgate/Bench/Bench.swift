import Glibc
import NetIO

/// `tollgate bench`: what this machine does with the product, beside what it does in bare C, in one run.
///
/// Machines change speed from minute to minute. So every figure is measured alternately with its floor, and the ratio
/// of neighbours is what may be compared between runs.
enum Bench {
  /// What is measured, in the order it is printed.
  enum Part: String, CaseIterable {
    case codec, bind, tls, outbound, inbound, latency
    case slowCarrier = "slow-carrier"
    case floors
    case trace, consumers, busy, soak

    /// Whether it runs where no part is named: those that take minutes have to be asked for.
    var isUsual: Bool {
      switch self {
      case .trace, .consumers, .busy, .soak: false
      default: true
      }
    }

    /// One line of the help.
    var summary: String {
      switch self {
      case .codec: "submit_sm with 100 octets of text, encoded and decoded, beside a memcpy of its octets"
      case .bind: "submit_sm and answer over loopback without a store, beside a bare C client"
      case .tls: "the same with TLS, beside the same without, both against the simulated carrier"
      case .outbound: "a campaign, from its commit to the last receipt recorded, through the whole daemon"
      case .inbound:
        "deliver_sm until durable, acknowledged and read by one consumer, through the whole daemon"
      case .latency: "a lone message, idle: command to PDU, and deliver_sm to the feed"
      case .slowCarrier: "outbound to a carrier that answers after 20 ms"
      case .floors: "bare C alone: SMPP loopback, rows into SQLite, fdatasync, memcpy"
      case .trace: "outbound with the ring that `tollgate trace` reads, beside the same without"
      case .consumers:
        "nine consumers from the oldest event on, with a slow one and without, and what they saw"
      case .busy: "deliver_sm beside verify, a replay, an import of contacts and a plan over them"
      case .soak:
        "half of what the machine can do, with a fault every 10 s: memory, descriptors, verify"
      }
    }
  }

  /// What the figures depend on.
  struct Settings {
    /// Messages, or segments, of a run.
    var segments = 50_000
    /// Requests without an answer, at most, on each session.
    var window = 100
    var sessions = 1
    /// Repetitions of each measurement; figures are their median.
    var runs = 5
    /// Octets of text in a message.
    var textOctets = 100
    /// How long the soak takes.
    var minutes = 10
    /// Messages whose events are in the feed before its consumers read it.
    var events = 1_000_000
    /// Contacts that are imported beside other work.
    var contacts = 1_000_000
  }

  /// Why a part could not be measured.
  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// - Parameter arguments: what follows `bench` on the command line.
  /// - Returns: the process's exit status (sysexits.h).
  static func run(_ arguments: [String]) -> Int32 {
    switch Arguments.parse(arguments) {
    case .help:
      print(Arguments.helpText, terminator: "")
      return EX_OK
    case .wrong(let reason):
      complain("\(reason); see `tollgate bench --help`")
      return EX_USAGE
    case .run(let parts, let settings, let asJSON):
      return run(parts, settings, asJSON: asJSON)
    }
  }

  private static func run(_ parts: [Part], _ settings: Settings, asJSON: Bool) -> Int32 {
    var report = Report(settings: settings)
    var failed = false
    for part in parts {
      if isatty(STDERR_FILENO) != 0 { complain("measuring \(part.rawValue)") }
      do {
        report.figures += try measure(part, settings)
      } catch {
        complain("\(part.rawValue) was not measured: \(error)")
        failed = true
      }
    }
    print(asJSON ? report.json : report.table, terminator: "")
    return failed ? EX_SOFTWARE : EX_OK
  }

  private static func measure(_ part: Part, _ settings: Settings) throws -> [Figure] {
    switch part {
    case .codec: try CodecBench.measure(settings)
    case .bind: try BindBench.measure(settings)
    case .tls: try TLSBench.measure(settings)
    case .floors: try FloorBench.measure(settings)
    case .outbound: try OutboundBench.measure(settings)
    case .inbound: try InboundBench.measure(settings)
    case .latency: try LatencyBench.measure(settings)
    case .slowCarrier: try OutboundBench.measureSlowCarrier(settings)
    case .trace: try OutboundBench.measureTrace(settings)
    case .consumers: try ConsumersBench.measure(settings)
    case .busy: try BusyBench.measure(settings)
    case .soak: try SoakBench.measure(settings)
    }
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

  static func complain(_ text: String) {
    let line = Array("tollgate bench: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
