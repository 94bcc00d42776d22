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

  /// The number a sender stands for, a rep's home or itself, if the caller may send from it.
  func sender(_ from: Sender, _ caller: Requester) throws(APIError) -> Number {
    let number = try number(of: from)
    guard caller.mayUse(number.address) else {
      throw APIError(.forbidden, "this role may not send from this number")
    }
    return number
  }

  private func number(of sender: Sender) throws(APIError) -> Number {
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
