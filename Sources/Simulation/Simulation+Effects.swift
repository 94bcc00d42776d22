import CarrierSimulator
import Contract
import Gateway
import NetIO

/// At rest, in a world where nothing goes wrong by chance: what has to leave does leave, by when, and by whom.
extension Simulation {
  /// How long a text may wait that its other carrier can take at once.
  private static let failoverWithin = Duration.seconds(10)
  /// What a rate that was throttled needs to be whole again, and more.
  private static let growsBackWithin = Duration.seconds(14)

  /// Lets a carrier fail, then throttles one; `done`: all of it is over.
  func proveEffects(_ done: @escaping () -> Void) {
    // A connection from a narrow time takes a PDU in two goes if it is one octet too long: the mark's length would be timed.
    for wire in wires { wire.room = max(wire.room, Wire.openRoom) }
    proveFailover { [unowned self] in proveGrowth(done) }
  }

  // MARK: Failover

  private func proveFailover(_ done: @escaping () -> Void) {
    guard let (number, first, second) = numberWithTwoRoutes(), let phone = openPhone() else { return done() }
    note("effect: \(story.carriers[first].name) fails, \(number) sends by \(story.carriers[second].name)")
    smscs[first].goDown(until: clock.now + .seconds(20))
    let send = nextSend
    nextSend += 1
    after(.seconds(2)) { [unowned self] in desk.send(send, to: phone, parts: 1, from: .number(number)) }
    after(.seconds(2) + Simulation.failoverWithin) { [unowned self] in
      if smscs[second].isReached, desk.messageIDs[send] != nil,
        witness.left["s\(send)"]?.carriers.contains(second) != true
      {
        witness.violated("effect", "\(number) did not change over to \(story.carriers[second].name)")
      }
    }
    after(.seconds(30), done)
  }

  /// A number that sends by a carrier that stands, and has another that stands.
  private func numberWithTwoRoutes() -> (PhoneNumber, first: Int, second: Int)? {
    guard let queries = makeQueries(),
      let list: Page<NumberView> = answer(queries, .numberList(NumberList(limit: 200)))
    else { return nil }
    for number in list.items {
      let sending = number.routes.filter { $0.direction != .receive }
      let places = sending.sorted { ($0.priority ?? 0) < ($1.priority ?? 0) }.compactMap { route in
        story.carriers.firstIndex { $0.name == route.carrier }
      }
      if places.count > 1, places.allSatisfy({ smscs[$0].isReached }) {
        return (number.number, places[0], places[1])
      }
    }
    return nil
  }

  /// A phone that nobody has ever stopped.
  private func openPhone() -> Int? {
    let closed = Set(
      witness.feed.closed.compactMap { Phones.place(of: String($0.phone.description.dropFirst())) })
    return (0..<story.phones).first { !closed.contains($0) }
  }

  // MARK: A throttled rate

  /// The same group message before a carrier throttles and some time after: it takes no longer.
  private func proveGrowth(_ done: @escaping () -> Void) {
    guard let number = PhoneNumber(story.numbers[0].address) else { return done() }
    sendAll(from: number) { [unowned self] before in
      for smsc in smscs { smsc.become(\.throttling, until: clock.now + .seconds(4)) }
      sendAll(from: number) { [unowned self] _ in
        after(Simulation.growsBackWithin) { [unowned self] in
          sendAll(from: number) { [unowned self] afterwards in
            if let before, let afterwards, afterwards > before * 1.5 + .seconds(1) {
              witness.violated("effect", "what took \(before) takes \(afterwards) after a carrier throttled")
            }
            done()
          }
        }
      }
    }
  }

  /// A text to everybody whose rep has the number; how long it took to be written, nil where nobody is to get it.
  private func sendAll(from number: PhoneNumber, _ done: @escaping (Duration?) -> Void) {
    let mark = "c\(nextCampaign)"
    nextCampaign += 1
    let plan = CampaignPlan(
      from: .number(number), audience: Audience(tag: "all"), text: Desk.text(mark, parts: 1),
      idempotencyKey: desk.key())
    desk.give(.campaignPlan(plan)) { [unowned self] outcome in
      guard case .success = outcome, let planned = decode(CampaignPlanResult.self, outcome, "campaign.plan")
      else {
        return done(nil)
      }
      desk.commit(planned.campaignID) { [unowned self] in
        look(for: mark, planned.recipients, since: clock.now, until: clock.now + .seconds(120), done)
      }
    }
  }

  private func look(
    for mark: String, _ count: Int, since start: Duration, until end: Duration,
    _ done: @escaping (Duration?) -> Void
  ) {
    // An opt-out that comes meanwhile takes one away; what is refused for now leaves again.
    let left = witness.left[mark]
    if let left, left.count >= count { return done(left.last - start) }
    if clock.now >= end { return done(nil) }
    after(.milliseconds(200)) { [unowned self] in look(for: mark, count, since: start, until: end, done) }
  }
}
