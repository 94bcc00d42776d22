import Contract
import Store

/// `rep.*`: the people who text.
struct RepCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let numbers: NumberStates
  let ownership: Ownership
  let views: Views

  func add(_ params: RepAdd, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.name)
    guard directory.reps.count < Directory.maximumNumbers else {
      throw .limitReached("reps", Directory.maximumNumbers)
    }
    let mobile = try mobile(params.mobile, of: nil)
    let number = try params.number.map { (typed) throws(APIError) in
      try directory.known(try phones.ours(typed, field: "number"), caller)
    }
    // A rep without a number would be nobody's to this caller.
    guard caller.isUnrestricted || number != nil else {
      throw .invalid("number", "required: this role may only add reps to its own numbers")
    }
    if let holder = number?.rep {
      throw .refused(
        .duplicate, "\(RepID(holder)) has this number; number.assign gives it to another rep", field: "number"
      )
    }
    return Decision { () throws(StoreError) in
      let rep = try directory.addRep(name, mobile: mobile?.digits, at: now)
      emitChange(of: rep)
      if let number {
        try assign(number, to: rep, isHome: true)
      }
      return try view(rep)
    }
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
    if let alerts = params.alerts { row.alerts = alerts }
    if let active = params.active { row.isActive = active }
    return Decision { [row] () throws(StoreError) in
      let isOtherwise = row.isActive != rep.isActive
      try directory.update(rep, row)
      emitChange(of: rep)
      if isOtherwise { try ownership.repChanged(rep) }
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
