/// UTF-16 as SMPP carries it: big endian, without a byte order mark (`data_coding` 0x08).
///
/// The specification says UCS-2; handsets read surrogate pairs, so they are written and read.
public enum UCS2 {
  /// Octets of `text`, two a code unit.
  public static func encode(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { encode($0, units: TextProfile($0).utf16Units) }
  }

  /// Octets of a text known to take `units` code units.
  static func encode(_ utf8: UnsafeBufferPointer<UInt8>, units: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: units * 2) { buffer, count in
      func put(_ unit: UInt32) {
        guard count + 1 < buffer.count else { return }
        buffer[count] = UInt8(truncatingIfNeeded: unit >> 8)
        buffer[count + 1] = UInt8(truncatingIfNeeded: unit)
        count += 2
      }
      var at = 0
      while at < utf8.count {
        let value = UTF8Walk.scalar(utf8, &at)
        if value < 0x10000 {
          put(value)
        } else {
          put(0xD7C0 &+ value >> 10)
          put(0xDC00 | value & 0x3FF)
        }
      }
    }
  }

  /// Text of UTF-16 octets. A mark is taken off, and a little-endian one obeyed; a surrogate without its other
  /// half is U+FFFD, and an odd last octet is dropped.
  public static func decode(_ octets: some Collection<UInt8>) -> String {
    let decoded = octets.withContiguousStorageIfAvailable { decode($0) }
    return (decoded ?? Array(octets).withUnsafeBufferPointer { decode($0) }).text
  }

  /// Text of UTF-16 octets, and whether something of it was not text.
  static func decode(_ octets: UnsafeBufferPointer<UInt8>, littleEndian: Bool = false)
    -> (text: String, lossy: Bool)
  {
    var start = 0
    var high = littleEndian ? 1 : 0  // the place of the high octet in a unit
    if octets.count >= 2 {
      if octets[0] == 0xFE, octets[1] == 0xFF { (start, high) = (2, 0) }
      if octets[0] == 0xFF, octets[1] == 0xFE { (start, high) = (2, 1) }
    }
    let units = (octets.count - start) / 2
    var lossy = (octets.count - start) % 2 != 0
    func unit(_ index: Int) -> UInt32 {
      let at = start + index * 2
      return UInt32(octets[at + high]) << 8 | UInt32(octets[at + 1 - high])
    }
    // Three octets of UTF-8 a unit is the most any character takes.
    let text = String(unsafeUninitializedCapacity: units * 3) { buffer in
      var written = 0
      func put(_ octet: UInt32) {
        buffer[written] = UInt8(truncatingIfNeeded: octet)
        written += 1
      }
      var index = 0
      while index < units {
        var value = unit(index)
        index += 1
        if value & 0xF800 == 0xD800 {
          if value < 0xDC00, index < units, case let low = unit(index), low & 0xFC00 == 0xDC00 {
            value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
            index += 1
          } else {
            value = 0xFFFD
            lossy = true
          }
        }
        switch value {
        case ..<0x80: put(value)
        case ..<0x800:
          put(0xC0 | value >> 6)
          put(0x80 | value & 0x3F)
        case ..<0x10000:
          put(0xE0 | value >> 12)
          put(0x80 | value >> 6 & 0x3F)
          put(0x80 | value & 0x3F)
        default:
          put(0xF0 | value >> 18)
          put(0x80 | value >> 12 & 0x3F)
          put(0x80 | value >> 6 & 0x3F)
          put(0x80 | value & 0x3F)
        }
      }
      return written
    }
    return (text, lossy)
  }
}
