import Contract
import Store

/// What changes how a number sends: its pause, its routes, the carriers that come and go.
struct NumberStates: Part {
  let outbox: Outbox
  let directory: Directory
  let routes: Routes
  let lanes: Lanes
  let holds: Holds

  func setState(_ state: NumberState, reason: String?, of number: Number) throws(StoreError) {
    guard number.state != state else { return }
    try directory.setState(state, reason: reason, of: number)
    if state == .paused {
      try holds.begin(.number, number.id, reason: reason)
    } else {
      try holds.end(.number, number.id)
    }
    try changed(number)
  }

  /// The loop and the feed hear of a number that changed.
  func changed(_ number: Number) throws(StoreError) {
    try directory.touch(number, at: now)
    lanes.announce(number)
    emit(
      .numberStateChanged(
        NumberStateChanged(
          number: number.address, state: number.state, kind: number.kind, rate: number.rate,
          repID: number.rep.map { RepID($0) }, queueID: number.queue.map { QueueID($0) }, home: number.isHome,
          routes: try directory.routes(of: number),
          createdAt: Timestamp(milliseconds: number.created), at: Timestamp(milliseconds: now))))
  }

  /// A number is given to a rep from now on, or to nobody.
  func assign(_ number: Number, to rep: Rep?, isHome: Bool) throws(StoreError) {
    let formerHome = isHome ? rep?.home : nil
    try directory.assign(number, to: rep, isHome: isHome, at: now)
    try changed(number)
    if let formerHome, formerHome != number.id, let former = directory.numbers[formerHome] {
      try changed(former)
    }
  }

  /// The carrier will take nothing of a number: it stops, alone, until a person has looked.
  func pause(_ id: NumberID, because reason: String) throws(StoreError) {
    guard let number = directory.numbers[id], number.state == .active else { return }
    try setState(.paused, reason: reason, of: number)
    alert(
      .refusedByCarrier, .critical, subject: number.address.description,
      "the carrier refuses this number (\(reason)); the number is paused")
  }

  func setPausedAll(_ paused: Bool, reason: String?) throws(StoreError) {
    try directory.setPausedAll(paused, reason: reason)
    if paused {
      try holds.begin(.everything, 0, reason: reason)
    } else {
      try holds.end(.everything, 0)
    }
    for number in directory.numbersInOrder { lanes.announce(number) }
  }

  func setRoutes(_ new: [Directory.NewRoute], of number: Number) throws(StoreError) {
    // What it sent by until now, for whoever asks why something waited then.
    try holds.note(
      .formerRoutes, number.id, since: try directory.routesSince(of: number) ?? now, until: now,
      reason: number.sendRoutes.map { String($0.carrier) }.joined(separator: " "))
    try directory.setRoutes(new, of: number)
    try changed(number)
  }

  /// A carrier came or went: numbers with another route change over, with all that was not written.
  func reach(_ carrier: CarrierKey, _ isReachable: Bool) throws(StoreError) {
    routes.setReachable(carrier, isReachable)
    if isReachable {
      try holds.end(.noSession, carrier)
    } else {
      try holds.begin(.noSession, carrier)
    }
    var moved = 0
    for number in directory.numbersInOrder
    where number.sendRoutes.count > 1 && number.sendRoutes.contains(where: { $0.carrier == carrier }) {
      if lanes.announce(number) { moved += 1 }
    }
    guard moved > 0 else { return }
    note(
      .warning,
      "carrier=\(directory.carriers[carrier] ?? "?") event=\(isReachable ? "back" : "lost") numbers=\(moved) now send by another route"
    )
  }
}
