import Carriers
import Contract
import SMPP

extension AddressNormaliser {
  /// An address of a PDU as the store keeps it; nil when it is no phone and no short code.
  func phoneNumber(_ address: Address) -> PhoneNumber? {
    switch party(address) {
    case .number(let text), .shortCode(let text): PhoneNumber(text)
    case .alphanumeric, .unusable: nil
    }
  }
}
