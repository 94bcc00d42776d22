import Contract

/// What TLS with a carrier depends on and what has an end: our certificate, one the carrier showed, or a list of revoked ones.
public struct CertificateNotice: Hashable, Sendable {
  public enum Kind: String, Sendable {
    case ours
    case theirs
    /// A list of certificates that an authority took back.
    case revocations
  }

  /// The carrier's name.
  public var carrier: String
  public var kind: Kind
  /// Whose certificate, or the authority whose list.
  public var subject: String
  /// Milliseconds since 1970 UTC.
  public var notAfter: Int64
  /// `notAfter` for people: `2026-12-01`.
  public var day: String

  public init(carrier: String, kind: Kind, subject: String, notAfter: Int64, day: String) {
    self.carrier = carrier
    self.kind = kind
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
