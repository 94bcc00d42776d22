/// What follows short_message: optional parameters, or where peers count wrong, first a few octets that are none.
struct Tail {
  /// Octets between the text and the optional parameters.
  var strays = 0
  /// Whether the one stray octet is the last of the text: sm_length was one too small.
  var strayIsText = false
  /// Octets of whole optional parameters after the strays.
  var parameters = 0

  /// Whether all that follows the text is whole optional parameters.
  func isExact(_ count: Int) -> Bool { strays == 0 && parameters == count }
}

// What follows the mandatory part.
extension Reader {
  /// The last address of a PDU, whose NUL may be missing.
  mutating func lastAddress(_ field: PDUField, size: Int) throws(PDUError) -> Address {
    let ton = try octet(field)
    let npi = try octet(field)
    return Address(ton: ton, npi: npi, digits: try lastCString(field, size: size))
  }

  /// The optional parameters of a request. Fewer octets than a tag and a length at the end cannot be a parameter and
  /// are passed over; one whose value is cut off is ESME_RINVOPTPARSTREAM. One whose value cannot be is taken as it came,
  /// and reads as nothing: it is no reason to lose the text it came with.
  mutating func requestTLVs() throws(PDUError) -> TLVs {
    let whole = try parameters(after: 0)
    defer { skip(remaining) }
    return whole == 0 ? TLVs() : TLVs(wellFormed: UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
  }

  /// The optional parameters of a response, as far as they are whole: a response is taken whatever follows its id.
  mutating func responseTLVs() -> TLVs {
    let walk = TLVWalk(rest)
    defer { skip(remaining) }
    return walk.whole == 0
      ? TLVs() : TLVs(wellFormed: UnsafeRawBufferPointer(rebasing: rest.prefix(walk.whole)))
  }

  /// Finds out what follows a text of `count` octets, at whose end the reader stands.
  ///
  /// Taken, in this order: whole parameters; zeros to the end; whole parameters that fit after one octet that sm_length
  /// missed or after two or three zeros; whole parameters before an end too short to be one; up to three octets that are
  /// none. A single stray octet is text if it is not zero, or if it makes a UCS-2 text even.
  func tail(afterText count: Int, dataCoding: UInt8) throws(PDUError) -> Tail {
    let tail = rest
    var found = Tail()
    if tail.allSatisfy({ $0 == 0 }) {
      found.strays = tail.count
    } else if !TLVWalk(tail).isExact {
      found.strays =
        (1...3).first { Self.isExact(tail, after: $0) } ?? (tail.count < TLV.headerLength ? tail.count : 0)
    }
    let isHalved = dataCoding == DataCodingWidth.ucs2 && count % 2 == 1
    found.strayIsText = isHalved && found.strays > 0 || found.strays == 1 && tail[0] != 0
    found.parameters = try parameters(after: found.strays)
    // What is left of them may be zeros alone, which mean nothing here either.
    if tail.dropFirst(found.strays).prefix(found.parameters).allSatisfy({ $0 == 0 }) {
      found.strays += found.parameters
      found.parameters = 0
    }
    return found
  }

  /// Octets of whole optional parameters that begin `strays` octets on.
  private func parameters(after strays: Int) throws(PDUError) -> Int {
    let rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(strays))
    let walk = TLVWalk(rest)
    if walk.isCut { throw PDUError(.truncated, .optionalParameters, offset: offset + strays + walk.whole) }
    return walk.whole
  }

  /// Whether all after `strays` octets, which are one of any value or zeros, is whole parameters with values they can have.
  private static func isExact(_ tail: UnsafeRawBufferPointer, after strays: Int) -> Bool {
    guard tail.count >= strays + TLV.headerLength, strays == 1 || tail.prefix(strays).allSatisfy({ $0 == 0 })
    else { return false }
    let parameters = UnsafeRawBufferPointer(rebasing: tail.dropFirst(strays))
    return TLVWalk(parameters).isExact && TLVWalk.allFit(parameters)
  }
}

/// What the codec needs to know of data_coding: whether characters take two octets.
private enum DataCodingWidth {
  /// UCS-2 (ISO/IEC 10646), 5.2.19.
  static let ucs2: UInt8 = 0x08
}
