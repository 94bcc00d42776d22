/// When the end of a certificate, or of a list of revoked ones, raises an alert.
public enum CertificateAlarm {
  /// Three weeks before, once: an authority may take that long to renew a certificate.
  public static let early: Int64 = 21 * 86_400_000
  /// From three days before, daily, also after the end.
  public static let late: Int64 = 3 * 86_400_000
  /// A list of revoked certificates, which may live for a day, an hour before its end: lists are looked at every hour.
  public static let list: Int64 = 3_600_000
  /// The time between two late alerts.
  public static let every: Int64 = 86_400_000
  /// A raised alert is forgotten after this time, which is longer than any time between two alerts.
  public static let kept: Int64 = 60 * 86_400_000
}
