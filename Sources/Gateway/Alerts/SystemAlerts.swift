import Contract
import Settings
import Store

/// Alerts about what the process sees: certificates that end, a disk that fills.
struct SystemAlerts: Part {
  let outbox: Outbox
  let directory: Directory
  let table: AlertTable

  /// A certificate or a list in use; reported at the start, when it changes, and every hour.
  func seen(_ notice: CertificateNotice) throws(StoreError) {
    let left = notice.notAfter - now
    let isList = notice.kind == .revocations
    guard left <= (isList ? CertificateAlarm.list : CertificateAlarm.early) else { return }
    let isLate = isList || left <= CertificateAlarm.late
    let key =
      "\(notice.carrier)|\(notice.kind.rawValue)|\(notice.notAfter)|\(isLate ? "late" : "early")|"
      + notice.subject
    if let raised = try table.raised(certificate: key) {
      guard isLate, now - raised >= CertificateAlarm.every else { return }
    }
    try table.raise(certificate: key, at: now, forgetting: now - CertificateAlarm.kept)
    let whose =
      switch notice.kind {
      case .ours: "our certificate"
      case .theirs: "the carrier's certificate"
      case .revocations: "the list of revoked certificates of"
      }
    let what =
      left <= 0
      ? "has expired (\(isList ? "nextUpdate" : "notAfter") \(notice.day))" : "expires on \(notice.day)"
    let follows = isList ? "; then every certificate of this authority is refused" : ""
    alert(
      .certificateExpires, isLate ? .critical : .warning, subject: notice.carrier,
      "\(whose) \(notice.subject) \(what)\(follows)")
  }

  func seen(_ notice: DiskNotice) {
    let free = notice.freeOctets >> 20
    if notice.isLow {
      alert(
        .diskLow, .critical,
        "the store has \(free) MiB left, less than limits.disk_free_mib \(notice.thresholdOctets >> 20); once "
          + "the disk is full, commands get busy and carriers keep their texts")
    } else {
      alert(.diskLow, .info, "the store has \(free) MiB free again")
    }
  }

  /// Somebody tries passwords.
  func seen(_ notice: GuessingNotice) {
    alertSometimes(
      .passwordGuessing, about: "guessing \(notice.listen)", subject: notice.from,
      "several binds with a wrong system_id or password at \(notice.listen); each answer is later than the one before"
    )
  }

  /// The connection to a carrier changed.
  func seen(_ change: BindChange) {
    guard let carrier = directory.carriers[change.carrier] else { return }
    emit(
      .bindStateChanged(
        BindStateChanged(
          carrier: carrier, sessionIndex: change.session, state: change.state,
          error: change.reason.isEmpty ? nil : change.reason, retryInMs: change.retryInMilliseconds,
          at: Timestamp(milliseconds: now))))
    if change.credentialsRefused {
      alert(
        .credentialsRefused, .critical, subject: carrier,
        "the carrier refuses our system_id or password; next attempt in five minutes")
    }
  }
}
