import Carriers
import Contract
import SMPP
import Store

/// `quarantine.release` and `quarantine.forget`: what was set aside becomes a message after all, or is gone.
struct QuarantineCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let routes: Routes
  let reception: Inbound

  private var table: QuarantineTable { reception.quarantine.table }

  func release(_ params: QuarantineRelease, _ caller: Requester) throws(APIError) -> Decision {
    let entry = try known(params.quarantineID, caller)
    guard let pdu = entry.pdu, !pdu.textOctets.isEmpty else {
      throw .refused(.wrongState, "the entry has no text that could be released")
    }
    let normaliser = AddressNormaliser(routes.profiles[entry.carrier] ?? CarrierProfile())
    guard let phone = entry.phone.flatMap({ PhoneNumber(packed: $0) }) ?? normaliser.phoneNumber(pdu.source)
    else { throw .refused(.notTextable, "the sender is no phone number: nobody could answer it") }
    let number = try number(params, pdu, normaliser)
    if let limit = try read(try reception.limitReached(by: pdu, of: entry, from: phone, to: number)) {
      throw .busy(limit)
    }
    return Decision { () throws(StoreError) in
      let message = try reception.release(entry, pdu, from: phone, to: number)
      try table.remove(entry.id)
      note(
        .info,
        "event=quarantine_released entry=\(entry.id) message=\(message.map { MessageID($0).description } ?? "part") role=\(caller.role) uid=\(caller.uid)"
      )
      return QuarantineReleaseResult(
        quarantineID: params.quarantineID, messageID: message.map { MessageID($0) })
    }
  }

  private func number(_ params: QuarantineRelease, _ pdu: DeliverSM, _ normaliser: AddressNormaliser)
    throws(APIError) -> Number
  {
    if let to = params.to {
      guard let number = directory.number(at: to) else { throw .refused(.unknownNumber, field: "to") }
      return number
    }
    guard let number = directory.number(at: pdu.destination, normaliser) else {
      throw .refused(
        .unknownNumber, "the destination is still no number of ours; add the number, or give `to`",
        field: "to")
    }
    return number
  }

  func forget(_ params: QuarantineForget, _ caller: Requester) throws(APIError) -> Decision {
    let entry = try known(params.quarantineID, caller)
    return Decision { () throws(StoreError) in
      try table.remove(entry.id)
      note(
        .info,
        "event=quarantine_forgotten entry=\(entry.id) kind=\(entry.kind.rawValue) role=\(caller.role) uid=\(caller.uid)"
      )
      return Done()
    }
  }

  /// What is set aside belongs to no number: only who has them all sees it.
  private func known(_ id: Int, _ caller: Requester) throws(APIError) -> QuarantineTable.Entry {
    guard caller.isUnrestricted, let entry = try read(try table.entry(Int64(id))) else {
      throw .notFound("quarantine entry", id)
    }
    return entry
  }
}
