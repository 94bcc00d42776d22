import Contract

/// Something that a report counts: what became of a lead.
struct LeadFact {
  enum What {
    case came, hot
    /// Given to a rep; whether a person had texted it before.
    case assigned(isTexted: Bool)
    case claimed
    /// Milliseconds since it came, and since the rep got it; nil: nobody had it until this text.
    case texted(sinceCame: Int64, sinceAssigned: Int64?)
    case unclaimed, untexted
    /// Nobody's again, or another rep's, before it was texted.
    case returned, passedOn
    case closed(isTexted: Bool)
    /// Not texted and not closed at the end of the report.
    case waiting
    /// From whom it was taken cannot be told: who got it is not in the feed.
    case leftOut
  }

  var what: What
  /// The time that decides about the period. Of one that waits: since when it is whose it is. Milliseconds since 1970 UTC.
  var at: Int64
  /// The rep who has it, or had it when it was taken away or ended.
  var worker: Worker
}

/// What the feed says about leads, turned into facts that can be counted. Each event has the whole lead, so only who had it before has to be
/// kept, until it is texted or closed.
struct Leads {
  private struct Lead {
    var worker: Worker
    /// When it became theirs; nil: that is not in the feed.
    var since: Int64?
  }

  /// nil: of all sources.
  private let source: String?
  /// The most leads kept at a time.
  private let maximum: Int
  private var untexted: [LeadID: Lead] = [:]

  init(source: String?, maximum: Int) {
    self.source = source
    self.maximum = maximum
  }

  mutating func take(_ data: EventData, at now: Int64, _ facts: inout [LeadFact]) throws(ReportError) {
    guard case .leadChanged(let event) = data, source == nil || source == event.leadSource else { return }
    let before = untexted[event.leadID]
    func add(_ what: LeadFact.What, _ worker: Worker? = nil) {
      facts.append(LeadFact(what: what, at: now, worker: worker ?? Self.worker(of: event)))
    }
    switch event.change {
    case .created:
      add(.came)
      if event.hot { add(.hot) }
    case .assigned:
      let isTexted = event.contactedAt != nil
      if !isTexted {
        if let before {
          if before.worker != .nobody { add(.passedOn, before.worker) }
        } else {
          add(.leftOut, .nobody)
        }
      }
      add(.assigned(isTexted: isTexted))
    case .claimed: add(.claimed)
    case .contacted:
      guard let texted = event.contactedAt?.milliseconds else {
        throw .malformed("a lead that was texted without a time")
      }
      // Who texts a lead that nobody has gets it by that: there was nothing to be quick about.
      let assigned = event.assignedAt.map(\.milliseconds).flatMap { $0 < texted ? $0 : nil }
      add(
        .texted(sinceCame: texted - event.createdAt.milliseconds, sinceAssigned: assigned.map { texted - $0 })
      )
    case .hot: add(.hot)
    case .unclaimed: add(.unclaimed)
    case .untexted: add(.untexted)
    case .returned:
      add(.returned, before?.worker ?? .nobody)
      if before == nil { add(.leftOut, .nobody) }
    case .closed: add(.closed(isTexted: event.contactedAt != nil))
    }
    switch event.state {
    case .contacted, .closed: untexted[event.leadID] = nil
    case .open, .assigned:
      guard before != nil || untexted.count < maximum else { throw .tooMany("leads at a time", maximum) }
      let isGiven = [.created, .assigned, .claimed, .returned].contains(event.change)
      untexted[event.leadID] = Lead(worker: Self.worker(of: event), since: isGiven ? now : before?.since)
    }
  }

  private static func worker(of event: LeadChanged) -> Worker {
    event.repID.map { .rep($0) } ?? .nobody
  }

  /// The leads that wait for a text at the end of the report. Of one that was given before the first event kept, nothing is counted.
  func remaining() -> [LeadFact] {
    untexted.values.compactMap { lead in
      lead.since.map { LeadFact(what: .waiting, at: $0, worker: lead.worker) }
    }
  }
}

/// The facts of one row about leads.
struct LeadTally {
  /// Named by what the rows call them.
  struct Counts {
    var came = 0
    var assigned = 0
    var assignedTexted = 0
    var claimed = 0
    var unclaimed = 0
    var untexted = 0
    var returned = 0
    var passedOn = 0
    var closedUntexted = 0
    var closedTexted = 0
    var hot = 0
    var waiting = 0
  }

  var counts = Counts()
  var sinceAssigned: [Int64] = []
  /// One for each text.
  var sinceCame: [Int64] = []

  /// - Returns: how many more values are kept.
  mutating func add(_ what: LeadFact.What) -> Int {
    switch what {
    case .came: counts.came += 1
    case .hot: counts.hot += 1
    case .assigned(let isTexted):
      counts.assigned += 1
      if isTexted { counts.assignedTexted += 1 }
    case .claimed: counts.claimed += 1
    case .texted(let sinceCame, let sinceAssigned):
      self.sinceCame.append(sinceCame)
      guard let sinceAssigned else { return 1 }
      self.sinceAssigned.append(sinceAssigned)
      return 2
    case .unclaimed: counts.unclaimed += 1
    case .untexted: counts.untexted += 1
    case .returned: counts.returned += 1
    case .passedOn: counts.passedOn += 1
    case .closed(let isTexted):
      if isTexted { counts.closedTexted += 1 } else { counts.closedUntexted += 1 }
    case .waiting: counts.waiting += 1
    case .leftOut: break
    }
    return 0
  }
}
