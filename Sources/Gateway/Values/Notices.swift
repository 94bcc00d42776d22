import Contract

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

/// The room on the store's file system, when it has become little, or enough again.
public struct DiskNotice: Hashable, Sendable {
  public var freeOctets: Int64
  /// `limits.disk_free_mib`, in octets.
  public var thresholdOctets: Int64
  public var isLow: Bool

  public init(freeOctets: Int64, thresholdOctets: Int64, isLow: Bool) {
    self.freeOctets = freeOctets
    self.thresholdOctets = thresholdOctets
    self.isLow = isLow
  }
}

/// Several wrong passwords in a row, from one address or for one account.
public struct GuessingNotice: Hashable, Sendable {
  /// The address of the last one.
  public var from: String
  /// The listening address.
  public var listen: String

  public init(from: String, listen: String) {
    self.from = from
    self.listen = listen
  }
}
