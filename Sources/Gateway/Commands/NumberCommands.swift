import Carriers
import Contract
import Store

/// `number.*`: the numbers we own, and how they send.
struct NumberCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let routes: Routes
  let numbers: NumberStates
  let ownership: Ownership
  let queues: QueueTable
  let views: Views

  // MARK: Decisions

  func add(_ params: NumberAdd, _ caller: Requester) throws(APIError) -> Decision {
    let new = try new(params, caller)
    let rep = try params.repID.map { (id) throws(APIError) in try directory.known(id, caller) }
    return Decision { () throws(StoreError) in try view(try add(new, to: rep)) }
  }

  /// A number to add, and how it sends.
  struct NewNumber {
    var address: PhoneNumber
    var kind: NumberKind
    var rate: Int
    var routes: [Directory.NewRoute]
  }

  func new(_ params: NumberAdd, _ caller: Requester) throws(APIError) -> NewNumber {
    let address = try phones.ours(params.number, field: "number")
    let kind = try kind(of: address, asked: params.kind)
    guard caller.mayUse(address) else { throw .notFound("number", address) }
    guard directory.number(at: address) == nil else {
      throw .refused(.duplicate, "the number exists already", field: "number")
    }
    guard directory.numbers.count < Directory.maximumNumbers else {
      throw .limitReached("numbers", Directory.maximumNumbers)
    }
    try checkRate(params.rate)
    var asked = params.routes ?? []
    if let carrier = params.carrier { asked.append(NumberRoute(carrier: carrier)) }
    if asked.isEmpty, directory.carriers.count == 1, let only = directory.carriers.first?.value {
      asked = [NumberRoute(carrier: only)]
    }
    return NewNumber(address: address, kind: kind, rate: params.rate, routes: try checked(asked))
  }

  @discardableResult
  func add(_ new: NewNumber, to rep: Rep?) throws(StoreError) -> Number {
    let number = try directory.addNumber(new.address, new.kind, rate: new.rate, at: now)
    try directory.addRoutes(new.routes, to: number)
    if let rep {
      try numbers.assign(number, to: rep, isHome: rep.home == nil)
    } else {
      try numbers.changed(number)
    }
    return number
  }

  /// Each number is decided and added by itself, in their order.
  func take(_ params: NumberImport, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.upsert).contains(params.numbers.count) else {
      throw .invalid("numbers", "1 to \(CommandLimits.upsert)")
    }
    return Decision { () throws(StoreError) in
      var result = NumberImportResult(created: 0, known: 0, refused: 0, results: [])
      for (index, input) in params.numbers.enumerated() {
        var item = NumberImportItem(index: index, status: .refused)
        do throws(APIError) {
          let typed = try TypedPhone(given: input.number, field: "number")
          let address = try phones.ours(typed, field: "number")
          item.number = address
          if directory.number(at: address) != nil, caller.mayUse(address) {
            item.status = .known
          } else {
            let new = try new(
              NumberAdd(number: typed, routes: input.routes, rate: input.rate ?? 1), caller)
            let rep = try rep(input.rep ?? "", caller)
            item.repID = rep.map { RepID($0.id) }
            if params.dryRun != true { _ = try read(try add(new, to: rep)) }
            item.status = .created
          }
        } catch {
          if let failure = reads.failure { throw failure }
          item.reason = error.refusal ?? .invalidField
          item.detail = error.message
        }
        switch item.status {
        case .created: result.created += 1
        case .known: result.known += 1
        case .refused: result.refused += 1
        }
        result.results.append(item)
      }
      return result
    }
  }

  /// A rep by id or by name; nil for an empty name.
  private func rep(_ text: String, _ caller: Requester) throws(APIError) -> Rep? {
    let text = text.trimmed
    if text.isEmpty { return nil }
    if let id = RepID(text) { return try directory.known(id, caller) }
    let named = directory.reps(named: text, caller)
    guard named.count == 1 else {
      throw .refused(
        .invalidField,
        "rep: \(named.isEmpty ? "no rep is" : "\(named.count) reps are") called \"\(text.prefix(60))\"",
        field: "rep")
    }
    return named[0]
  }

  func setRoutes(_ params: NumberSetRoutes, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    let routes = try checked(params.routes)
    return Decision { () throws(StoreError) in
      try numbers.setRoutes(routes, of: number)
      return try view(number)
    }
  }

  func setRate(_ params: NumberSetRate, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    try checkRate(params.rate)
    return Decision { () throws(StoreError) in
      try directory.setRate(params.rate, of: number)
      try numbers.changed(number)
      return try view(number)
    }
  }

  func pause(_ params: NumberPause, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    return Decision { () throws(StoreError) in
      try numbers.setState(.paused, reason: params.note ?? "paused by \(caller.role)", of: number)
      return try view(number)
    }
  }

  func resume(_ params: NumberResume, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    return Decision { () throws(StoreError) in
      try numbers.setState(.active, reason: nil, of: number)
      return try view(number)
    }
  }

  func assign(_ params: NumberAssign, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    let rep = try params.repID.map { (id) throws(APIError) in try directory.known(id, caller) }
    return Decision { () throws(StoreError) in
      try numbers.assign(number, to: rep, isHome: params.home ?? (rep?.home == nil))
      try ownership.numberChanged(number)
      return try view(number)
    }
  }

  func setQueue(_ params: NumberSetQueue, _ caller: Requester) throws(APIError) -> Decision {
    let number = try directory.known(params.number, caller)
    if let id = params.queueID {
      guard try read(try queues.queue(id.value)) != nil else { throw .notFound("queue", id) }
    }
    return Decision { () throws(StoreError) in
      try directory.setQueue(params.queueID?.value, of: number)
      try numbers.changed(number)
      try ownership.numberChanged(number)
      return try view(number)
    }
  }

  // MARK: Checks

  private func checked(_ routes: [NumberRoute]) throws(APIError) -> [Directory.NewRoute] {
    guard !routes.isEmpty else { throw .refused(.noRoute, "expected a carrier", field: "carrier") }
    guard routes.count <= CommandLimits.routes else {
      throw .limitReached("routes", CommandLimits.routes, field: "routes")
    }
    var checked: [Directory.NewRoute] = []
    for route in routes {
      guard let carrier = directory.carrier(named: route.carrier), self.routes.profiles[carrier] != nil else {
        throw .refused(.unknownCarrier, "no carrier \(route.carrier) in the configuration", field: "carrier")
      }
      if let rate = route.rate { try checkRate(rate) }
      guard CommandLimits.priority.contains(route.priority ?? 0) else {
        throw .refused(
          .invalidField, "priority: 0 to \(CommandLimits.priority.upperBound)", field: "routes")
      }
      let directions: [DirectoryTable.Direction] =
        switch route.direction ?? .both {
        case .both: [.send, .receive]
        case .send: [.send]
        case .receive: [.receive]
        }
      checked.append(
        .init(carrier: carrier, directions: directions, priority: route.priority ?? 0, rate: route.rate))
    }
    for direction in [DirectoryTable.Direction.send, .receive] {
      let priorities = checked.filter { $0.directions.contains(direction) }.map(\.priority)
      guard Set(priorities).count == priorities.count else {
        throw .refused(.duplicate, "two routes have the same priority", field: "routes")
      }
    }
    // A text's segments are counted when it is accepted, whichever route it leaves by later.
    let sending = checked.filter { $0.directions.contains(.send) }.sorted { $0.priority < $1.priority }
    for route in sending.dropFirst() where !self.routes.cutsAlike(sending[0].carrier, route.carrier) {
      let names = [route, sending[0]].map { directory.carriers[$0.carrier] ?? "?" }
      throw .refused(
        .invalidField,
        "\(names[0]) cannot be a fallback for \(names[1]): their default_alphabet, encodings or long_messages differ",
        field: "routes")
    }
    return checked
  }

  /// Toll-free numbers by their prefixes; short codes by their length.
  private func kind(of number: PhoneNumber, asked: NumberKind?) throws(APIError) -> NumberKind {
    let found: NumberKind =
      if number.isShortCode { .shortCode } else if TollFree.contains(number.description) { .tollFree } else {
        .longCode
      }
    guard asked == nil || asked == found else {
      throw .refused(
        .invalidField, "\(number) is a \(found.rawValue), not a \(asked?.rawValue ?? "")", field: "kind")
    }
    return found
  }

  private func checkRate(_ rate: Int) throws(APIError) {
    guard CommandLimits.rate.contains(rate) else {
      throw .refused(
        .invalidField,
        "expected \(CommandLimits.rate.lowerBound) to \(CommandLimits.rate.upperBound) segments per second",
        field: "rate")
    }
  }

  private func view(_ number: Number) throws(StoreError) -> NumberView {
    guard let view = try views.number(number.id) else {
      throw .misuse("number", "a number that is not stored")
    }
    return view
  }
}
