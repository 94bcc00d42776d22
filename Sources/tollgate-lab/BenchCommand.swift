import Bench
import CommandFrame
import Glibc

/// `tollgate-lab bench`: measures the product on this machine, beside the same work in bare C.
enum BenchCommand {
  private static let usual = Bench.Settings(tollgate: "") { _ in }

  static let command = Command(
    name: "bench", summary: "measure speed on this machine, beside the same work in bare C",
    operands: "[PART…]",
    operandCount: 0...Bench.Part.allCases.count,
    details: """
      Each figure stands beside the same work in bare C, measured in the same run.

      parts that run by default:
      \(lines(Bench.Part.allCases.filter(\.isUsual)))

      parts that take minutes, and run only when named:
      \(lines(Bench.Part.allCases.filter { !$0.isUsual }))
      """,
    options: [
      Option("segments", argument: "N", "messages per run (default \(usual.segments))"),
      Option("window", argument: "N", "unanswered requests per session (default \(usual.window))"),
      Option("sessions", argument: "N", "sessions per bind (default \(usual.sessions))"),
      Option(
        "runs", argument: "N",
        "runs; a figure is the median [lowest – highest] (default \(usual.runs))"),
      Option("minutes", argument: "N", "how long `soak` takes (default \(usual.minutes))"),
      Option(
        "events", argument: "N", "messages in the feed that `consumers` reads (default \(usual.events))"),
      Option("contacts", argument: "N", "contacts that `busy` imports (default \(usual.contacts))"),
      Option(
        "tollgate", argument: "FILE", "the daemon to measure (default: the tollgate beside tollgate-lab)"),
      Option("json", "print one JSON object instead of a table"),
    ],
    examples: [
      Example("tollgate-lab bench codec bind --runs 3", "measure two parts"),
      Example("tollgate-lab bench soak --minutes 60", "run for an hour at half of full speed"),
    ], run: run)

  private static func lines(_ parts: [Bench.Part]) -> String {
    let width = Bench.Part.allCases.map(\.rawValue.count).max() ?? 0
    return parts.map { part in
      "  \(part.rawValue)\(String(repeating: " ", count: width - part.rawValue.count + 2))\(part.summary)"
    }.joined(separator: "\n")
  }

  private static func run(_ invocation: Invocation) throws -> ExitStatus {
    let parts = try parts(invocation)
    let settings = try settings(invocation)
    if parts.contains(where: \.startsDaemon), access(settings.tollgate, X_OK) != 0 {
      throw Failure(
        .noInput, "cannot run \(settings.tollgate): \(String(cString: strerror(errno)))",
        hint: "build it with `swift build -c release --product tollgate`, or give its path: --tollgate FILE"
      )
    }
    var report = Bench.Report(settings)
    var status = ExitStatus.ok
    for part in parts {
      if isatty(STDERR_FILENO) != 0 { Output.error("measuring \(part.rawValue)") }
      do {
        report.figures += try part.measure(settings)
      } catch {
        Output.error("\(part.rawValue) was not measured: \(error)")
        status = .software
      }
    }
    try Output.text(invocation.has("json") ? report.json : report.table)
    return status
  }

  /// Each once, in the order they are named.
  private static func parts(_ invocation: Invocation) throws -> [Bench.Part] {
    guard !invocation.operands.isEmpty else { return Bench.Part.allCases.filter(\.isUsual) }
    var parts: [Bench.Part] = []
    for word in invocation.operands {
      guard let part = Bench.Part(rawValue: word) else {
        let names = Bench.Part.allCases.map(\.rawValue).joined(separator: ", ")
        throw invocation.usage("no part is called \(word); parts: \(names)")
      }
      if !parts.contains(part) { parts.append(part) }
    }
    return parts
  }

  /// Every number has bounds, so that no run asks for more than a machine has.
  private static func settings(_ invocation: Invocation) throws -> Bench.Settings {
    var settings = Bench.Settings(
      tollgate: invocation.value("tollgate") ?? tollgateBeside, progress: Output.error)
    func set(_ path: WritableKeyPath<Bench.Settings, Int>, _ name: String, _ bounds: ClosedRange<Int>) throws
    {
      if let number = try invocation.integer(name, bounds) { settings[keyPath: path] = number }
    }
    try set(\.segments, "segments", 100...5_000_000)
    try set(\.window, "window", 1...1_000)
    try set(\.sessions, "sessions", 1...16)
    try set(\.runs, "runs", 1...100)
    try set(\.minutes, "minutes", 1...10_000)
    try set(\.events, "events", 1_000...10_000_000)
    try set(\.contacts, "contacts", 1_000...2_000_000)
    return settings
  }

  /// `tollgate` in the directory of this program's own file: both are built, and installed, into one.
  private static var tollgateBeside: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/tollgate"
  }
}
