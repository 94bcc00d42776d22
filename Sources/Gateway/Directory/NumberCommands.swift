import Carriers
import Contract
import Store

extension Gateway {
  /// Segments per second a number may be given; more than any carrier sells for one.
  static let rateBounds = 1...100_000
  /// Routes of one number.
  static let maximumRoutes = 8

  var views: Views { Views(database: database) }

  func numberView(_ id: NumberID) throws -> NumberView {
    guard let view = try views.number(id) else { throw APIError.internalError }
    return view
  }

  func numberAdd(_ params: NumberAdd, _ caller: Requester) throws -> NumberView {
    let kind = try kind(of: params.number, asked: params.kind)
    guard directory.number(at: params.number) == nil else {
      throw APIError.refused(.duplicate, "the number is there already", field: "number")
    }
    guard directory.numbers.count < Directory.maximumNumbers else { throw APIError.refused(.limitReached) }
    try checkRate(params.rate)
    var routes = params.routes ?? []
    if let carrier = params.carrier { routes.append(NumberRoute(carrier: carrier)) }
    if routes.isEmpty, directory.carriers.count == 1, let only = directory.carriers.first?.value {
      routes = [NumberRoute(carrier: only)]
    }
    try check(routes)
    try database.run(
      "INSERT INTO number (address, kind, rate, created) VALUES (?1, ?2, ?3, ?4)", .int(params.number.packed),
      .text(kind.rawValue), .int(Int64(params.rate)), .int(now))
    let id = database.lastInsertRowID
    try insert(routes, of: id)
    if let rep = params.repID { try assign(number: id, to: rep, home: nil) }
    try directory.reload()
    if let number = directory.numbers[id] {
      retellLane(number)
      tell(number)
    }
    return try numberView(id)
  }

  func numberSetRoutes(_ params: NumberSetRoutes, _ caller: Requester) throws -> NumberView {
    let id = try known(params.number).id
    try check(params.routes)
    try noteFormerRoutes(of: id)
    try database.run("DELETE FROM route WHERE number_id = ?1", .int(id))
    try insert(params.routes, of: id)
    try directory.reload()
    if let number = directory.numbers[id] {
      retellLane(number)
      tell(number)
    }
    return try numberView(id)
  }

  /// What a number sent by until now, for whoever asks why something waited then.
  private func noteFormerRoutes(of id: NumberID) throws {
    guard let number = directory.numbers[id] else { return }
    let since = try database.int(
      "SELECT ifnull((SELECT max(until) FROM hold WHERE cause = ?2 AND subject = ?1), created) FROM number WHERE id = ?1",
      .int(id), .int(HoldCause.formerRoutes.rawValue))
    try holds.note(
      .formerRoutes, id, since: since ?? now, until: now,
      reason: number.sendRoutes.map { String($0.carrier) }.joined(separator: " "))
  }

  private func check(_ routes: [NumberRoute]) throws {
    guard !routes.isEmpty else { throw APIError.refused(.noRoute, "name a carrier", field: "carrier") }
    guard routes.count <= Gateway.maximumRoutes else {
      throw APIError.refused(.limitReached, field: "routes")
    }
    for route in routes {
      guard let carrier = carrier(named: route.carrier), profiles[carrier] != nil else {
        throw APIError.refused(
          .unknownCarrier, "no carrier \(route.carrier) in the configuration", field: "carrier")
      }
      if let rate = route.rate { try checkRate(rate) }
    }
    // A text's segments are counted when it is accepted, whichever route it leaves by later.
    let sending = routes.filter { $0.direction != .receive }.sorted {
      ($0.priority ?? 0) < ($1.priority ?? 0)
    }
    for route in sending.dropFirst() {
      guard let one = carrier(named: sending[0].carrier), let other = carrier(named: route.carrier),
        !cutsAlike(one, other)
      else { continue }
      throw APIError.refused(
        .invalidField,
        "\(route.carrier) cannot stand in for \(sending[0].carrier): their default_alphabet, encodings or long_messages differ",
        field: "routes")
    }
  }

  private func insert(_ routes: [NumberRoute], of id: NumberID) throws {
    for route in routes {
      for direction in ["send", "receive"]
      where route.direction ?? .both == .both || route.direction?.rawValue == direction {
        try database.run(
          """
          INSERT INTO route (number_id, direction, priority, carrier_id, rate) VALUES (?1, ?2, ?3, ?4, ?5)
          ON CONFLICT DO NOTHING
          """, .int(id), .text(direction), .int(Int64(route.priority ?? 0)),
          .int(carrier(named: route.carrier) ?? 0), .init(route.rate.map { Int64($0) }))
        guard database.changes == 1 else {
          throw APIError.refused(.duplicate, "two routes of one priority", field: "routes")
        }
      }
    }
  }

  /// Toll-free numbers by their prefixes; short codes by their length.
  private func kind(of number: PhoneNumber, asked: NumberKind?) throws -> NumberKind {
    let found: NumberKind =
      if number.isShortCode { .shortCode } else if TollFree.contains(number.description) { .tollFree } else {
        .longCode
      }
    guard asked == nil || asked == found else {
      throw APIError.refused(
        .invalidField, "\(number) is a \(found.rawValue), not a \(asked?.rawValue ?? "")", field: "kind")
    }
    return found
  }

  private func checkRate(_ rate: Int) throws {
    guard Gateway.rateBounds.contains(rate) else {
      throw APIError.refused(
        .invalidField,
        "a rate is \(Gateway.rateBounds.lowerBound) to \(Gateway.rateBounds.upperBound) segments a second",
        field: "rate")
    }
  }

  func known(_ address: PhoneNumber) throws -> Number {
    guard let number = directory.number(at: address) else { throw APIError.notFound("number", address) }
    return number
  }

  func numberSetRate(_ params: NumberSetRate, _ caller: Requester) throws -> NumberView {
    let number = try known(params.number)
    try checkRate(params.rate)
    try database.run("UPDATE number SET rate = ?2 WHERE id = ?1", .int(number.id), .int(Int64(params.rate)))
    number.rate = params.rate
    retellLane(number)
    tell(number)
    return try numberView(number.id)
  }

  func numberPause(_ params: NumberPause, _ caller: Requester) throws -> NumberView {
    let number = try known(params.number)
    try setState(of: number, to: .paused, reason: params.reason ?? "paused by \(caller.role)")
    return try numberView(number.id)
  }

  func numberResume(_ params: NumberResume, _ caller: Requester) throws -> NumberView {
    let number = try known(params.number)
    try setState(of: number, to: .active, reason: nil)
    return try numberView(number.id)
  }

  func numberAssign(_ params: NumberAssign, _ caller: Requester) throws -> NumberView {
    let number = try known(params.number)
    try assign(number: number.id, to: params.repID, home: params.home)
    return try numberView(number.id)
  }

  /// Gives a number to a rep from now on, or to nobody; the assignment before it ends and stays on record.
  func assign(number id: NumberID, to rep: RepID?, home: Bool?) throws {
    if let rep, directory.reps[rep.value] == nil { throw APIError.notFound("rep", rep) }
    try database.run(
      "UPDATE assignment SET until = ?2 WHERE number_id = ?1 AND until IS NULL", .int(id), .int(now))
    if let rep {
      let current = try database.int(
        "SELECT number_id FROM assignment WHERE rep_id = ?1 AND until IS NULL AND kind = 'home'",
        .int(rep.value))
      let isHome = home ?? (current == nil)
      if isHome, current != nil {
        // One home each: the one before is held from now on.
        try database.run(
          "UPDATE assignment SET kind = 'held' WHERE rep_id = ?1 AND until IS NULL AND kind = 'home'",
          .int(rep.value))
      }
      try database.run(
        "INSERT INTO assignment (number_id, rep_id, kind, since) VALUES (?1, ?2, ?3, ?4)", .int(id),
        .int(rep.value),
        .text(isHome ? "home" : "held"), .int(now))
    }
    try directory.reload()
    if let number = directory.numbers[id] { tell(number) }
  }
}
