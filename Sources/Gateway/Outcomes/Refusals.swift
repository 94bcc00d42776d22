import Carriers
import Contract
import SMPP
import Store

/// What a carrier's refusal means beyond the message it refused.
struct Refusals: Part {
  let outbox: Outbox
  let directory: Directory
  let builder: SegmentBuilder
  let counts: CarrierCountTable

  /// The carrier says that we sent what cannot be. What it was is logged without its text and without its numbers.
  func noteOurFault(_ answer: SegmentAnswer, _ flight: Flight) throws(StoreError) {
    counts.count(flight.carrier, .ourFaults)
    guard
      let missed = outbox.missed(
        "fault \(flight.carrier) \(answer.status.rawValue)", every: Outbox.noteAgainAfter)
    else { return }
    let carrier = directory.carriers[flight.carrier] ?? "?"
    var line =
      "event=our_fault carrier=\(carrier) status=\(answer.status.name) "
      + "message=\(MessageID(flight.ref.message)) segment=\(flight.ref.index + 1)/\(flight.segments)"
    if let pdu = try builder.rebuilt(flight)?.pdu {
      let tlvs = pdu.tlvs.map { "0x" + String($0.tag.rawValue, radix: 16) }.joined(separator: ",")
      line +=
        " service_type=\"\(pdu.serviceType.string)\" source=\(pdu.source.ton)/\(pdu.source.npi)/"
        + "\(pdu.source.digits.count) destination=\(pdu.destination.ton)/\(pdu.destination.npi)/"
        + "\(pdu.destination.digits.count) esm_class=\(pdu.esmClass) protocol_id=\(pdu.protocolID) "
        + "priority_flag=\(pdu.priorityFlag) validity_period=\"\(pdu.validityPeriod.string)\" "
        + "registered_delivery=\(pdu.registeredDelivery) "
        + "replace_if_present_flag=\(pdu.replaceIfPresentFlag) data_coding=\(pdu.dataCoding) "
        + "sm_length=\(pdu.smLength) tlvs=\(tlvs.isEmpty ? "-" : tlvs)"
    }
    note(.warning, line + Outbox.words(missed))
  }

  /// A status that is in no table: the message has failed, and somebody may want to give it a class.
  func noteUnknown(_ status: CommandStatus, _ flight: Flight, _ profile: CarrierProfile) {
    guard !ErrorClass.isKnown(status, profile) else { return }
    counts.count(flight.carrier, .unknownStatuses)
    let carrier = directory.carriers[flight.carrier] ?? "?"
    guard outbox.isDue("status \(flight.carrier) \(status.rawValue)") else { return }
    note(
      .warning,
      "event=unknown_status carrier=\(carrier) status=\(status.name) the message has failed; see `statuses` in the configuration"
    )
  }
}
