import Contract
import Glibc
import NetIO
import Synchronization

/// One line a fact, on stderr with the priority journald reads. Neither text nor full numbers nor secrets.
package final class Journal: Sendable {
  /// Lines that a misbehaving peer could cause without end: at most `linesPerSecond` each, the rest counted.
  enum LimitedKey: Int, CaseIterable, Sendable {
    case badPDU, inboundFull, unread, accept, api, store
  }

  static let linesPerSecond = 5

  private struct Window {
    var second: Int64 = 0
    var lines = 0
    var suppressed = 0
  }

  private let time: any Timekeeper
  private let sink: @Sendable (AlertSeverity, String) -> Void
  private let windows = Lock([Window](repeating: Window(), count: LimitedKey.allCases.count))

  /// - Parameter sink: where lines go.
  package init(
    time: any Timekeeper = SystemTime(),
    sink: @escaping @Sendable (AlertSeverity, String) -> Void = Journal.toStandardError
  ) {
    self.time = time
    self.sink = sink
  }

  @Sendable
  package static func toStandardError(_ severity: AlertSeverity, _ line: String) {
    let octets = Array("<\(severity.priority)>\(line)\n".utf8)
    octets.withUnsafeBytes { bytes in _ = Glibc.write(2, bytes.baseAddress, bytes.count) }
  }

  func write(_ severity: AlertSeverity, _ line: String) { sink(severity, Journal.oneLine(line)) }

  /// A line without control characters: what somebody else wrote into it begins no line of its own, and a terminal obeys nothing in it.
  static func oneLine(_ line: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
    }
    guard line.unicodeScalars.contains(where: isControl) else { return line }
    var shown = ""
    for scalar in line.unicodeScalars {
      if isControl(scalar) {
        shown += "\\x" + String(scalar.value, radix: 16)
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  func writeLimited(_ severity: AlertSeverity, key: LimitedKey, _ line: @autoclosure () -> String) {
    let second = time.now.components.seconds
    let (goes, missed) = windows.withLock { windows in
      var window = windows[key.rawValue]
      var missed = 0
      if window.second != second {
        missed = window.suppressed
        window = Window(second: second)
      }
      let goes = window.lines < Journal.linesPerSecond
      if goes { window.lines += 1 } else { window.suppressed += 1 }
      windows[key.rawValue] = window
      return (goes, missed)
    }
    if missed > 0 { write(.warning, "suppressed=\(missed) lines like the next one") }
    if goes { write(severity, line()) }
  }
}

extension AlertSeverity {
  /// syslog's priority: crit, warning, info.
  fileprivate var priority: Int {
    switch self {
    case .critical: 2
    case .warning: 4
    case .info: 6
    }
  }
}
