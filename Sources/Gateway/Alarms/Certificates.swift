import Contract
import Store

/// A certificate that TLS with a carrier depends on: ours, or one the carrier showed.
public struct CertificateNotice: Hashable, Sendable {
  /// The carrier's name.
  public var carrier: String
  public var isOurs: Bool
  public var subject: String
  /// Milliseconds since 1970 UTC.
  public var notAfter: Int64
  /// `notAfter` for people: `2026-12-01`.
  public var day: String

  public init(carrier: String, isOurs: Bool, subject: String, notAfter: Int64, day: String) {
    self.carrier = carrier
    self.isOurs = isOurs
    self.subject = subject
    self.notAfter = notAfter
    self.day = day
  }
}

/// When the end of a certificate is told.
public enum CertificateAlarm {
  /// Three weeks before: once. Renewing one can take an authority that long.
  public static let early: Int64 = 21 * 86_400_000
  /// Three days before: daily from then on, after its end too.
  public static let late: Int64 = 3 * 86_400_000
  /// A late alarm comes again after so long.
  static let every: Int64 = 86_400_000
  /// What was told is forgotten after so long: no certificate is told of once in a longer time.
  static let kept: Int64 = 60 * 86_400_000
}

extension Gateway {
  /// A certificate in use, told at the start, when it changes, and every hour.
  func seen(_ notice: CertificateNotice) throws {
    let left = notice.notAfter - now
    guard left <= CertificateAlarm.early else { return }
    let isLate = left <= CertificateAlarm.late
    let key =
      "\(notice.carrier)|\(notice.isOurs ? "ours" : "theirs")|\(notice.notAfter)|\(isLate ? "late" : "early")|"
      + notice.subject
    if let told = try database.int("SELECT at FROM certificate_told WHERE key = ?1", .text(key)) {
      guard isLate, now - told >= CertificateAlarm.every else { return }
    }
    try database.run("DELETE FROM certificate_told WHERE at < ?1", .int(now - CertificateAlarm.kept))
    try database.run(
      "INSERT OR REPLACE INTO certificate_told (key, at) VALUES (?1, ?2)", .text(key), .int(now))
    let whose = notice.isOurs ? "our certificate" : "the carrier's certificate"
    let what = left <= 0 ? "has expired (notAfter \(notice.day))" : "expires on \(notice.day)"
    alert(
      .certificateExpires, isLate ? .critical : .warning, subject: notice.carrier,
      "\(whose) \(notice.subject) \(what)")
  }
}
