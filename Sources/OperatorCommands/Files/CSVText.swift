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

  /// A field without white space at its ends.
  static func trimmed(_ field: String) -> String {
    var view = Substring(field)
    while let first = view.first, first.isWhitespace { view.removeFirst() }
    while let last = view.last, last.isWhitespace { view.removeLast() }
    return String(view)
  }
}
