import CarrierSimulator
import Contract
import NetIO

/// Orders about who there is: numbers, reps, contacts, groups; and about whether anything leaves.
extension Staff {
  /// Numbers that a story may add to its own.
  static let addedNumbers = 3

  // MARK: Numbers

  func addNumber(by method: Method) {
    let place = world.numbers.count - world.story.numbers.count
    guard place < Staff.addedNumbers else { return setRate() }
    let number = Story.Number(
      address: "+1888555020\(place)", isTollFree: true, rate: Int(random.within(15, 100)),
      carriers: random.happens(0.5) ? [0, 1] : [1, 0])
    guard let address = PhoneNumber(number.address) else { return }
    world.add(number)
    let rep = random.happens(0.5) ? pick(reps) : nil
    let routes = routes(number.carriers)
    guard method == .numberImport else {
      return ask(
        .numberAdd(
          NumberAdd(
            number: TypedPhone(address), kind: .tollFree, routes: routes, rate: number.rate, repID: rep,
            idempotencyKey: newKey())))
    }
    // Twice in one list, the second time as somebody else writes it.
    let digits = number.address.dropFirst(2)
    let inputs = [number.address, "(\(digits.prefix(3))) \(digits.dropFirst(3))", "none"].map {
      NumberInput(number: $0, routes: routes, rate: number.rate, rep: rep?.description)
    }
    ask(.numberImport(NumberImport(numbers: inputs, idempotencyKey: newKey())))
  }

  func routes(_ carriers: [Int]) -> [NumberRoute] {
    carriers.enumerated().map { rank, carrier in
      NumberRoute(carrier: world.story.carriers[carrier].name, priority: rank)
    }
  }

  func setRate() {
    guard let number = anyNumber, ratesUnderWay.insert(number).inserted else { return }
    let command = NumberSetRate(number: number, rate: Int(random.within(10, 120)), idempotencyKey: newKey())
    world.desk.give(.numberSetRate(command)) { [unowned self] outcome in
      ratesUnderWay.remove(number)
      // A number that is added in the story may not be there yet.
      if case .failure(let error) = outcome, error.code != .notFound {
        world.witness.violated("commands", "number.set_rate: \(error)")
      }
    }
  }

  func setRoutes() {
    guard let number = anyNumber else { return }
    let carriers = pick([[0], [1], [0, 1], [1, 0]]) ?? [0]
    var routes = routes(carriers)
    // The phones write by its first carrier as before: what came by one without a route would be set aside.
    if let home = world.numbers.first(where: { $0.address == number.description })?.carriers.first,
      !carriers.contains(home)
    {
      routes.append(
        NumberRoute(carrier: world.story.carriers[home].name, direction: .receive, priority: routes.count))
    }
    ask(.numberSetRoutes(NumberSetRoutes(number: number, routes: routes, idempotencyKey: newKey())))
  }

  func pauseANumber() {
    guard let number = anyNumber else { return }
    let (long, resume) = (milliseconds(200, 10_000), newKey())
    ask(.numberPause(NumberPause(number: number, idempotencyKey: newKey()))) { [unowned self] _ in
      after(long) { [unowned self] in
        ask(.numberResume(NumberResume(number: number, idempotencyKey: resume)))
      }
    }
  }

  func assignNumber() {
    guard let number = anyNumber else { return }
    let rep = random.happens(0.9) ? pick(reps) : nil
    ask(
      .numberAssign(
        NumberAssign(
          number: number, repID: rep, home: rep == nil || random.happens(0.5) ? nil : random.happens(0.5),
          idempotencyKey: newKey())))
  }

  // MARK: Reps

  func addRep(by method: Method) {
    made += 1
    let mobile = "+1303556\(1_000 + made)"
    world.mobiles.append(String(mobile.dropFirst()))
    guard method == .repImport else {
      let number = random.happens(0.2) ? anyNumber : nil
      return ask(
        .repAdd(
          RepAdd(
            name: "Rep \(made)", number: number.map { TypedPhone($0) }, mobile: TypedPhone(mobile),
            idempotencyKey: newKey()))
      ) { [unowned self] json in
        if let added = decoded(RepView.self, json, .repAdd) { reps.append(added.repID) }
      }
    }
    let inputs = [
      RepInput(name: "Recruit \(made)", mobile: mobile), RepInput(name: "recruit \(made)"),
      RepInput(name: "Twin \(made)", mobile: mobile),
    ]
    ask(.repImport(RepImport(reps: inputs, idempotencyKey: newKey()))) { [unowned self] json in
      guard let imported = decoded(RepImportResult.self, json, .repImport) else { return }
      for item in imported.results where item.status == .created { item.repID.map { reps.append($0) } }
      let words: [ImportStatus] = [.created, .known, .refused]
      if imported.results.map(\.status) != words {
        world.witness.violated("commands", "rep.import: \(imported.results.map(\.status))")
      }
    }
  }

  func updateRep() {
    guard let rep = pick(reps) else { return }
    made += 1
    var update = RepUpdate(repID: rep, idempotencyKey: newKey())
    switch random.within(0, 3) {
    case 0: update.name = "Rep, the \(made)th"
    case 1:
      let address = "rep\(made)@acme.example"
      world.mobiles.append(address)
      update.email = EmailAddress(address)
      update.alertBy = pick(AlertBy.allCases)
    // The first keeps his, which others are refused.
    case 2 where rep != reps[0]:
      let mobile = "+1303556\(1_000 + made)"
      world.mobiles.append(String(mobile.dropFirst()))
      update.mobile = TypedPhone(mobile)
    default: update.active = random.happens(0.5)
    }
    ask(.repUpdate(update))
  }

  // MARK: Contacts and groups

  func upsert() {
    made += 1
    let inputs = (0..<random.within(1, 5)).map { place in
      ContactInput(
        ref: random.happens(0.5) ? "ref-\(made)-\(place)" : nil,
        phones: [Phones.number(Int(random.within(0, Int64(world.story.phones) - 1)))],
        firstName: random.happens(0.5) ? "D\(made)" : nil, repID: pick(reps), tags: ["vip"])
    }
    let isDry = random.happens(0.2)
    ask(
      .contactUpsert(
        ContactUpsert(contacts: inputs, dryRun: isDry ? true : nil, idempotencyKey: newKey()))
    ) { [unowned self] json in
      // What was taken back is not there.
      if isDry { return }
      guard let upserted = decoded(ContactUpsertResult.self, json, .contactUpsert) else { return }
      for id in upserted.results.compactMap(\.contactID) where !contacts.contains(id) { contacts.append(id) }
    }
  }

  func createGroup(_ then: @escaping (GroupID) -> Void) {
    made += 1
    ask(
      .groupCreate(
        GroupCreate(name: "group \(made)", contactIDs: someContacts(5...40), idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let created = decoded(GroupView.self, json, .groupCreate) else { return }
      groups.append(created.groupID)
      then(created.groupID)
    }
  }

  /// Whoever fulfils conditions, in the place of a list.
  func createFittingGroup() {
    made += 1
    let conditions = [
      GroupCondition(tags: ["vip", "life"]), GroupCondition(attribute: "product", is: ["car"], not: true),
    ]
    ask(
      .groupCreate(
        GroupCreate(name: "group \(made)", conditions: conditions, idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let created = decoded(GroupView.self, json, .groupCreate) else { return }
      if created.conditions != conditions || created.memberCount != nil {
        world.witness.violated("commands", "a group by \(conditions) is answered with \(created)")
      }
      fittingGroups.append(created.groupID)
    }
  }

  func withGroup(_ then: @escaping (GroupID) -> Void) {
    if let group = pick(groups) { then(group) } else { createGroup(then) }
  }

  // MARK: Whether anything leaves

  /// Of everything.
  func pauseSending() {
    let (long, resume) = (milliseconds(200, 6_000), newKey())
    ask(.pause(Pause(note: "lunch", idempotencyKey: newKey()))) { [unowned self] _ in
      after(long) { [unowned self] in ask(.resume(Resume(idempotencyKey: resume))) }
    }
  }

  /// Texts leave to the test phones alone, for a while; whoever opts out then is told so only if the phone is one of them.
  func undoGoLive() {
    let (long, again) = (milliseconds(200, 3_000), newKey())
    ask(.goLive(GoLive(live: false, note: "a mistake", idempotencyKey: newKey()))) { [unowned self] _ in
      for phone in 0..<6 {
        let word = Story.Deed.Words.stop(["QUIT", "END", "CANCEL"][phone % 3])
        world.phones.write(
          Int(random.within(0, Int64(world.story.phones) - 1)), to: phone % world.story.numbers.count, word)
      }
      after(long) { [unowned self] in
        ask(.goLive(GoLive(live: true, idempotencyKey: again)))
      }
    }
  }

  func changeTestPhones() {
    let phones = (0..<random.within(1, 20)).compactMap { _ in anyTypedPhone }
    let (later, keeps, remove) = (milliseconds(1_000, 20_000), random.happens(0.3), newKey())
    ask(.testPhoneAdd(TestPhoneAdd(phones: phones, idempotencyKey: newKey()))) { [unowned self] _ in
      guard !keeps else { return }
      after(later) { [unowned self] in
        ask(.testPhoneRemove(TestPhoneRemove(phones: phones, idempotencyKey: remove)))
      }
    }
  }

  /// At the end everything may leave again, so that all that waits comes to its end: whatever the orders left behind.
  func putInOrder() {
    ask(.clockAccept(ClockAccept(idempotencyKey: newKey())))
    ask(.goLive(GoLive(live: true, idempotencyKey: newKey())))
    ask(.resume(Resume(idempotencyKey: newKey())))
    for place in world.numbers.indices {
      guard let number = address(place) else { continue }
      ask(.numberResume(NumberResume(number: number, idempotencyKey: newKey())))
      guard place < world.story.numbers.count, place < reps.count else { continue }
      ask(.repUpdate(RepUpdate(repID: reps[place], active: true, idempotencyKey: newKey())))
      ask(
        .numberAssign(NumberAssign(number: number, repID: reps[place], home: true, idempotencyKey: newKey())))
    }
    for absence in absences { clear(absence) }
    for campaign in world.desk.campaigns {
      ask(.campaignResume(CampaignResume(campaignID: campaign, idempotencyKey: newKey())))
    }
  }
}
