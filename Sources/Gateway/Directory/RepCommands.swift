import Contract
import Store

extension Gateway {
  /// Most octets of a name.
  static let longestName = 200

  private func repView(_ id: Int64) throws -> RepView {
    guard let view = try views.rep(id) else { throw APIError.notFound("rep", RepID(id)) }
    return view
  }

  func repAdd(_ params: RepAdd, _ caller: Requester) throws -> RepView {
    let name = try checkedName(params.name)
    guard directory.reps.count < Directory.maximumNumbers else { throw APIError.refused(.limitReached) }
    try checkMobile(params.mobile, of: nil)
    try database.run(
      "INSERT INTO rep (name, mobile, created) VALUES (?1, ?2, ?3)", .text(name),
      .init(params.mobile?.digits), .int(now))
    let id = database.lastInsertRowID
    try directory.reload()
    if let number = params.number { try assign(number: known(number).id, to: RepID(id), home: true) }
    return try repView(id)
  }

  func repUpdate(_ params: RepUpdate, _ caller: Requester) throws -> RepView {
    guard let rep = directory.reps[params.repID.value] else { throw APIError.notFound("rep", params.repID) }
    if let name = params.name {
      try database.run("UPDATE rep SET name = ?2 WHERE id = ?1", .int(rep.id), .text(try checkedName(name)))
    }
    if params.clearMobile == true {
      try database.run("UPDATE rep SET mobile = NULL WHERE id = ?1", .int(rep.id))
    } else if let mobile = params.mobile {
      try checkMobile(mobile, of: rep.id)
      try database.run("UPDATE rep SET mobile = ?2 WHERE id = ?1", .int(rep.id), .int(mobile.digits))
    }
    if let alerts = params.alerts {
      try database.run("UPDATE rep SET alerts = ?2 WHERE id = ?1", .int(rep.id), .int(alerts ? 1 : 0))
    }
    if let active = params.active {
      try database.run(
        "UPDATE rep SET state = ?2 WHERE id = ?1", .int(rep.id), .text(active ? "active" : "inactive"))
    }
    try directory.reload()
    return try repView(rep.id)
  }

  func checkedName(_ name: String, field: String = "name") throws -> String {
    let trimmed = String(name.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    guard !trimmed.isEmpty, trimmed.utf8.count <= Gateway.longestName else {
      throw APIError.refused(.invalidField, "1 to \(Gateway.longestName) octets", field: field)
    }
    return trimmed
  }

  /// A private mobile is one rep's, and no number of ours.
  private func checkMobile(_ mobile: E164?, of rep: Int64?) throws {
    guard let mobile else { return }
    if let holder = directory.rep(withMobile: mobile.digits), holder.id != rep {
      throw APIError.refused(.duplicate, "another rep has this mobile", field: "mobile")
    }
    guard directory.number(at: PhoneNumber(mobile)) == nil else {
      throw APIError.refused(.invalidField, "a number of ours is no private mobile", field: "mobile")
    }
  }
}
