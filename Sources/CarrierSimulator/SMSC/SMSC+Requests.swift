import SMPP

/// A receipt that waits for its time.
package struct PendingReceipt: Equatable {
  var id: MessageIDs.Made
  var outcome: CarrierSimulator.Receipts.Outcome
  var source: Address
  var destination: Address
  var text: [UInt8]
  var submitMilliseconds: Int64
  var userMessageReference: UInt16?
  /// What it says instead of a state.
  var word: String?
}

/// One message as submit_sm, data_sm and each destination of a submit_multi have it.
package struct Submission: Equatable {
  package var source: Address
  package var destination: Address
  package var esmClass: UInt8
  var dataCoding: UInt8
  var registeredDelivery: UInt8
  package var text: [UInt8]
  var tlvs: TLVs

}

extension Submission {
  init(_ message: SubmitSM) {
    self.init(
      source: message.source, destination: message.destination, esmClass: message.esmClass,
      dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
      text: message.textOctets, tlvs: message.tlvs)
  }

  fileprivate init(_ message: DataSM) {
    self.init(
      source: message.source, destination: message.destination, esmClass: message.esmClass,
      dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
      text: message.textOctets, tlvs: message.tlvs)
  }

  fileprivate init(_ message: SubmitMulti, to destination: Address) {
    self.init(
      source: message.source, destination: destination, esmClass: message.esmClass,
      dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
      text: message.textOctets, tlvs: message.tlvs)
  }
}

extension SMSC {
  /// A request of an ESME that the session let through.
  func request(_ pdu: PDU, on link: Link) {
    switch pdu.body {
    case .submitSM(let message):
      submitted(Submission(message), sequence: pdu.sequence, on: link) {
        .submitSMResp(SubmitSMResp(messageID: $0))
      }
    case .dataSM(let message):
      submitted(Submission(message), sequence: pdu.sequence, on: link) {
        .dataSMResp(SubmitSMResp(messageID: $0))
      }
    case .deliverSM(let message): deliveredToUs(Submission(message), sequence: pdu.sequence, on: link)
    case .submitMulti(let message): submittedToMany(message, sequence: pdu.sequence, on: link)
    case .querySM(let query): answer(query, pdu.sequence, on: link)
    case .cancelSM(let cancel):
      let status: CommandStatus =
        ledger.cancel(cancel.messageID, at: wall) ? .ESME_ROK : .ESME_RCANCELFAIL
      respond(to: pdu.sequence, status, nil, on: link)
    case .replaceSM(let replace):
      let status: CommandStatus = ledger.isWaiting(replace.messageID) ? .ESME_ROK : .ESME_RREPLACEFAIL
      respond(to: pdu.sequence, status, nil, on: link)
    default:
      respond(to: pdu.sequence, .ESME_RINVCMDID, nil, on: link)
    }
  }

  /// What is decided about one message.
  private struct Decision {
    var status = CommandStatus.ESME_ROK
    var isNacked = false
    var isAnswered = true
    var dropsConnection = false
    var answerDelay: Duration
    var outcome: CarrierSimulator.Receipts.Outcome
    var receipts = 1
    var receiptFirst: Bool
    /// What another receipt says, instead of a state.
    var word: String?
  }

  private func submitted(
    _ message: Submission, sequence: UInt32, on link: Link, answer body: (COctetString) -> PDU.Body
  ) {
    guard let account = link.account else { return }
    counts.submitted += 1
    let decision = decide(message, account: account)
    guard decision.status.isOK, !decision.isNacked else {
      counts.refused += 1
      guard decision.isAnswered else { return }
      let refusal: PDU.Body? = decision.isNacked ? .genericNack : nil
      return answer(sequence, decision.status, refusal, after: decision.answerDelay, on: link)
    }
    counts.accepted += 1
    let id = ids.next()
    want(.taken(message, id))
    let receipts = take(message, id, decision, account: account)
    // Zero delay: straight after the answer, without the detour by a deadline.
    defer { for receipt in receipts { send(receipt, account: account) } }
    if decision.dropsConnection { return want(.drop(link.number)) }
    guard decision.isAnswered else { return }
    answer(sequence, .ESME_ROK, body(id.response), after: decision.answerDelay, on: link)
  }

  /// We are the ESME of this session: the gateway delivers, and a deliver_sm_resp has no id that a receipt could name.
  private func deliveredToUs(_ message: Submission, sequence: UInt32, on link: Link) {
    guard let account = link.account else { return }
    counts.submitted += 1
    let decision = decide(message, account: account)
    if decision.status.isOK {
      counts.accepted += 1
      want(.taken(message, nil))
      phoneReceives(message, account: account)
    } else {
      counts.refused += 1
    }
    guard decision.isAnswered else { return }
    let body: PDU.Body? = decision.status.isOK ? .deliverSMResp(DeliverSMResp()) : nil
    answer(sequence, decision.status, body, after: decision.answerDelay, on: link)
  }

  /// The fate of a message: faults first, then rates, then the network.
  private func decide(_ message: Submission, account: Int) -> Decision {
    var decision = Decision(
      answerDelay: configuration.answerDelay.draw(&random), outcome: drawOutcome(),
      receiptFirst: configuration.receipts.comesFirst)
    if let fault = fault(for: message.destination) { apply(fault, message.destination, &decision) }
    for chance in configuration.faults.byChance
    where decision.status.isOK && random.happens(chance.probability) {
      apply(chance.fault, message.destination, &decision)
    }
    guard decision.status.isOK, !decision.isNacked else { return decision }
    guard takesAnother(from: message.source, account: account) else {
      counts.throttled += 1
      decision.status = .ESME_RTHROTTLED
      return decision
    }
    if let tollFree = configuration.tollFree,
      network.isBlocked(number: message.source, phone: message.destination)
    {
      switch tollFree.refusal {
      case .status(let status): decision.status = status
      case .receipt(let state, let error):
        decision.outcome = CarrierSimulator.Receipts.Outcome(state, error: error)
      }
    }
    return decision
  }

  private func fault(for destination: Address) -> CarrierSimulator.Fault? {
    guard !configuration.faults.bySuffix.isEmpty else { return nil }
    let digits = destination.digits.string
    return configuration.faults.bySuffix.first { digits.hasSuffix($0.suffix) }?.fault
  }

  private func apply(
    _ fault: CarrierSimulator.Fault, _ destination: Address, _ decision: inout Decision
  ) {
    switch fault {
    case .refuse(let status): decision.status = status
    case .throttleOnce:
      if throttledOnce.count < MessageLedger.capacity, throttledOnce.insert(destination.digits).inserted {
        decision.status = .ESME_RTHROTTLED
      }
    case .noAnswer: decision.isAnswered = false
    case .dropConnection: decision.dropsConnection = true
    case .genericNack:
      decision.isNacked = true
      decision.status = .ESME_RSYSERR
    case .answerAfter(let delay): decision.answerDelay = delay
    case .noReceipt: decision.receipts = 0
    case .receiptTwice: decision.receipts = 2
    case .receiptFirst: decision.receiptFirst = true
    case .outcome(let state, let error):
      decision.outcome = CarrierSimulator.Receipts.Outcome(state, error: error)
    case .receiptWord(let word): decision.word = word
    }
  }

  private func takesAnother(from source: Address, account: Int) -> Bool {
    if let limit = configuration.throttle.perNumber {
      var rate = ratesByNumber[source.digits] ?? RateWindow(limit: limit)
      let fits = rate.take(at: now)
      ratesByNumber[source.digits] = rate
      guard fits else { return false }
    }
    return accounts[account].rate?.take(at: now) ?? true
  }

  func drawOutcome() -> CarrierSimulator.Receipts.Outcome {
    let outcomes = configuration.receipts.outcomes
    guard outcomes.count > 1 else { return outcomes.first ?? .init(.delivered) }
    let total = outcomes.reduce(0) { $0 + max(0, $1.weight) }
    var drawn = Int(random.within(0, Int64(max(1, total) - 1)))
    for outcome in outcomes {
      drawn -= max(0, outcome.weight)
      if drawn < 0 { return outcome }
    }
    return outcomes[0]
  }

  /// The message is ours: the phone gets it if that is how it ends, and the receipt is on its way.
  /// - Returns: receipts that are due at once, to be sent after the answer.
  private func take(
    _ message: Submission, _ id: MessageIDs.Made, _ decision: Decision, account: Int
  ) -> [PendingReceipt] {
    ledger.add(id.response, decision.outcome.state)
    if decision.outcome.state == .delivered { phoneReceives(message, account: account) }
    guard wantsReceipt(message.registeredDelivery, decision.outcome.state) else { return [] }
    let receipts = configuration.receipts
    let pending = PendingReceipt(
      id: id, outcome: decision.outcome, source: message.source, destination: message.destination,
      text: ESMClass.hasUDH(message.esmClass) ? [] : message.text, submitMilliseconds: wall,
      userMessageReference: receipts.echoesUserMessageReference ? message.tlvs.userMessageReference : nil)
    if let word = decision.word {
      var odd = pending
      odd.word = word
      want(
        .later(
          .receipt(account: account, odd), at: now + decision.answerDelay + receipts.delay.draw(&random)))
    }
    var atOnce: [PendingReceipt] = []
    for _ in 0..<decision.receipts {
      if decision.receiptFirst {
        send(pending, account: account)
        pump()
        continue
      }
      let delay = decision.answerDelay + receipts.delay.draw(&random)
      if delay == .zero {
        atOnce.append(pending)
      } else {
        want(.later(.receipt(account: account, pending), at: now + delay))
      }
    }
    return atOnce
  }

  /// registered_delivery (5.2.17): always, or for failures alone.
  func wantsReceipt(_ registeredDelivery: UInt8, _ state: MessageState) -> Bool {
    guard configuration.receipts.isEnabled else { return false }
    switch registeredDelivery & RegisteredDelivery.receiptMask {
    case RegisteredDelivery.successOrFailure: return true
    case RegisteredDelivery.failure: return state != .delivered
    default: return false
    }
  }

  func send(_ pending: PendingReceipt, account: Int) {
    let state =
      pending.word == nil ? ledger.finish(pending.id.response, pending.outcome.state, at: wall) : .enroute
    var message = DeliverSM(
      source: pending.destination, destination: pending.source, esmClass: ESMClass.deliveryReceipt)
    var text = ReceiptText(
      id: pending.id.receipt, state: state, error: pending.outcome.digits,
      submitDate: CivilTime(milliseconds: pending.submitMilliseconds), doneDate: CivilTime(milliseconds: wall)
    )
    if let word = pending.word { text.stat = COctetString(word) }
    message.shortMessage = text.encoded(excerpt: pending.text)
    if configuration.receipts.hasTLVs {
      message.tlvs.receiptedMessageID = pending.id.receipt
      if pending.word == nil { message.tlvs.messageState = state.rawValue }
      if pending.outcome.error != 0 {
        message.tlvs.networkErrorCode = NetworkErrorCode(networkType: 3, code: pending.outcome.error)
      }
    }
    message.tlvs.userMessageReference = pending.userMessageReference
    counts.receipts += 1
    enqueue(Delivery(kind: .receipt, message: message), account: account)
    want(.tell(.receipt(messageID: pending.id.receipt, state)))
  }

  // MARK: The other requests

  /// submit_multi: each destination by itself; those refused are listed (4.5.2). Answered at once.
  private func submittedToMany(_ message: SubmitMulti, sequence: UInt32, on link: Link) {
    guard let account = link.account else { return }
    let id = ids.next()
    var response = SubmitMultiResp(messageID: id.response)
    var receipts: [PendingReceipt] = []
    for case .sme(let destination) in message.destinations {
      let one = Submission(message, to: destination)
      counts.submitted += 1
      let decision = decide(one, account: account)
      if decision.status.isOK {
        counts.accepted += 1
        want(.taken(one, id))
        receipts += take(one, id, decision, account: account)
      } else {
        counts.refused += 1
        response.unsuccessful.append(.init(address: destination, status: decision.status))
      }
    }
    reply(to: sequence, .ESME_ROK, .submitMultiResp(response), on: link)
    for receipt in receipts { send(receipt, account: account) }
  }

  private func answer(_ query: QuerySM, _ sequence: UInt32, on link: Link) {
    guard let entry = ledger[query.messageID] else {
      return respond(to: sequence, .ESME_RQUERYFAIL, nil, on: link)
    }
    let date = entry.finalMilliseconds.flatMap { CivilTime(milliseconds: $0)?.absoluteUTC } ?? ""
    let response = QuerySMResp(
      messageID: query.messageID, finalDate: COctetString(date), messageState: entry.state)
    respond(to: sequence, .ESME_ROK, .querySMResp(response), on: link)
  }
}
