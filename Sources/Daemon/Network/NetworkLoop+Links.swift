import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession

/// Open connections: reading, what the machine wants, and ending.
extension NetworkLoop {
  func name(_ link: CarrierLink) -> String {
    if let carrier = link.carrier {
      return "carrier=\(peers[carrier].configuration.name) session=\(link.ordinal)"
    }
    guard case .theirs(let listener, let address) = link.origin else { return "carrier=?" }
    return "listen=\(listeners[listener].address) from=\(address.host)"
  }

  /// A connection stands: nothing of an earlier one is left.
  func opened(_ link: CarrierLink, _ token: EventLoop.Token) {
    link.phase = .open(token)
    link.serial = nextSerial
    nextSerial += 1
    bySerial[link.serial] = link
    link.input.removeAll()
    link.output = OutputBuffer()
    link.marks = []
    link.isStuck = false
    link.isHeldBack = false
    link.closing = nil
    link.isOrderly = false
    link.finishes = false
    link.refusal = nil
    link.answerDue = nil
    link.receiptsInFlight = 0
  }

  /// Announces a session's state to operators and apps. An accepted connection is announced only once it is bound.
  func announce(
    _ link: CarrierLink, _ state: BindState, reason: String = "", retry: Duration? = nil,
    credentialsRefused: Bool = false
  ) {
    guard let carrier = link.carrier else { return }
    let change = BindChange(
      carrier: peers[carrier].id, session: link.ordinal, state: state,
      credentialsRefused: credentialsRefused,
      retryInMilliseconds: retry.map { Int($0.wholeNanoseconds / 1_000_000) }, reason: reason,
      takesParameters: state == .bound ? link.session.takesParameters : nil, at: wall)
    // Here and not behind the commit: what is known by then is that the carrier is bound.
    journal.write(
      state == .waiting ? .warning : .info,
      "\(name(link)) state=\(state.rawValue)" + (reason.isEmpty ? "" : " reason=\"\(reason)\"")
        + (change.retryInMilliseconds.map { " retry_in_ms=\($0)" } ?? ""))
    live.set(carrier, link.ordinal, change)
    outgoing.append(.bind(change))
  }

  // MARK: Reading

  func handle(_ event: EventLoop.Event, _ link: CarrierLink) {
    switch link.phase {
    case .connecting(let token):
      guard event.isWritable || event.isHangup else { return }
      if let error = link.connection.connectError() { return tryNextAddress(link, "\(error)") }
      guard !link.connection.isTLS else { return secure(link, token) }
      connected(link, token)
      sockets.modify(token, .readable)
      link.watchesWritable = false
    case .securing(let token): shakeHands(link, token)
    case .open:
      if event.isWritable { flush(link) }
      if event.isReadable || event.isWritable && link.connection.readNeedsWritable { read(link) }
    case .idle, .resolving, .ended: break
    }
  }

  /// Octets read in one pass from one session, so that no carrier keeps the others waiting.
  private static let readBudget = 4

  /// Octets that wait for a peer to read them: with a bind, and without one. Beyond this many, nothing more is read from the peer, or its
  /// answers would fill our memory. Our enquire_link, or the time for the bind, then ends the connection.
  private static let unreadLimit = (bound: 1 << 20, unbound: 64 << 10)

  /// How much of what waits for the peer is too much to read on.
  func unreadLimit(_ link: CarrierLink) -> Int {
    link.isUndecided ? NetworkLoop.unreadLimit.unbound : NetworkLoop.unreadLimit.bound
  }

  func read(_ link: CarrierLink) {
    for _ in 0..<NetworkLoop.readBudget {
      guard case .open(let token) = link.phase else { return }
      guard link.output.count <= unreadLimit(link) else {
        link.isHeldBack = true
        return journal.writeLimited(
          .warning, key: .unread, "\(name(link)) limit=unread_octets the peer does not read its answers")
      }
      switch link.connection.fill(&link.input) {
      case .count:
        parse(link)
        finishIfClosing(link)
      case .wouldBlock:
        if link.connection.readNeedsWritable { watch(link, token, writable: true) }
        return
      case .closed:
        // The end of their half: what we answered in this pass still goes out by ours.
        flush(link)
        if case .open = link.phase { end(link, reason: reason(link), retry: true) }
        return
      case .failed(let errno):
        end(link, reason: reason(link, errno), retry: true)
        return
      }
    }
    // More may wait: come back after the others had their turn.
    if case .open(let token) = link.phase {
      sockets.modify(token, link.watchesWritable ? [.readable, .writable] : .readable)
      if link.connection.hasPending { unread.append(link) }
    }
  }

  private func parse(_ link: CarrierLink) {
    var used = 0
    link.input.withUnread { octets in
      while link.closing == nil {
        let rest = UnsafeRawBufferPointer(rebasing: octets[used...])
        // Before the bind a password may be longer than SMPP 3.4 lets it be: whether it is the right one decides.
        let front = link.session.received(
          rest, options: link.session.state.boundAs == nil ? .longFields : [], at: now, into: &actions)
        let length: Int
        switch front {
        case .needMore: return
        case .pdu(let count): length = count
        case .refused(let count, let status, let error):
          length = count
          counters.bad(link.carrier)
          journal.writeLimited(
            .warning, key: .badPDU, "\(name(link)) event=bad_pdu status=\(status.name) \(error)")
        case .framingLost(let commandLength):
          journal.writeLimited(
            .warning, key: .badPDU,
            "\(name(link)) event=framing_lost command_length=\(commandLength)"
              + (NetworkLoop.isTLS(commandLength: commandLength)
                ? " reason=\"the peer speaks TLS; this listener does not\"" : ""))
          counters.bad(link.carrier)
          trace.record(.in, link.traceSource, UnsafeRawBufferPointer(rebasing: rest.prefix(PDUHeader.length)))
          perform(on: link, body: nil)
          used = octets.count
          return
        }
        let frame = UnsafeRawBufferPointer(rebasing: rest[..<length])
        read(frame, from: link)
        used += length
        perform(on: link, body: frame)
      }
    }
    link.input.consume(used)
  }

  // MARK: The performer

  func write(_ pdu: PDU, on link: CarrierLink) {
    append(to: link) { pdu.encode(into: &$0) }
    markDirty(link)
  }

  /// Turns what the machine wants into effects. Closing waits until the frame is done: see `finishIfClosing`.
  func perform(on link: CarrierLink, body: UnsafeRawBufferPointer?) {
    // A decision of ours about a bind brings further actions.
    while !actions.isEmpty {
      let wanted = actions
      actions.removeAll(keepingCapacity: true)
      for action in wanted { perform(action, on: link, body) }
    }
    if link.isBound, link.session.state != .bound(link.bind), let carrier = link.carrier {
      link.boundSince = nil
      recountSlots(carrier)
    }
  }

  private func perform(_ action: SMPPSession.Action, on link: CarrierLink, _ body: UnsafeRawBufferPointer?) {
    switch action {
    case .send(let pdu): write(pdu, on: link)
    case .bound: becameBound(link)
    case .bindRefused(let status): link.refusal = status
    case .bindRequested(let type, let bind): bindRequested(type, bind, link)
    case .outbindReceived(let outbind): outbindReceived(outbind, link)
    case .request(let pdu): request(pdu, link, body)
    case .answered(let token, let pdu): answered(token, pdu, link)
    case .overdue(let token):
      guard !ReceiptQueue.isReceipt(token) else { return }
      outgoing.append(.overdue(SegmentRef(rawValue: Int64(bitPattern: token)), at: wall))
    case .unanswered(let tokens): unanswered(tokens, link)
    case .finishWriting:
      link.isOrderly = true
      link.finishes = true
      markDirty(link)
    case .close(let reason):
      if reason == .unbound || reason == .peerUnbound { link.isOrderly = true }
      link.closing = reason.description
    case .notification: break
    }
  }

  func becameBound(_ link: CarrierLink) {
    guard let carrier = link.carrier else { return }
    link.boundSince = now
    live.bound(carrier, link.ordinal)
    announce(link, .bound)
    watchCertificate(link)
    recountSlots(carrier)
  }

  func finishIfClosing(_ link: CarrierLink) {
    guard let reason = link.closing, case .open = link.phase else { return }
    flush(link)
    end(link, reason: reason, retry: true)
  }

  private func answered(_ token: UInt64, _ pdu: PDU, _ link: CarrierLink) {
    guard let carrier = link.carrier else { return }
    let status: CommandStatus =
      if case .genericNack = pdu.body, pdu.status == .ESME_ROK { .ESME_RSYSERR } else { pdu.status }
    guard !ReceiptQueue.isReceipt(token) else { return receiptAnswered(token, status, link, carrier) }
    var messageID: COctetString = ""
    switch pdu.body {
    case .submitSMResp(let response): messageID = response?.messageID ?? ""
    // The message_id of a deliver_sm_resp is unused (SMPP 3.4, 4.6.2): what stands there names nothing.
    case .deliverSMResp, .genericNack: break
    default: return
    }
    // A slot of a session that ends, or of a carrier that is held, is nobody's: it is counted when that is over.
    if link.isBound, !isHeld(carrier) { pacer.answered(CarrierID(carrier)) }
    if status == .ESME_ROK { live.sent(carrier) }
    outgoing.append(
      .answered(
        SegmentAnswer(
          ref: SegmentRef(rawValue: Int64(bitPattern: token)), carrier: peers[carrier].id, status: status,
          messageID: messageID, at: wall)))
  }

  /// Submits without an answer when the session ends: those not written at all go back, the others are unknown.
  private func unanswered(_ tokens: [UInt64], _ link: CarrierLink) {
    guard let carrier = link.carrier else { return }
    peers[carrier].receipts.returned(tokens.filter(ReceiptQueue.isReceipt))
    let written = link.output.writtenOctets
    let unwritten = Set(link.marks.lazy.filter { $0.start >= written }.map(\.segment.ref))
    let refs = tokens.filter { !ReceiptQueue.isReceipt($0) }.map {
      SegmentRef(rawValue: Int64(bitPattern: $0))
    }
    let back = refs.filter(unwritten.contains)
    let lost = refs.filter { !unwritten.contains($0) }
    if !back.isEmpty { outgoing.append(.returned(back)) }
    if !lost.isEmpty { outgoing.append(.unanswered(lost, carrier: peers[carrier].id, at: wall)) }
  }

  // MARK: Ending

  /// Takes the connection down, hands back what was unanswered, and plans the next attempt.
  /// - Returns: the refs `revoking` chose among those that were never written.
  @discardableResult
  func end(
    _ link: CarrierLink, reason: String, retry: Bool, revoking: ((ClaimedSegment) -> Bool)? = nil
  ) -> [SegmentRef] {
    var revoked: [SegmentRef] = []
    let ending: ReconnectBackoff.Ending =
      if let status = link.refusal {
        .refused(status)
      } else if let since = link.boundSince {
        .lost(after: now - since)
      } else {
        .notConnected
      }
    if case .open = link.phase {
      link.session.closed(at: now, into: &actions)
      let wanted = actions
      actions.removeAll(keepingCapacity: true)
      for case .unanswered(let tokens) in wanted {
        guard let revoking else {
          unanswered(tokens, link)
          continue
        }
        let written = link.output.writtenOctets
        revoked = link.marks.filter { $0.start >= written && revoking($0.segment) }.map(\.segment.ref)
        let gone = Set(revoked.map { UInt64(bitPattern: $0.rawValue) })
        unanswered(tokens.filter { !gone.contains($0) }, link)
      }
      if !link.isOrderly, let carrier = link.carrier {
        outgoing.append(.sessionLost(session: link.serial, carrier: peers[carrier].id, at: wall))
      }
      link.boundSince = nil
    }
    drop(link)
    link.output = OutputBuffer()
    link.marks = []
    link.isStuck = false
    bySerial[link.serial] = nil
    link.serial = 0
    if case .theirs = link.origin {
      if link.phase != .ended { left(link, reason: reason) }
    } else if retry, drainUntil == nil {
      wait(link, after: ending, reason: reason)
    } else {
      link.phase = .ended
      announce(link, .waiting, reason: reason)
    }
    link.refusal = nil
    link.closing = nil
    if let carrier = link.carrier { recountSlots(carrier) }
    return revoked
  }

  func drop(_ link: CarrierLink) {
    if let token = link.phase.token {
      sockets.remove(token)
      byToken[token] = nil
    }
    if let connection = link.connection.take() { connection.close() }
    link.connectDeadline = nil
    link.watchesWritable = false
  }
}
