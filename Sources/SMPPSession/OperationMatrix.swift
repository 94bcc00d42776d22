/// The states of SMPP 3.4 section 2.2, as both ends see one session.
public enum SessionState: Hashable, Sendable, CaseIterable {
  /// Connected, no bind accepted yet.
  case open
  /// Bound as transmitter: the ESME submits.
  case boundTX
  /// Bound as receiver: the SMSC delivers.
  case boundRX
  /// Bound as transceiver: both.
  case boundTRX
  /// Unbound and disconnected, or about to be.
  case closed
}

/// Which operation may be issued by whom in which state: SMPP 3.4 section 2.3, table 2-1.
///
/// Responses are not listed: one is right exactly if it answers a request that is in flight. Two things are wider than the
/// table: enquire_link is answered before a bind too, since carriers send it there; and a transceiver may do all a transmitter
/// may, replace_sm included, as section 2.2 says and the table forgets.
public enum OperationMatrix {
  public static func allows(_ operation: Operation, from issuer: Party, in state: SessionState) -> Bool {
    switch operation {
    case .bindReceiver, .bindTransmitter, .bindTransceiver:
      issuer == .esme && state == .open
    case .outbind:
      issuer == .smsc && state == .open
    case .unbind:
      isBound(state)
    case .submitSM, .submitMulti, .querySM, .cancelSM, .replaceSM:
      issuer == .esme && transmits(state)
    case .deliverSM, .alertNotification:
      issuer == .smsc && receives(state)
    case .dataSM:
      isBound(state)
    case .enquireLink:
      state != .closed
    }
  }

  private static func isBound(_ state: SessionState) -> Bool {
    switch state {
    case .boundTX, .boundRX, .boundTRX: true
    case .open, .closed: false
    }
  }

  private static func transmits(_ state: SessionState) -> Bool {
    switch state {
    case .boundTX, .boundTRX: true
    case .open, .boundRX, .closed: false
    }
  }

  private static func receives(_ state: SessionState) -> Bool {
    switch state {
    case .boundRX, .boundTRX: true
    case .open, .boundTX, .closed: false
    }
  }
}
