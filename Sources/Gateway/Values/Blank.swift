extension Unicode.Scalar {
  /// White space, or what nobody sees: White_Space and Default_Ignorable_Code_Point of Unicode, such as U+00A0 and U+200B.
  var isBlank: Bool { properties.isWhitespace || properties.isDefaultIgnorableCodePoint }
}

extension StringProtocol {
  /// Whether there is nothing to see.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }

  /// Without blanks at both ends.
  var trimmed: String {
    guard let first = unicodeScalars.firstIndex(where: { !$0.isBlank }),
      let last = unicodeScalars.lastIndex(where: { !$0.isBlank })
    else { return "" }
    return String(self[first...last])
  }
}
