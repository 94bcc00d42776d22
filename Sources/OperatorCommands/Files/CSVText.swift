extension CSVReader {
  /// `"First Name"` is `first_name`.
  static func normalised(_ title: String) -> String {
    var result = ""
    for scalar in title.lowercased().unicodeScalars {
      if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) {
        result.unicodeScalars.append(scalar)
      } else if !result.isEmpty, result.last != "_" {
        result.append("_")
      }
    }
    while result.last == "_" { result.removeLast() }
    return result
  }

  /// A field without white space at its ends. It is looked for by scalar: a blank with a mark behind it is no blank character.
  static func trimmed(_ field: String) -> String {
    func isText(_ scalar: Unicode.Scalar) -> Bool { !scalar.properties.isWhitespace }
    guard let first = field.unicodeScalars.firstIndex(where: isText),
      let last = field.unicodeScalars.lastIndex(where: isText)
    else { return "" }
    return String(field.unicodeScalars[first...last])
  }
}
