import Carriers
import Contract
import SMPP
import Settings
import Store

/// Carriers that are bound to us submit what their phones wrote, and ask about it.
struct Submissions: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let routes: Routes
  let table: SubmissionTable

  /// Takes a submitted message under a `message_id` of ours, with the receipt it asked for: recorded by this transaction, it
  /// is delivered, since the feed has it.
  func submitted(_ inbound: InboundPDU) throws(StoreError) {
    let id = table.nextID
    let profile = routes.profiles[inbound.carrier] ?? CarrierProfile()
    let phone = AddressNormaliser(profile).phoneNumber(inbound.pdu.source)?.packed ?? 0
    var receipt: DeliverSM?
    if RegisteredDelivery.wantsReceipt(ofSuccess: inbound.pdu.registeredDelivery) {
      if table.owedCount < settings.maximumOwedReceipts {
        receipt = self.receipt(for: inbound, id)
      } else {
        noteSometimes(.warning, about: "owed", "limit=owed_receipts a receipt was not recorded")
      }
    }
    try table.record(.init(carrier: inbound.carrier, source: phone, at: now), receipt: receipt)
    post(.accepted(inbound.request, messageID: id))
    if let receipt {
      post(.receipt(OwedReceipt(id: id, carrier: inbound.carrier, pdu: receipt)))
    }
  }

  /// A receipt as the specification has it: the type in `esm_class`, the id and the state in the text and as parameters.
  private func receipt(for inbound: InboundPDU, _ id: Int64) -> DeliverSM {
    let messageID = COctetString("\(id)")
    let text = ReceiptText(
      id: messageID, state: .delivered, submitDate: CivilTime(milliseconds: inbound.receivedAt),
      doneDate: CivilTime(milliseconds: now))
    var receipt = DeliverSM(
      source: inbound.pdu.destination, destination: inbound.pdu.source, esmClass: ESMClass.deliveryReceipt,
      shortMessage: text.encoded())
    receipt.tlvs.receiptedMessageID = messageID
    receipt.tlvs.messageState = MessageState.delivered.rawValue
    if let reference = inbound.pdu.tlvs.userMessageReference {
      receipt.tlvs.userMessageReference = reference
    }
    return receipt
  }

  func receiptSettled(_ id: Int64, _ status: CommandStatus) throws(StoreError) {
    try table.settleReceipt(id)
    guard status != .ESME_ROK else { return }
    noteSometimes(
      .warning, about: "receipt \(status.rawValue)",
      "event=receipt_refused message_id=\(id) status=\(status.name)")
  }

  /// What we take is delivered at once: it can be asked after, and neither cancelled nor replaced.
  func asked(_ request: PeerRequest, _ carrier: CarrierKey, _ question: Question) throws(StoreError) {
    switch question {
    case .query(let id, let source):
      guard let found = try submission(id, source, carrier) else {
        return answer(request, .ESME_RQUERYFAIL)
      }
      post(
        .answer(
          request, .ESME_ROK,
          QuerySMResp(
            messageID: id, finalDate: COctetString(CivilTime(milliseconds: found.at)?.absoluteUTC ?? ""),
            messageState: .delivered)))
    case .cancel(let id, let source):
      answer(request, try submission(id, source, carrier) == nil ? .ESME_RINVMSGID : .ESME_RCANCELFAIL)
    case .replace(let id, let source):
      answer(request, try submission(id, source, carrier) == nil ? .ESME_RINVMSGID : .ESME_RREPLACEFAIL)
    }
  }

  private func answer(_ request: PeerRequest, _ status: CommandStatus) {
    post(.answer(request, status, nil))
  }

  /// The carrier's own message of this id; `source` has to be the message's where it is given (SMPP 3.4, 4.8.1).
  private func submission(
    _ id: COctetString, _ source: Address, _ carrier: CarrierKey
  ) throws(StoreError) -> SubmissionTable.Submission? {
    guard let id = Int64(id.string), id > 0, let found = try table[id], found.carrier == carrier else {
      return nil
    }
    guard !source.digits.isEmpty else { return found }
    let profile = routes.profiles[carrier] ?? CarrierProfile()
    return AddressNormaliser(profile).phoneNumber(source)?.packed == found.source ? found : nil
  }
}

extension InboundKind {
  /// The answer that says "not now, keep it".
  public var busy: CommandStatus { self == .deliver ? .ESME_RX_T_APPN : .ESME_RTHROTTLED }
}
