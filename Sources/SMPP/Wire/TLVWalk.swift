/// Walks octets as optional parameters without keeping any.
struct TLVWalk {
  /// Octets of whole parameters at the front.
  var whole = 0
  /// Octets after them: none, fewer than a tag and a length, or a parameter that claims more than is there.
  var rest = 0
  /// Whether the rest begins a parameter whose value is cut off.
  var isCut = false

  /// Whether all of it is whole parameters.
  var isExact: Bool { rest == 0 }

  init(_ octets: UnsafeRawBufferPointer) {
    while octets.count - whole >= TLV.headerLength {
      let length = Int(
        UInt16(bigEndian: octets.loadUnaligned(fromByteOffset: whole + 2, as: UInt16.self)))
      guard octets.count - whole - TLV.headerLength >= length else {
        isCut = true
        break
      }
      whole += TLV.headerLength + length
    }
    rest = octets.count - whole
  }

  /// Whether every parameter has a value SMPP 3.4 allows it; `octets` must be whole parameters.
  ///
  /// Integers may be wider or narrower than specified as long as the value fits; a C-octet string may lack its NUL.
  static func allFit(_ octets: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while octets.count - at >= TLV.headerLength {
      let tag = TLVTag(
        rawValue: UInt16(bigEndian: octets.loadUnaligned(fromByteOffset: at, as: UInt16.self)))
      let length = Int(UInt16(bigEndian: octets.loadUnaligned(fromByteOffset: at + 2, as: UInt16.self)))
      let start = at + TLV.headerLength
      let end = min(start + length, octets.count)
      if let form = tag.form, !fits(UnsafeRawBufferPointer(rebasing: octets[start..<end]), form) {
        return false
      }
      at = end
    }
    return true
  }

  private static func fits(_ value: UnsafeRawBufferPointer, _ form: TLVForm) -> Bool {
    switch form {
    case .integer(let octets):
      !value.isEmpty && value.count <= 4 && value.dropLast(octets).allSatisfy { $0 == 0 }
    case .cOctetString(let atMost): value.count <= atMost
    case .octetString(let allowed): allowed.contains(value.count)
    case .empty: value.count <= 1
    }
  }
}
