/// `0x` and the value in upper-case hexadecimal, padded with zeros to `digits`.
func hexadecimal(_ value: some FixedWidthInteger & UnsignedInteger, digits: Int) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return "0x" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
