import Contract
import Glibc
import NetIO
import Synchronization

/// One line a fact, on stderr with the priority journald reads. Neither text nor full numbers nor secrets.
final class Journal: Sendable {
  /// Lines that a misbehaving peer could cause without end: at most `linesPerSecond` each, the rest counted.
  enum LimitedKey: Int, CaseIterable, Sendable {
    case badPDU, inboundFull, accept, api, store
  }

  static let linesPerSecond = 5

  private struct Window {
    var second: Int64 = 0
    var lines = 0
    var suppressed = 0
  }

  private let windows = Lock([Window](repeating: Window(), count: LimitedKey.allCases.count))

  func write(_ severity: AlertSeverity, _ line: String) {
    let octets = Array("<\(severity.priority)>\(line)\n".utf8)
    octets.withUnsafeBytes { bytes in _ = Glibc.write(2, bytes.baseAddress, bytes.count) }
  }

  func writeLimited(_ severity: AlertSeverity, key: LimitedKey, _ line: @autoclosure () -> String) {
    let second = MonotonicClock.nowNanoseconds / 1_000_000_000
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
