extension GSM7 {
  /// Octets that `septets` septets take when packed behind `fillBits` bits.
  public static func packedOctets(septets: Int, fillBits: Int = 0) -> Int {
    (septets * 7 + fillBits + 7) / 8
  }

  /// Bits between a user data header of `headerOctets` octets and the first septet, so that septets start on
  /// a septet boundary (3GPP TS 23.040, 9.2.3.24).
  public static func fillBits(afterHeader headerOctets: Int) -> Int {
    (7 - headerOctets * 8 % 7) % 7
  }

  /// Packs septets, lowest bits first, eight into seven octets (3GPP TS 23.038, 6.1.2.1.1), behind
  /// `fillBits` (0 to 6) zero bits.
  public static func pack(_ septets: some Collection<UInt8>, fillBits: Int = 0) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(packedOctets(septets: septets.count, fillBits: fillBits))
    var pending: UInt32 = 0
    var bits = max(0, min(6, fillBits))
    for septet in septets {
      pending |= UInt32(septet & 0x7F) << UInt32(bits)
      bits += 7
      if bits >= 8 {
        octets.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        bits -= 8
      }
    }
    if bits > 0 { octets.append(UInt8(truncatingIfNeeded: pending)) }
    return octets
  }

  /// Septets of packed octets, after `fillBits` (0 to 6) bits.
  ///
  /// SMPP says how many octets there are and not how many septets. Where the last seven bits may be padding and
  /// are zero they are dropped, or a text of 8n - 1 characters would end in a stray `@`; so a text of 8n
  /// characters that does end in `@` loses it.
  public static func unpack(_ octets: some Collection<UInt8>, fillBits: Int = 0) -> [UInt8] {
    let fill = max(0, min(6, fillBits))
    let count = max(0, octets.count * 8 - fill) / 7
    var septets: [UInt8] = []
    septets.reserveCapacity(count)
    var pending: UInt32 = 0
    var bits = -fill
    for octet in octets {
      if bits < 0 {
        pending = UInt32(octet) >> UInt32(-bits)
      } else {
        pending |= UInt32(octet) << UInt32(bits)
      }
      bits += 8
      while bits >= 7 && septets.count < count {
        septets.append(UInt8(truncatingIfNeeded: pending & 0x7F))
        pending >>= 7
        bits -= 7
      }
    }
    if bits == 0, septets.last == 0 { septets.removeLast() }
    return septets
  }
}
