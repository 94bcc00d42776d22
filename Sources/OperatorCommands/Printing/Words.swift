import Contract
import Glibc

/// How values of the contract are written for people.
package enum Words {
  /// Local time to the second: `2026-11-22 14:03:07`.
  static func time(_ timestamp: Timestamp?) -> String {
    guard let timestamp else { return "-" }
    var seconds = time_t(timestamp.milliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return
      "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  /// Local time to the millisecond: `2026-11-22 14:03:07.412`.
  static func moment(_ timestamp: Timestamp) -> String {
    let milliseconds = (timestamp.milliseconds % 1_000 + 1_000) % 1_000
    return time(timestamp) + "." + String(String(milliseconds + 1_000).dropFirst())
  }

  /// Local time of the day: `14:03:07`.
  static func clock(_ timestamp: Timestamp) -> String { String(time(timestamp).suffix(8)) }

  private static func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }

  /// A span a person can grasp: `42 s`, `3 min 20 s`, `2 h 5 min`.
  static func span(seconds: Int) -> String {
    switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3600: seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
    default: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
  }

  /// The same to the millisecond where that says something: `42 ms`, `3.120 s`, `3 min 20 s`.
  static func span(milliseconds: Int) -> String {
    switch milliseconds {
    case ..<1_000: "\(milliseconds) ms"
    case ..<60_000:
      "\(milliseconds / 1_000)." + String(String(milliseconds % 1_000 + 1_000).dropFirst()) + " s"
    default: span(seconds: milliseconds / 1_000)
    }
  }

  /// `1 message`, `2 messages`.
  package static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
  }

  static func name(_ contact: ContactView) -> String {
    let name = [contact.firstName, contact.lastName].compactMap(\.self).joined(separator: " ")
    return name.isEmpty ? "-" : name
  }

  /// Why a message stands where it does; a receipt's error code says nothing of one that arrived.
  static func why(_ state: TextMessageState, _ reason: Refusal?, _ error: String?) -> String? {
    reason?.rawValue ?? (state == .delivered ? nil : error)
  }

  static func style(_ state: TextMessageState) -> Terminal.Style {
    switch state {
    case .delivered, .received: .green
    case .failed, .expired: .red
    case .unknown, .cancelled, .receiptMissing: .yellow
    case .queued, .sending, .sent: .plain
    }
  }

  static func style(_ state: BindState) -> Terminal.Style {
    switch state {
    case .bound: .green
    case .connecting, .binding: .yellow
    case .waiting: .red
    }
  }

  static func style(_ state: CampaignState) -> Terminal.Style {
    switch state {
    case .running: .cyan
    case .completed: .green
    case .paused, .planned: .yellow
    case .cancelled, .expired: .dim
    }
  }
}
