import Carriers
import Contract
import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession

/// Sessions with carriers: connecting, reading, ending.
extension NetworkLoop {
  func name(_ link: CarrierLink) -> String {
    "carrier=\(peers[link.carrier].configuration.name) session=\(link.ordinal)"
  }

  // MARK: Connecting

  func connect(_ link: CarrierLink) {
    let carrier = peers[link.carrier].configuration
    link.phase = .resolving
    link.addresses = []
    tell(link, .connecting)
    if !resolver.resolve(Endpoint(host: carrier.host, port: carrier.port), token: UInt64(link.index)) {
      wait(link, after: .notConnected, reason: "too many names are being resolved")
    }
  }

  func resolved(_ answer: Resolver.Answer) {
    guard links.indices.contains(Int(answer.token)) else { return }
    let link = links[Int(answer.token)]
    guard link.phase == .resolving else { return }
    switch answer.result {
    case .success(let addresses):
      link.addresses = addresses
      tryNextAddress(link, "the name has no address")
    case .failure(let failure): wait(link, after: .notConnected, reason: "\(failure)")
    }
  }

  func tryNextAddress(_ link: CarrierLink, _ reason: String) {
    drop(link)
    guard !link.addresses.isEmpty else { return wait(link, after: .notConnected, reason: reason) }
    let address = link.addresses.removeFirst()
    do {
      let connection = try TCP.connect(to: address)
      let token = try loop.add(connection, [.readable, .writable])
      link.connection = consume connection
      link.watchesWritable = true
      link.phase = .connecting(token)
      link.connectDeadline = now + peers[link.carrier].configuration.profile.bindTimeout
      byToken[token] = link
    } catch {
      tryNextAddress(link, "\(error)")
    }
  }

  private func opened(_ link: CarrierLink, _ token: EventLoop.Token) {
    link.phase = .open(token)
    link.connectDeadline = nil
    link.addresses = []
    link.serial = nextSerial
    nextSerial += 1
    link.input.removeAll()
    link.output = OutputBuffer()
    link.marks = []
    link.closing = nil
    link.isOrderly = false
    link.finishes = false
    link.refusal = nil
    let peer = peers[link.carrier]
    link.session = NetworkLoop.session(peer.configuration, peer.password, link.bind)
    tell(link, .binding)
    link.session.connected(at: now, into: &actions)
    perform(on: link, body: nil)
  }

  /// The next attempt's time, and what operators and apps are told.
  private func wait(_ link: CarrierLink, after ending: ReconnectBackoff.Ending, reason: String) {
    let delay = link.backoff.delay(after: ending, using: &random)
    link.phase = .idle(until: now + delay)
    let isRefused =
      if case .refused(let status) = ending { ReconnectBackoff.Refusal(status) == .credentials } else {
        false
      }
    tell(link, .waiting, reason: reason, retry: delay, credentialsRefused: isRefused)
  }

  private func tell(
    _ link: CarrierLink, _ state: BindState, reason: String = "", retry: Duration? = nil,
    credentialsRefused: Bool = false
  ) {
    let change = BindChange(
      carrier: peers[link.carrier].id, session: link.ordinal, state: state,
      credentialsRefused: credentialsRefused,
      retryInMilliseconds: retry.map { Int($0.wholeNanoseconds / 1_000_000) }, reason: reason, at: wall)
    live.set(link.carrier, link.ordinal, change)
    outgoing.append(.bind(change))
  }

  // MARK: Events

  func handle(_ event: EventLoop.Event, _ link: CarrierLink) {
    switch link.phase {
    case .connecting(let token):
      guard event.isWritable || event.isHangup else { return }
      if let error = link.connection.connectError() { return tryNextAddress(link, "\(error)") }
      opened(link, token)
      loop.modify(token, .readable)
      link.watchesWritable = false
    case .open:
      if event.isWritable { flush(link) }
      if event.isReadable { read(link) }
    case .idle, .resolving, .ended: break
    }
  }

  /// Octets read in one pass from one session, so that no carrier keeps the others waiting.
  private static let readBudget = 4

  private func read(_ link: CarrierLink) {
    for _ in 0..<NetworkLoop.readBudget {
      guard case .open = link.phase else { return }
      switch link.connection.fill(&link.input) {
      case .count:
        parse(link)
        finishIfClosing(link)
      case .wouldBlock: return
      case .closed:
        end(link, reason: "the carrier closed the connection", retry: true)
        return
      case .failed(let errno):
        end(link, reason: "\(errno)", retry: true)
        return
      }
    }
    // More may wait: come back after the others had their turn.
    if case .open(let token) = link.phase {
      loop.modify(token, link.watchesWritable ? [.readable, .writable] : .readable)
    }
  }

  private func parse(_ link: CarrierLink) {
    var used = 0
    link.input.withUnread { octets in
      while link.closing == nil {
        let rest = UnsafeRawBufferPointer(rebasing: octets[used...])
        switch Framing.next(rest) {
        case .needMore: return
        case .frame(let length):
          let frame = UnsafeRawBufferPointer(rebasing: rest[..<length])
          used += length
          trace.record(.in, link.traceSource, frame)
          switch PDU.decode(frame) {
          case .pdu(let pdu): link.session.received(pdu, at: now, into: &actions)
          case .refused(let header, let status, let error):
            journal.writeLimited(
              .warning, key: .badPDU, "\(name(link)) event=bad_pdu status=\(status.name) \(error)")
            link.session.refused(header, status, at: now, into: &actions)
          }
          perform(on: link, body: frame)
        case .lost(let length, let header):
          journal.writeLimited(
            .warning, key: .badPDU, "\(name(link)) event=framing_lost command_length=\(length)")
          trace.record(.in, link.traceSource, UnsafeRawBufferPointer(rebasing: rest.prefix(PDUHeader.length)))
          link.session.framingLost(header, at: now, into: &actions)
          perform(on: link, body: nil)
          used = octets.count
          return
        }
      }
    }
    link.input.consume(used)
  }

  // MARK: The performer

  /// Turns what the machine wants into effects. Closing waits until the frame is done: see `finishIfClosing`.
  func perform(on link: CarrierLink, body: UnsafeRawBufferPointer?) {
    guard !actions.isEmpty else { return }
    let wanted = actions
    actions.removeAll(keepingCapacity: true)
    for action in wanted {
      switch action {
      case .send(let pdu):
        append(to: link) { pdu.encode(into: &$0) }
        markDirty(link)
      case .bound:
        link.boundSince = now
        live.bound(link.carrier, link.ordinal)
        tell(link, .bound)
        recountSlots(link.carrier)
      case .bindRefused(let status): link.refusal = status
      case .request(let pdu): request(pdu, link, body)
      case .answered(let token, let pdu): answered(token, pdu, link)
      case .overdue(let token):
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
      case .bindRequested, .outbindReceived: break
      }
    }
    if link.isBound, link.session.state != .bound(link.bind) {
      link.boundSince = nil
      recountSlots(link.carrier)
    }
  }

  func finishIfClosing(_ link: CarrierLink) {
    guard let reason = link.closing, case .open = link.phase else { return }
    flush(link)
    end(link, reason: reason, retry: true)
  }

  private func answered(_ token: UInt64, _ pdu: PDU, _ link: CarrierLink) {
    var messageID: COctetString = ""
    switch pdu.body {
    case .submitSMResp(let response): messageID = response?.messageID ?? ""
    case .genericNack: break
    default: return
    }
    // A slot of a session that ends, or of a gateway that does, is nobody's.
    if link.isBound, drainUntil == nil { pacer.answered(CarrierID(link.carrier)) }
    if pdu.status == .ESME_ROK { live.sent(link.carrier) }
    let status: CommandStatus =
      if case .genericNack = pdu.body, pdu.status == .ESME_ROK { .ESME_RSYSERR } else { pdu.status }
    outgoing.append(
      .answered(
        SegmentAnswer(
          ref: SegmentRef(rawValue: Int64(bitPattern: token)), carrier: peers[link.carrier].id,
          status: status,
          messageID: messageID, at: wall)))
  }

  /// Submits without an answer when the session ends: those not written at all go back, the others are unknown.
  private func unanswered(_ tokens: [UInt64], _ link: CarrierLink) {
    let written = link.output.writtenOctets
    let unwritten = Set(link.marks.lazy.filter { $0.start >= written }.map(\.segment.ref))
    let refs = tokens.map { SegmentRef(rawValue: Int64(bitPattern: $0)) }
    let back = refs.filter(unwritten.contains)
    let lost = refs.filter { !unwritten.contains($0) }
    if !back.isEmpty { outgoing.append(.returned(back)) }
    if !lost.isEmpty { outgoing.append(.unanswered(lost, carrier: peers[link.carrier].id, at: wall)) }
  }

  /// A request of the carrier's: texts and receipts go to the rules, which answer after the commit.
  private func request(_ pdu: PDU, _ link: CarrierLink, _ frame: UnsafeRawBufferPointer?) {
    let message: DeliverSM
    switch pdu.body {
    case .deliverSM(let deliver): message = deliver
    case .dataSM(let data): message = DeliverSM(data)
    default: return respond(link, pdu.sequence, .ESME_RINVCMDID)
    }
    guard toRules.count + outgoing.count < inboundRoom else {
      // A full mailbox never stops the session's reads: the carrier keeps it and tries again.
      journal.writeLimited(
        .warning, key: .inboundFull, "\(name(link)) limit=inbound_mailbox a deliver_sm was refused")
      return respond(link, pdu.sequence, .ESME_RX_T_APPN)
    }
    live.received(link.carrier)
    let isReceipt = ESMClass.messageType(of: message.esmClass) == ESMClass.deliveryReceipt
    let body = isReceipt ? [] : frame.map { [UInt8]($0.dropFirst(PDUHeader.length)) } ?? []
    outgoing.append(
      .inbound(
        InboundPDU(
          request: PeerRequest(session: link.serial, sequence: pdu.sequence), carrier: peers[link.carrier].id,
          pdu: message, body: body, receivedAt: wall)))
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
      let wasBound = link.isBound
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
      if !link.isOrderly {
        outgoing.append(.sessionLost(session: link.serial, carrier: peers[link.carrier].id, at: wall))
      }
      link.boundSince = nil
      if wasBound { recountSlots(link.carrier) }
    }
    drop(link)
    link.output = OutputBuffer()
    link.marks = []
    link.serial = 0
    if retry, drainUntil == nil {
      wait(link, after: ending, reason: reason)
    } else {
      link.phase = .ended
      tell(link, .waiting, reason: reason)
    }
    link.refusal = nil
    link.closing = nil
    recountSlots(link.carrier)
    return revoked
  }

  private func drop(_ link: CarrierLink) {
    if let token = link.phase.token {
      loop.remove(token)
      byToken[token] = nil
    }
    if let connection = link.connection.take() { connection.close() }
    link.connectDeadline = nil
    link.watchesWritable = false
  }
}
