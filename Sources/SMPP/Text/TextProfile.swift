/// What one pass over a text says about the encodings that hold it.
struct TextProfile {
  /// Septets in GSM 03.38; nil where a character is not in it.
  var gsmSeptets: Int?
  /// UTF-16 code units.
  var utf16Units = 0
  /// Code points.
  var scalars = 0
  /// No code point is above this: 0x7F, 0xFF or the highest of all.
  var highest: UInt32 = 0x7F

  init(_ utf8: UnsafeBufferPointer<UInt8>) {
    if GSM7.isPlain(utf8) {
      gsmSeptets = utf8.count
      utf16Units = utf8.count
      scalars = utf8.count
      return
    }
    var septets = 0
    var isGSM = true
    GSM7.asciiCodes.withUnsafeBufferPointer { codes in
      var at = 0
      while at < utf8.count {
        let octet = utf8[at]
        let code: UInt16
        if octet < 0x80 {
          code = codes[Int(octet)]
          at += 1
          utf16Units += 1
        } else {
          let value = UTF8Walk.scalar(utf8, &at)
          code = isGSM ? GSM7.codeBeyondASCII(value) : GSM7.absent
          utf16Units += value > 0xFFFF ? 2 : 1
          highest = max(highest, value <= 0xFF ? 0xFF : 0x10FFFF)
        }
        scalars += 1
        if code == GSM7.absent { isGSM = false }
        septets += code & GSM7.extended == 0 ? 1 : 2
      }
    }
    gsmSeptets = isGSM ? septets : nil
  }
}

/// Walks the UTF-8 of a `String`, which is valid.
enum UTF8Walk {
  /// The character at `at`, which moves behind it.
  @inline(__always)
  static func scalar(_ utf8: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> UInt32 {
    func next() -> UInt32 {
      guard at < utf8.count else { return 0 }
      defer { at += 1 }
      return UInt32(utf8[at])
    }
    let first = next()
    if first < 0x80 { return first }
    if first < 0xE0 { return (first & 0x1F) << 6 | next() & 0x3F }
    if first < 0xF0 {
      let second = next() & 0x3F
      return (first & 0x0F) << 12 | second << 6 | next() & 0x3F
    }
    let second = next() & 0x3F
    let third = next() & 0x3F
    return (first & 0x07) << 18 | second << 12 | third << 6 | next() & 0x3F
  }
}
