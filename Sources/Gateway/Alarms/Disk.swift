import Contract

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

extension Gateway {
  func seen(_ notice: DiskNotice) {
    let free = notice.freeOctets >> 20
    if notice.isLow {
      alert(
        .diskLow, .critical,
        "\(free) MiB are left for the store, under limits.disk_free_mib \(notice.thresholdOctets >> 20); when "
          + "nothing is left commands are busy and carriers keep their texts")
    } else {
      alert(.diskLow, .info, "\(free) MiB are free for the store again")
    }
  }
}
