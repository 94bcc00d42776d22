import NetIO
import SMPP
import SMPPSession

/// A receipt that waits for its time.
struct PendingReceipt {
  var id: MessageIDs.Made
  var outcome: CarrierSimulator.Receipts.Outcome
  var source: Address
  var destination: Address
  var text: [UInt8]
  var submitMilliseconds: Int64
  var userMessageReference: UInt16?
  var copies = 1
}

/// One message as submit_sm, data_sm and each destination of a submit_multi have it.
struct Submission {
  var source: Address
  var destination: Address
  var esmClass: UInt8
  var dataCoding: UInt8
  var registeredDelivery: UInt8
  var text: [UInt8]
  var tlvs: TLVs
}

extension Exchange {
  /// A request of an ESME that the session let through.
  func request(_ pdu: PDU, on link: Link) {
    switch pdu.body {
    case .submitSM(let message):
      submitted(
        Submission(
          source: message.source, destination: message.destination, esmClass: message.esmClass,
          dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
          text: message.textOctets, tlvs: message.tlvs), sequence: pdu.sequence, on: link
      ) { .submit($0) }
    case .dataSM(let message):
      submitted(
        Submission(
          source: message.source, destination: message.destination, esmClass: message.esmClass,
          dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
          text: message.textOctets, tlvs: message.tlvs), sequence: pdu.sequence, on: link
      ) { .data($0) }
    case .submitMulti(let message): submittedToMany(message, sequence: pdu.sequence, on: link)
    case .querySM(let query): answer(query, pdu.sequence, on: link)
    case .cancelSM(let cancel):
      let status: CommandStatus =
        ledger.cancel(cancel.messageID, at: WallClock.nowMilliseconds) ? .ESME_ROK : .ESME_RCANCELFAIL
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
  }

  private func submitted(
    _ message: Submission, sequence: UInt32, on link: Link,
    answer: (COctetString) -> AnswerKind
  ) {
    guard let account = link.account else { return }
    fresh.counts.submitted += 1
    let decision = decide(message, account: account)
    guard decision.status.isOK, !decision.isNacked else {
      fresh.counts.refused += 1
      let body: PDU.Body? = decision.isNacked ? .genericNack : nil
      return respond(to: sequence, decision.status, body, on: link)
    }
    fresh.counts.accepted += 1
    let id = ids.next()
    let receipt = take(message, id, decision, account: account)
    // Zero delay: straight after the answer, without the detour by a deadline.
    defer { if let receipt { send(receipt, account: account) } }
    if decision.dropsConnection {
      // The answers before it do arrive.
      publish()
      flush(link)
      return drop(link, reset: false)
    }
    guard decision.isAnswered else { return }
    let reply = answer(id.response)
    if decision.answerDelay == .zero {
      write(reply, to: sequence, on: link)
    } else {
      timers.add(
        .answer(link: link.number, sequence: sequence, reply), at: now + decision.answerDelay)
    }
  }

  /// The fate of a message: faults first, then rates, then the network.
  private func decide(_ message: Submission, account: Int) -> Decision {
    let faults = configuration.faults
    var decision = Decision(
      answerDelay: configuration.answerDelay.draw(&random), outcome: drawOutcome())
    if let fault = fault(for: message.destination) { apply(fault, message.destination, &decision) }
    if decision.status.isOK, random.happens(faults.errorRate) { decision.status = faults.errorStatus }
    guard decision.status.isOK, !decision.isNacked else { return decision }
    guard takesAnother(from: message.source, account: account) else {
      fresh.counts.throttled += 1
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
    case .outcome(let state, let error):
      decision.outcome = CarrierSimulator.Receipts.Outcome(state, error: error)
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
  /// - Returns: a receipt that is due at once, to be sent after the answer.
  private func take(
    _ message: Submission, _ id: MessageIDs.Made, _ decision: Decision, account: Int
  ) -> PendingReceipt? {
    let submitMilliseconds = WallClock.nowMilliseconds
    ledger.add(id.response, decision.outcome.state)
    if decision.outcome.state == .delivered { phoneReceives(message, account: account) }
    guard wantsReceipt(message.registeredDelivery, decision.outcome.state), decision.receipts > 0 else {
      return nil
    }
    let receipts = configuration.receipts
    let pending = PendingReceipt(
      id: id, outcome: decision.outcome, source: message.source, destination: message.destination,
      text: ESMClass.hasUDH(message.esmClass) ? [] : message.text,
      submitMilliseconds: submitMilliseconds,
      userMessageReference: receipts.echoesUserMessageReference ? message.tlvs.userMessageReference : nil,
      copies: decision.receipts)
    if receipts.comesFirst {
      send(pending, account: account)
      pumpDeliveries()
      return nil
    }
    let delay = decision.answerDelay + receipts.delay.draw(&random)
    if delay == .zero { return pending }
    timers.add(.receipt(account: account, pending), at: now + delay)
    return nil
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
    let doneMilliseconds = WallClock.nowMilliseconds
    let state = ledger.finish(pending.id.response, pending.outcome.state, at: doneMilliseconds)
    var message = DeliverSM(
      source: pending.destination, destination: pending.source, esmClass: ESMClass.deliveryReceipt)
    message.shortMessage =
      ReceiptText(
        messageID: pending.id.receipt, state: state, error: pending.outcome.error,
        submitMilliseconds: pending.submitMilliseconds, doneMilliseconds: doneMilliseconds,
        text: pending.text
      ).octets
    if configuration.receipts.hasTLVs {
      message.tlvs.receiptedMessageID = pending.id.receipt
      message.tlvs.messageState = state.rawValue
      if pending.outcome.error != 0 {
        message.tlvs.networkErrorCode = NetworkErrorCode(networkType: 3, code: pending.outcome.error)
      }
    }
    message.tlvs.userMessageReference = pending.userMessageReference
    for _ in 0..<pending.copies {
      fresh.counts.receipts += 1
      enqueue(Delivery(kind: .receipt, message: message), account: account)
    }
    tell(.receipt(messageID: pending.id.receipt, state))
  }

  // MARK: Answers

  /// Answers a taken message, or keeps the answer back while answers are paused.
  func write(_ answer: AnswerKind, to sequence: UInt32, on link: Link) {
    if areAnswersPaused {
      heldAnswers.append((link.number, sequence, answer))
      return
    }
    let body: PDU.Body =
      switch answer {
      case .submit(let id): .submitSMResp(SubmitSMResp(messageID: id))
      case .data(let id): .dataSMResp(SubmitSMResp(messageID: id))
      case .multi(let response): .submitMultiResp(response)
      }
    respond(to: sequence, .ESME_ROK, body, on: link)
  }

  private func respond(
    to sequence: UInt32, _ status: CommandStatus, _ body: PDU.Body?, on link: Link
  ) {
    guard let pdu = link.session.respond(to: sequence, status: status, body: body) else { return }
    fresh.counts.answered += 1
    write(pdu, on: link)
  }

  func resumeAnswers() {
    areAnswersPaused = false
    let held = heldAnswers
    heldAnswers.removeAll()
    for answer in held {
      if let link = linksByNumber[answer.link] { write(answer.answer, to: answer.sequence, on: link) }
    }
  }

  func forgetAnswers() { heldAnswers.removeAll() }

  // MARK: The other requests

  /// submit_multi: each destination by itself; those refused are listed (4.5.2). Answered at once.
  private func submittedToMany(_ message: SubmitMulti, sequence: UInt32, on link: Link) {
    guard let account = link.account else { return }
    let id = ids.next()
    var response = SubmitMultiResp(messageID: id.response)
    var receipts: [PendingReceipt] = []
    for case .sme(let destination) in message.destinations {
      let one = Submission(
        source: message.source, destination: destination, esmClass: message.esmClass,
        dataCoding: message.dataCoding, registeredDelivery: message.registeredDelivery,
        text: message.textOctets, tlvs: message.tlvs)
      fresh.counts.submitted += 1
      let decision = decide(one, account: account)
      if decision.status.isOK {
        fresh.counts.accepted += 1
        if let receipt = take(one, id, decision, account: account) { receipts.append(receipt) }
      } else {
        fresh.counts.refused += 1
        response.unsuccessful.append(.init(address: destination, status: decision.status))
      }
    }
    write(.multi(response), to: sequence, on: link)
    for receipt in receipts { send(receipt, account: account) }
  }

  private func answer(_ query: QuerySM, _ sequence: UInt32, on link: Link) {
    guard let entry = ledger[query.messageID] else {
      return respond(to: sequence, .ESME_RQUERYFAIL, nil, on: link)
    }
    let date = entry.finalMilliseconds.map {
      COctetString(octets: CalendarTime(milliseconds: $0).smppTime)
    }
    let response = QuerySMResp(
      messageID: query.messageID, finalDate: date ?? "", messageState: entry.state)
    respond(to: sequence, .ESME_ROK, .querySMResp(response), on: link)
  }
}

/// The messages that were taken, for query_sm, cancel_sm and replace_sm; the oldest are forgotten.
struct MessageLedger {
  struct Entry: Hashable {
    var state: MessageState
    var finalMilliseconds: Int64?
  }

  static let capacity = 100_000
  private var entries: [COctetString: Entry] = [:]
  private var order: [COctetString] = []
  private var oldest = 0

  subscript(id: COctetString) -> Entry? { entries[id] }

  /// Messages wait as ENROUTE until their receipt; without one they are final at once for who asks.
  mutating func add(_ id: COctetString, _ state: MessageState) {
    guard entries.updateValue(Entry(state: .enroute), forKey: id) == nil else { return }
    if order.count < MessageLedger.capacity {
      order.append(id)
    } else {
      entries[order[oldest]] = nil
      order[oldest] = id
      oldest = (oldest + 1) % MessageLedger.capacity
    }
  }

  /// The message's end has come: the state it ended in, which is DELETED if it was cancelled before.
  mutating func finish(_ id: COctetString, _ state: MessageState, at milliseconds: Int64) -> MessageState {
    guard let entry = entries[id] else { return state }
    if entry.state == .deleted { return .deleted }
    entries[id] = Entry(state: state, finalMilliseconds: milliseconds)
    return state
  }

  func isWaiting(_ id: COctetString) -> Bool { entries[id]?.state == .enroute }

  mutating func cancel(_ id: COctetString, at milliseconds: Int64) -> Bool {
    guard isWaiting(id) else { return false }
    entries[id] = Entry(state: .deleted, finalMilliseconds: milliseconds)
    return true
  }
}
