import Carriers
import Contract
import SMPP

extension Directory {
  /// The number of ours that an address of a PDU means: as the address is read, else in its other readings, whatever TON says of it.
  func number(at address: Address, _ normaliser: AddressNormaliser) -> Number? {
    if let number = normaliser.phoneNumber(address).flatMap({ number(at: $0) }) { return number }
    return normaliser.otherParties(address).lazy.compactMap { party in
      party.e164.flatMap { PhoneNumber($0) }.flatMap { self.number(at: $0) }
    }.first
  }

  /// The number at an address, if the caller may use it; to others it is as if it were not there.
  func known(_ address: PhoneNumber, _ caller: Requester) throws(APIError) -> Number {
    guard let number = number(at: address), caller.mayUse(address) else { throw .notFound("number", address) }
    return number
  }

  func known(_ id: RepID) throws(APIError) -> Rep {
    guard let rep = reps[id.value] else { throw .notFound("rep", id) }
    return rep
  }

  /// The rep, if the caller may use a number that the rep holds; to others the rep is as if not there.
  func known(_ id: RepID, _ caller: Requester) throws(APIError) -> Rep {
    guard let rep = reps[id.value], isKnown(rep, caller) else { throw .notFound("rep", id) }
    return rep
  }

  private func isKnown(_ rep: Rep, _ caller: Requester) -> Bool {
    caller.isUnrestricted
      || rep.held.contains { number in numbers[number].map { caller.mayUse($0.address) } ?? false }
  }

  /// The reps of a name, its case ignored, of whom the caller may know.
  func reps(named name: String, _ caller: Requester) -> [Rep] {
    reps(named: name).filter { isKnown($0, caller) }
  }

  /// The rep who owns what a caller makes: the one named, else the one rep of the caller's numbers. A caller with all numbers may
  /// leave it to nobody.
  func owner(_ named: RepID?, _ caller: Requester) throws(APIError) -> Rep? {
    if let named { return try known(named, caller) }
    guard let own = caller.numbers else { return nil }
    let holders = Set(own.compactMap { number(at: $0)?.rep })
    guard holders.count == 1, let rep = holders.first.flatMap({ reps[$0] }) else {
      throw .refused(
        .noOwner, "this role has the numbers of several reps, or of none: give rep_id", field: "rep_id")
    }
    return rep
  }

  /// The number a sender stands for, a rep's home or itself, if the caller may send from it.
  func sender(_ from: Sender, _ caller: Requester) throws(APIError) -> Number {
    let number = try number(of: from)
    guard caller.mayUse(number.address) else {
      throw APIError(.forbidden, "this role may not send from this number")
    }
    return number
  }

  /// The number a sender stands for: a rep's home, or itself.
  func number(of sender: Sender) throws(APIError) -> Number {
    switch sender {
    case .rep(let id):
      let rep = try known(id)
      guard rep.isActive else { throw .refused(.repInactive) }
      guard let number = rep.home.flatMap({ numbers[$0] }) else { throw .refused(.noNumber) }
      return number
    case .number(let address):
      guard let number = number(at: address) else { throw .refused(.unknownNumber, field: "from") }
      return number
    }
  }
}
