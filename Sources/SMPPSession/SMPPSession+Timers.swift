import SMPP

extension SMPPSession {
  /// When `tick` has something to do, if nothing else happens; nil: never.
  public var nextDeadline: Duration? {
    switch state {
    case .idle, .closed: return nil
    case .open, .binding, .authorising, .unbinding, .closing: return stateDeadline
    case .bound:
      var earliest = inFlight.oldestInTimeSentAt.map { $0 + configuration.responseTimeout }
      func consider(_ time: Duration?) {
        guard let time else { return }
        earliest = earliest.map { min($0, time) } ?? time
      }
      consider(inFlight.oldestSentAt.map { $0 + configuration.closeAfterUnanswered })
      consider(enquireLinkDeadline)
      consider(configuration.inactivityTimeout.map { lastHeard + $0 })
      return earliest
    }
  }

  /// Time has passed. Call it at `nextDeadline`, or whenever it suits.
  public mutating func tick(at now: Duration, into actions: inout [Action]) {
    switch state {
    case .idle, .closed: return
    case .open:
      if isPast(stateDeadline, now) { close(.sessionInitTimeout, into: &actions) }
    case .binding:
      guard isPast(stateDeadline, now) else { return }
      close(misnumbered.map { .bindMisnumbered($0) } ?? .bindUnanswered, into: &actions)
    case .authorising:
      // The bind is refused rather than dropped, so that the peer knows why.
      if isPast(stateDeadline, now) { authorise(.refused(.ESME_RSYSERR), at: now, into: &actions) }
    case .unbinding, .closing:
      if isPast(stateDeadline, now) { close(closingReason, into: &actions) }
    case .bound:
      tickRequests(at: now, into: &actions)
      if case .bound = state { tickLink(at: now, into: &actions) }
    }
  }

  // MARK: Inside

  /// response_timer: overdue first, the end of the session later.
  private mutating func tickRequests(at now: Duration, into actions: inout [Action]) {
    while let sentAt = inFlight.oldestInTimeSentAt, sentAt + configuration.responseTimeout <= now {
      if let token = inFlight.markOverdue() { actions.append(.overdue(token: token)) }
    }
    if let sentAt = inFlight.oldestSentAt, sentAt + configuration.closeAfterUnanswered <= now {
      close(.responseTimeout, into: &actions)
    }
  }

  /// enquire_link_timer and inactivity_timer.
  private mutating func tickLink(at now: Duration, into actions: inout [Action]) {
    if let inactivity = configuration.inactivityTimeout, lastHeard + inactivity <= now {
      return end(.inactivity, at: now, into: &actions)
    }
    guard isPast(enquireLinkDeadline, now) else { return }
    if let enquiry {
      // Nobody waits for this answer any more: it would be a stray one.
      _ = inFlight.take(enquiry.sequence, answeredAs: .enquireLink)
      self.enquiry = nil
      if lastHeard <= enquiry.sentAt {
        counters.enquireLinksMissed &+= 1
        enquireLinksMissedInARow += 1
        if enquireLinksMissedInARow >= max(1, configuration.enquireLinkMisses) {
          return close(.enquireLinkUnanswered, into: &actions)
        }
      } else if !isPast(enquireLinkDeadline, now) {
        return
      }
    }
    enquire(at: now, into: &actions)
  }

  /// The next enquire_link, or the end of the wait for the last one's answer, which `probe` may have sent.
  private var enquireLinkDeadline: Duration? {
    if let enquiry { return enquiry.sentAt + configuration.enquireLinkAnswerWithin }
    return configuration.enquireLinkAfter.map { lastHeard + $0 }
  }

  private func isPast(_ deadline: Duration?, _ now: Duration) -> Bool {
    guard let deadline else { return false }
    return deadline <= now
  }
}
