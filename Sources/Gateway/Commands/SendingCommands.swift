import Contract
import Store

/// `pause`, `resume`, `go_live`, `test_phone.*`, `clock.accept`: whether anything leaves at all.
struct SendingCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let clock: GatewayClock
  let lanes: Lanes
  let states: NumberStates
  let pending: PendingTable

  // MARK: Pauses

  /// Takes effect before the next claim, and survives a restart.
  func pause(_ params: Pause, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    return Decision { () throws(StoreError) in
      try states.setPausedAll(true, reason: params.note)
      return Done()
    }
  }

  func resume(_ params: Resume, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    return Decision { () throws(StoreError) in
      try states.setPausedAll(false, reason: nil)
      return Done()
    }
  }

  /// What concerns every number is not for a role that has some of them.
  private func requireEverything(_ caller: Requester) throws(APIError) {
    guard caller.isUnrestricted else {
      throw APIError(.forbidden, "this role has only some numbers, and this method affects all numbers")
    }
  }

  // MARK: Going live

  func goLive(_ params: GoLive, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    let live = params.live ?? true
    return Decision { () throws(StoreError) in
      if live != directory.isLive {
        try directory.setLive(live)
        if !live { lanes.recallClaims() }
        let why = params.note.map { ": \($0)" } ?? ""
        alert(
          .liveChanged, .warning,
          (live ? "texts go to every phone" : "texts go to test phones only")
            + ", by role \(caller.role), uid \(caller.uid)\(why)")
      }
      return TestPhones(live: live, phones: directory.testPhones.sorted().compactMap { E164(digits: $0) })
    }
  }

  func addTestPhones(_ params: TestPhoneAdd, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    var named: Set<Int64> = []
    for phone in params.phones { named.insert(try phones.phone(phone, field: "phones").digits) }
    let new = named.subtracting(directory.testPhones)
    guard directory.testPhones.count + new.count <= Directory.maximumTestPhones else {
      throw .limitReached("test_phones", Directory.maximumTestPhones)
    }
    return Decision { () throws(StoreError) in
      for phone in new.sorted() { try directory.addTestPhone(phone) }
      return changed(new.count, "added", caller)
    }
  }

  func removeTestPhones(_ params: TestPhoneRemove, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    var named: Set<Int64> = []
    for phone in params.phones { named.insert(try phones.anyPhone(phone, field: "phones").digits) }
    let gone = named.intersection(directory.testPhones)
    return Decision { () throws(StoreError) in
      for phone in gone.sorted() { try directory.removeTestPhone(phone) }
      if !gone.isEmpty, !directory.isLive { lanes.recallClaims() }
      return changed(gone.count, "removed", caller)
    }
  }

  private func changed(_ count: Int, _ what: String, _ caller: Requester) -> Changed {
    if count > 0 {
      note(.info, "event=test_phones \(what)=\(count) role=\(caller.role) uid=\(caller.uid)")
    }
    return Changed(changed: count)
  }

  // MARK: The clock

  /// The clock is right, and holds from the next batch on.
  func acceptClock(_ params: ClockAccept, _ caller: Requester) throws(APIError) -> Decision {
    try requireEverything(caller)
    return Decision { () throws(StoreError) in
      guard clock.isHeld else { return ClockAcceptResult(wasHeld: false) }
      try clock.accept(by: caller)
      // What waits for a time that is far off now is looked at anew.
      try pending.forgetTimes()
      try lanes.reload()
      return ClockAcceptResult(wasHeld: true)
    }
  }
}
