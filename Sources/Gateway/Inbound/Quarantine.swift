import Contract
import SMPP
import Settings
import Store

/// Inbound PDUs that no rule could use: kept as they came, until a person releases or forgets them, or their time is over.
///
/// Bounded by `limits.quarantine` and `limits.quarantine_mib`. When it is full, a carrier is told to keep a person's text, and what
/// nobody wrote is dropped and counted.
final class Quarantine: Part {
  let outbox: Outbox
  private let settings: GatewaySettings
  private let directory: Directory
  private let counts: CarrierCountTable
  let table: QuarantineTable

  init(
    _ outbox: Outbox, _ settings: GatewaySettings, _ directory: Directory, _ counts: CarrierCountTable,
    _ table: QuarantineTable
  ) {
    self.outbox = outbox
    self.settings = settings
    self.directory = directory
    self.counts = counts
    self.table = table
  }

  private var isFull: Bool {
    table.count >= settings.maximumQuarantined || Int64(table.octets) >= settings.quarantineMaximum
  }

  /// - Returns: false where there is no room.
  func keep(
    _ inbound: InboundPDU, _ kind: QuarantineKind, detail: String? = nil, phone: PhoneNumber? = nil
  ) throws(StoreError) -> Bool {
    guard !isFull else {
      counts.count(inbound.carrier, .notQuarantined)
      alertSometimes(
        .quarantined, about: "quarantine is full", subject: directory.carriers[inbound.carrier],
        "no room to set aside inbound PDUs (limits.quarantine, limits.quarantine_mib); carriers keep people's texts, "
          + "the rest is dropped: see tollgate quarantine list")
      return false
    }
    try table.add(
      at: inbound.receivedAt, inbound.carrier, kind, detail: detail, phone: phone?.packed, inbound.pdu)
    return true
  }

  /// Removes what has been there for longer than `limits.quarantine_keep_hours`, a slice at a time.
  func removeOld(slice: Int64) throws(StoreError) {
    let gone = try table.removeOld(before: now - settings.quarantineKept.wholeMilliseconds, limit: slice)
    if gone > 0 { note(.info, "event=quarantine_aged count=\(gone)") }
  }
}
