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
  let views: Views

  // MARK: Decisions

  func add(_ params: NumberAdd, _ caller: Requester) throws(APIError) -> Decision {
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
    let routes = try checked(asked)
    let rep = try params.repID.map { (id) throws(APIError) in try directory.known(id, caller) }
    return Decision { () throws(StoreError) in
      let number = try directory.addNumber(address, kind, rate: params.rate, at: now)
      try directory.setRoutes(routes, of: number)
      if let rep {
        try numbers.assign(number, to: rep, isHome: rep.home == nil)
      } else {
        try numbers.changed(number)
      }
      return try view(number)
    }
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
      try numbers.setState(.paused, reason: params.reason ?? "paused by \(caller.role)", of: number)
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
