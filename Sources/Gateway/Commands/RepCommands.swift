import Contract
import Settings
import Store

/// `rep.*`: the people who text.
struct RepCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let numbers: NumberStates
  let numberCommands: NumberCommands
  let ownership: Ownership
  let leads: Leads
  let links: AlertLinks
  let emails: EmailOutbox
  let settings: GatewaySettings
  let views: Views

  func add(_ params: RepAdd, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.name)
    guard directory.reps.count < Directory.maximumNumbers else {
      throw .limitReached("reps", Directory.maximumNumbers)
    }
    let row = try new(name, try mobile(params.mobile, of: nil), params.email, params.alertBy)
    let number = try params.number.map { (typed) throws(APIError) in
      try directory.known(try phones.ours(typed, field: "number"), caller)
    }
    try checkFree(number)
    // A rep without a number would be nobody's to this caller.
    guard caller.isUnrestricted || number != nil else {
      throw .invalid("number", "required: this role may only add reps to its own numbers")
    }
    return Decision { () throws(StoreError) in try view(try add(row, number)) }
  }

  private func checkFree(_ number: Number?) throws(APIError) {
    guard let holder = number?.rep else { return }
    throw .refused(
      .duplicate, "\(RepID(holder)) has this number; number.assign gives it to another rep", field: "number")
  }

  /// A rep before the rep has an id.
  private func new(_ name: String, _ mobile: E164?, _ email: EmailAddress?, _ alertBy: AlertBy?)
    throws(APIError) -> DirectoryTable.RepRow
  {
    let row = DirectoryTable.RepRow(
      id: 0, name: name, isActive: true, mobile: mobile?.digits, email: email, alertBy: alertBy ?? .text,
      created: now)
    try checkAlerts(row)
    return row
  }

  /// Nobody is told by e-mail without an address, or while none leaves.
  private func checkAlerts(_ row: DirectoryTable.RepRow) throws(APIError) {
    guard row.alertBy.emails else { return }
    guard row.email != nil else {
      throw .refused(
        .invalidField, "the rep has no e-mail address: give one in email, or alert the rep by text",
        field: "alert_by")
    }
    guard settings.email != nil else {
      throw .refused(
        .invalidField, "the gateway sends no e-mails: an operator sets alerts.email in the configuration",
        field: "alert_by")
    }
  }

  private func add(_ row: DirectoryTable.RepRow, _ number: Number?) throws(StoreError) -> Rep {
    let rep = try directory.add(row)
    emitChange(of: rep)
    if let number { try assign(number, to: rep, isHome: true) }
    return rep
  }

  /// Each rep is decided and added by itself, with the home number, in their order.
  func take(_ params: RepImport, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.upsert).contains(params.reps.count) else {
      throw .invalid("reps", "1 to \(CommandLimits.upsert)")
    }
    return Decision { () throws(StoreError) in
      var result = RepImportResult(created: 0, known: 0, refused: 0, results: [])
      for (index, input) in params.reps.enumerated() {
        var item = RepImportItem(index: index, status: .refused)
        do throws(APIError) {
          try take(input, caller, isDry: params.dryRun == true, &item)
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

  private func take(_ input: RepInput, _ caller: Requester, isDry: Bool, _ item: inout RepImportItem)
    throws(APIError)
  {
    let name = try checkedName(input.name)
    if let known = directory.reps(named: name, caller).first {
      item.repID = RepID(known.id)
      item.status = .known
      return
    }
    guard directory.reps.count < Directory.maximumNumbers else {
      throw .limitReached("reps", Directory.maximumNumbers)
    }
    let row = try new(
      name, try mobile(try TypedPhone(ifGiven: input.mobile, field: "mobile"), of: nil),
      try address(input.email), try alertBy(input.alertBy))
    var number: Number?
    var new: NumberCommands.NewNumber?
    if let typed = try TypedPhone(ifGiven: input.number, field: "number") {
      let address = try phones.ours(typed, field: "number")
      item.number = address
      if let known = directory.number(at: address), caller.mayUse(address) {
        try checkFree(known)
        number = known
      } else if let routes = input.routes, !routes.isEmpty {
        new = try numberCommands.new(
          NumberAdd(number: typed, routes: routes, rate: input.rate ?? 1), caller)
      } else {
        throw .refused(
          .unknownNumber, "number: \(address) is no number of ours; with a carrier it is added",
          field: "number")
      }
    }
    guard caller.isUnrestricted || number != nil || new != nil else {
      throw .refused(
        .invalidField, "number: this role may only add reps to its own numbers", field: "number")
    }
    if !isDry { item.repID = RepID(try read(try add(row, number, new))) }
    item.status = .created
  }

  /// As it stands in a list: blank is none.
  private func address(_ text: String?) throws(APIError) -> EmailAddress? {
    guard let text = text?.trimmed, !text.isEmpty else { return nil }
    guard let address = EmailAddress(text) else {
      throw .refused(
        .invalidField, "email: expected an address in ASCII such as rosa@acme.example", field: "email")
    }
    return address
  }

  private func alertBy(_ text: String?) throws(APIError) -> AlertBy? {
    guard let text = text?.trimmed.lowercased(), !text.isEmpty else { return nil }
    guard let alertBy = AlertBy(rawValue: text) else {
      let words = AlertBy.allCases.map(\.rawValue).joined(separator: ", ")
      throw .refused(.invalidField, "alert_by: expected one of \(words)", field: "alert_by")
    }
    return alertBy
  }

  private func add(
    _ row: DirectoryTable.RepRow, _ number: Number?, _ new: NumberCommands.NewNumber?
  ) throws(StoreError) -> Int64 {
    let rep = try add(row, number)
    if let new { try numberCommands.add(new, to: rep) }
    return rep.id
  }

  func update(_ params: RepUpdate, _ caller: Requester) throws(APIError) -> Decision {
    let rep = try directory.known(params.repID, caller)
    var row = rep.row
    if let name = params.name { row.name = try checkedName(name) }
    if params.clearMobile == true {
      row.mobile = nil
    } else if let mobile = try mobile(params.mobile, of: rep.id) {
      row.mobile = mobile.digits
    }
    if params.clearEmail == true {
      row.email = nil
    } else if let email = params.email {
      row.email = email
    }
    if let alertBy = params.alertBy { row.alertBy = alertBy }
    // Where the configuration lost its mail, other fields may be changed all the same.
    if params.alertBy != nil || params.clearEmail == true { try checkAlerts(row) }
    if let active = params.active { row.isActive = active }
    return Decision { [row] () throws(StoreError) in
      let isOtherwise = row.isActive != rep.isActive
      let isElsewhere = rep.alertBy.emails && (!row.alertBy.emails || row.email != rep.email)
      try directory.update(rep, row, at: now)
      emitChange(of: rep)
      if isElsewhere { try emails.withdraw(for: rep.id) }
      if isOtherwise { try ownership.repChanged(rep) }
      if isOtherwise, !rep.isActive { try links.repLeft(rep.id) }
      if isOtherwise, !rep.isActive { try leads.repLeft(rep.id) }
      return try view(rep)
    }
  }

  private func assign(_ number: Number, to rep: Rep, isHome: Bool) throws(StoreError) {
    try numbers.assign(number, to: rep, isHome: isHome)
    try ownership.numberChanged(number)
  }

  /// A private mobile is one rep's, and no number of ours.
  private func mobile(_ typed: TypedPhone?, of rep: Int64?) throws(APIError) -> E164? {
    guard let typed else { return nil }
    let mobile = try phones.phone(typed, field: "mobile")
    if let holder = directory.rep(withMobile: mobile.digits), holder.id != rep {
      throw .refused(.duplicate, "another rep has this mobile", field: "mobile")
    }
    guard directory.number(at: PhoneNumber(mobile)) == nil else {
      throw .refused(.invalidField, "this is one of our numbers, not a private mobile", field: "mobile")
    }
    return mobile
  }

  private func view(_ rep: Rep) throws(StoreError) -> RepView {
    guard let view = try views.rep(rep.id) else { throw .misuse("rep", "a rep that is not stored") }
    return view
  }
}
