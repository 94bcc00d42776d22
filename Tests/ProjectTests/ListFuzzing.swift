@testable import OperatorCommands

/// What must hold for any file that somebody calls a list. The fuzzer `list` and the replay of its corpus call it.
///
/// Input: one octet for the size of the pieces it is read in, then the file.
/// - Returns: what does not hold; nil where all does.
func violationInLists(_ input: [UInt8]) -> String? {
  guard let first = input.first else { return nil }
  let file = Array(input.dropFirst())
  let whole = records(file, piece: file.count)
  if whole != records(file, piece: Int(first % 16) + 1) { return "in pieces the file is another" }
  var line = 0
  for record in whole {
    switch record {
    case .fault(let at, let reason):
      if reason.isEmpty { return "a fault without a reason" }
      if at < line { return "a line before the one before it" }
      line = at
    case .fields(let at, let fields):
      if at < line { return "a line before the one before it" }
      line = at
      if fields.isEmpty || fields.count > CSVReader.maximumFields {
        return "a record of \(fields.count) fields"
      }
      for field in fields {
        if let violation = violation(in: field) { return violation }
      }
    }
  }
  return nil
}

private func records(_ file: [UInt8], piece: Int) -> [CSVReader.Record] {
  var reader = CSVReader()
  var records: [CSVReader.Record] = []
  var rest = file[...]
  while !rest.isEmpty {
    reader.push(rest.prefix(piece), into: &records)
    rest = rest.dropFirst(piece)
  }
  reader.finish(into: &records)
  return records
}

/// A field as a title and as a value.
private func violation(in field: String) -> String? {
  let title = ColumnTitle(field)
  if title.words.contains(where: \.isEmpty) { return "a word of nothing" }
  if CSVReader.normalised(title.field) != title.field { return "a title that is another when read again" }
  if CSVReader.trimmed(title.text) != title.text { return "white space is left" }
  if let column = PhoneColumn(title), column.rank < 0 { return "a phone of rank \(column.rank)" }
  if let rank = PhoneColumn.rank(label: field), rank < 0 { return "a label of rank \(rank)" }
  if let column = OptOutColumn(title), column.answer("") != .nothing { return "a blank opts out" }
  for column in [OptOutColumn.flag, .date, .consent] {
    if column.answer(field) != column.answer(" \(field) ") { return "white space changes an answer" }
  }
  return nil
}
