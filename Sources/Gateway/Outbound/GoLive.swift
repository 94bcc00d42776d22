import Contract
import Store

/// The go-live switch: until it is set, nothing leaves but to the test phones, be it a person's text, a campaign's, the
/// answer to a keyword, or a rep's alert.
///
/// It is asked twice: when a text is accepted or planned, which refuses it, and when a segment is claimed, which ends it
/// with the same reason. So nothing that was queued before leaves after.
extension Gateway {
  /// Segments one claim may end before others have their turn: all of a campaign may have to end after an undo.
  static let maximumEndedInClaim = 200

  func goLive(_ params: GoLive, _ caller: Requester) throws -> TestPhones {
    let live = params.live ?? true
    if live != directory.isLive {
      try directory.setLive(live)
      if !live { recallClaims() }
      let why = params.reason.map { ": \($0)" } ?? ""
      alert(
        .liveChanged, .warning,
        (live ? "texts leave to every phone" : "texts leave to the test phones alone")
          + ", by role \(caller.role), uid \(caller.uid)\(why)")
    }
    return TestPhones(live: live, phones: directory.testPhones.sorted().compactMap { E164(digits: $0) })
  }

  func testPhoneAdd(_ params: TestPhoneAdd, _ caller: Requester) throws -> Changed {
    let new = Set(params.phones.map(\.digits)).subtracting(directory.testPhones)
    guard directory.testPhones.count + new.count <= Directory.maximumTestPhones else {
      throw APIError.refused(.limitReached, "at most \(Directory.maximumTestPhones) test phones")
    }
    for phone in new.sorted() { try directory.setTestPhone(phone, true) }
    return told(new.count, "added", caller)
  }

  func testPhoneRemove(_ params: TestPhoneRemove, _ caller: Requester) throws -> Changed {
    let gone = Set(params.phones.map(\.digits)).intersection(directory.testPhones)
    for phone in gone.sorted() { try directory.setTestPhone(phone, false) }
    if !gone.isEmpty, !directory.isLive { recallClaims() }
    return told(gone.count, "removed", caller)
  }

  private func told(_ changed: Int, _ what: String, _ caller: Requester) -> Changed {
    if changed > 0 {
      note(.info, "event=test_phones \(what)=\(changed) role=\(caller.role) uid=\(caller.uid)")
    }
    return Changed(changed: changed)
  }

  /// Has the loop hand back what it holds unwritten: a lane that is told to pause does so. It is claimed again, by what
  /// holds then.
  private func recallClaims() {
    for number in directory.numbers.values.sorted(by: { $0.id < $1.id }) {
      let setting = laneSetting(number)
      var paused = setting
      paused.paused = true
      released.network.append(.lane(paused))
      released.network.append(.lane(setting))
      toldLanes[number.id] = setting
      touched.insert(number.id)
    }
  }
}

extension Queries {
  func testPhoneList() throws -> TestPhones {
    var phones: [E164] = []
    try database.rows("SELECT phone FROM test_phone ORDER BY phone") { row in
      if let phone = E164(digits: row.int(0)) { phones.append(phone) }
    }
    return TestPhones(live: try isLive(), phones: phones)
  }

  func isLive() throws -> Bool {
    try database.text("SELECT value FROM setting WHERE key = 'live'") == "yes"
  }
}
