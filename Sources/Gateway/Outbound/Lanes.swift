import Contract
import Store

/// The lanes of all numbers: what waits in each lane, and what the loop knows of it.
final class Lanes: Part {
  let outbox: Outbox
  private let directory: Directory
  private let routes: Routes
  private let campaigns: Campaigns
  private let handover: Handover
  private let messages: MessageTable
  private let pending: PendingTable
  private let campaignTable: CampaignTable

  /// Lanes by number, created on first use.
  private var byNumber: [NumberID: Lane] = [:]
  /// Numbers whose demand may have changed in this batch.
  private var touched: Set<NumberID> = []
  /// What the loop knows of each lane, so that only changes are sent.
  private(set) var announced: [NumberID: LaneSetting] = [:]
  /// What of it changed in this batch, the oldest change first, and what was known before.
  private var announcedBefore: [(number: NumberID, setting: LaneSetting?)] = []
  /// When the next delayed segment may go, in milliseconds since 1970 UTC.
  private var nextRetry: Int64?

  init(
    _ outbox: Outbox, _ directory: Directory, _ routes: Routes, _ campaigns: Campaigns, _ handover: Handover,
    messages: MessageTable, pending: PendingTable, campaignTable: CampaignTable
  ) {
    self.outbox = outbox
    self.directory = directory
    self.routes = routes
    self.campaigns = campaigns
    self.handover = handover
    self.messages = messages
    self.pending = pending
    self.campaignTable = campaignTable
  }

  subscript(number: NumberID) -> Lane {
    if let lane = byNumber[number] { return lane }
    let lane = Lane(number: number)
    byNumber[number] = lane
    return lane
  }

  /// The demand of a lane may have changed.
  func touch(_ number: NumberID) { touched.insert(number) }

  // MARK: Batches

  func begin() { announcedBefore.removeAll(keepingCapacity: true) }

  /// Reads the lanes from the store: waiting segments, and runs that are not finished.
  func reload() throws(StoreError) {
    for change in announcedBefore.reversed() { announced[change.number] = change.setting }
    announcedBefore.removeAll(keepingCapacity: true)
    byNumber = [:]
    // A message in flight has its thread's turn already.
    for flight in handover.answerable {
      _ = self[flight.number].fly(flight.ref.message, of: flight.conversation, flight.traffic.urgency)
    }
    for row in try pending.all() {
      self[row.number].insert(row.item, row.urgency)
    }
    for row in try campaignTable.openRuns() {
      guard let campaign = try campaigns.campaign(row.campaign) else {
        throw .damaged("run", row: row.campaign)
      }
      self[row.number].begin(Run(row, of: campaign))
    }
    touched = Set(byNumber.keys)
  }

  /// The end of a batch: writes the progress of the runs. A finished run leaves its lane, because a lane may never become empty.
  func flushRuns() throws(StoreError) {
    for number in touched.sorted() {
      guard let lane = byNumber[number] else { continue }
      var isThrough = false
      for run in lane.runs where run.isDirty {
        try run.passOver(read: messages.run)
        try campaignTable.update(run.row)
        run.isDirty = false
        isThrough = isThrough || run.isExhausted
      }
      if isThrough { lane.endRuns() }
    }
  }

  /// The end of a batch: sends the loop what waits in each lane.
  func announceDemand() {
    for number in touched.sorted() { demand(of: number) }
    touched.removeAll(keepingCapacity: true)
  }

  private func demand(of number: NumberID) {
    let (demand, next) = self[number].demand(at: now)
    if let next { nextRetry = min(nextRetry ?? .max, next) }
    post(.demand(number, demand))
  }

  /// Sends a new loop every lane: how the lane sends, and what waits in it.
  func introduce() {
    announced = [:]
    for number in directory.numbersInOrder {
      let setting = routes.setting(of: number)
      announced[number.id] = setting
      post(.lane(setting))
      demand(of: number.id)
    }
  }

  /// Whether the delay of a segment is over.
  var needsRetry: Bool { nextRetry.map { $0 <= now } ?? false }

  func retryDue() {
    guard needsRetry else { return }
    nextRetry = nil
    touched.formUnion(byNumber.keys)
  }

  // MARK: What they hold

  /// What they hold, in lines that are the same after a fresh start.
  var memory: [String] { byNumber.values.sorted(by: \.number).flatMap(\.memory) }

  /// What cannot be: a turn that nothing of its thread explains, or a setting the loop was not told.
  var faults: [String] {
    var flying: [NumberID: [Urgency: [Int64: Int]]] = [:]
    for flight in handover.answerable {
      flying[flight.number, default: [:]][flight.traffic.urgency, default: [:]][
        flight.conversation, default: 0] += 1
    }
    let turns = Set(byNumber.keys).union(flying.keys).sorted().flatMap { number in
      self[number].faults(flying: flying[number] ?? [:])
    }
    let untold = directory.numbersInOrder.filter { announced[$0.id] != routes.setting(of: $0) }
    return turns
      + untold.map { "the loop was told \(announced[$0.id].map { "\($0)" } ?? "nothing") of \($0.address)" }
  }

  // MARK: Settings

  /// Sends the loop a lane that changed.
  /// - Returns: whether the lane now sends by another carrier.
  @discardableResult
  func announce(_ number: Number) -> Bool {
    let setting = routes.setting(of: number)
    touched.insert(number.id)
    let before = announced[number.id]
    guard before != setting else { return false }
    know(setting, of: number.id)
    post(.lane(setting))
    return before?.carrier != setting.carrier
  }

  /// The loop is told of a lane with this batch. A copy of all that it knows would cost each batch that has one.
  private func know(_ setting: LaneSetting, of number: NumberID) {
    announcedBefore.append((number, announced[number]))
    announced[number] = setting
  }

  /// Makes the loop hand back what it has not written, by a pause of every lane. The segments are claimed again, under the
  /// rules that hold then.
  func recallClaims() {
    for number in directory.numbersInOrder {
      let setting = routes.setting(of: number)
      var paused = setting
      paused.paused = true
      post(.lane(paused))
      post(.lane(setting))
      know(setting, of: number.id)
      touched.insert(number.id)
    }
  }

  // MARK: Waiting segments

  /// Puts a segment into its lane, durably.
  func pend(_ item: PendingSegment, _ number: NumberID, _ urgency: Urgency) throws(StoreError) {
    try pending.put(item, number, urgency)
    self[number].insert(item, urgency)
    touched.insert(number)
  }

  /// Puts a segment that was in flight back into its place, durably.
  func pendAgain(_ item: PendingSegment, _ flight: Flight) throws(StoreError) {
    guard !flight.isOverdue else { return try pend(item, flight.number, flight.traffic.urgency) }
    try pending.put(item, flight.number, flight.traffic.urgency)
    _ = self[flight.number].land(flight.ref, of: flight.conversation, flight.traffic.urgency, back: item)
    touched.insert(flight.number)
  }

  /// A segment is no longer in flight and does not come back: the next message of its thread may get the turn.
  func land(_ flight: Flight) {
    guard !flight.isOverdue else { return }
    let isNext = self[flight.number].land(flight.ref, of: flight.conversation, flight.traffic.urgency)
    if isNext { touched.insert(flight.number) }
  }

  /// Removes from the store a segment that has left its lane's memory.
  func unpend(_ ref: SegmentRef, _ number: NumberID, _ urgency: Urgency) throws(StoreError) {
    try pending.remove(ref, number, urgency)
  }

  /// Removes every waiting segment of a message from its lane.
  func takeOut(_ row: MessageRow) throws(StoreError) -> [PendingSegment] {
    let gone = self[row.number].remove(message: row.id, of: row.conversation, row.traffic.urgency)
    for item in gone { try unpend(item.ref, row.number, row.traffic.urgency) }
    if !gone.isEmpty { touched.insert(row.number) }
    return gone
  }

  /// Removes one waiting segment of a message from its lane; the message's other segments stay.
  /// - Returns: false if the segment does not wait.
  func takeOut(_ ref: SegmentRef, of row: MessageRow) throws(StoreError) -> Bool {
    let lane = self[row.number]
    let gone = lane.remove(message: row.id, of: row.conversation, row.traffic.urgency)
    for item in gone where item.ref != ref {
      lane.insert(item, row.traffic.urgency)
    }
    touched.insert(row.number)
    guard gone.contains(where: { $0.ref == ref }) else { return false }
    try unpend(ref, row.number, row.traffic.urgency)
    return true
  }

  // MARK: Runs

  /// A campaign's runs that are in a lane, ordered by number.
  func runs(of campaign: Int64) -> [Run] { allRuns.filter { $0.campaign.id == campaign } }

  /// Every unfinished run, ordered by number.
  var allRuns: [Run] { byNumber.values.sorted(by: \.number).flatMap(\.runs) }

  /// Whether any segment of a campaign's message has been handed over.
  func hasLeft(_ message: Int64, of campaign: Int64) -> Bool {
    let owning = byNumber.values.lazy.flatMap(\.runs).first {
      $0.campaign.id == campaign && $0.first <= message && message < $0.end
    }
    guard let next = owning?.next else { return true }
    return next.message > message || next.message == message && next.index > 0
  }

  /// A campaign resumes or ends: segments that were set aside return to their place.
  func release(_ campaign: Int64) {
    for run in runs(of: campaign) { touched.insert(run.number) }
    for lane in byNumber.values where lane.release(campaign) { touched.insert(lane.number) }
  }

  /// A campaign is paused.
  func touchRuns(of campaign: Int64) { for run in runs(of: campaign) { touched.insert(run.number) } }
}
