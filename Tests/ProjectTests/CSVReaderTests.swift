import NetIO
import TestSupport
import Testing

@testable import OperatorCommands

private func read(_ octets: [UInt8], chunk: Int = .max) -> [CSVReader.Record] {
  var reader = CSVReader()
  var records: [CSVReader.Record] = []
  var rest = octets[...]
  while !rest.isEmpty {
    reader.push(rest.prefix(chunk), into: &records)
    rest = rest.dropFirst(chunk)
  }
  reader.finish(into: &records)
  return records
}

private let vectors: [(String, [CSVReader.Record])] = [
  ("", []),
  ("a,b\n1,2\n", [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1", "2"])]),
  ("a,b\r\n1,2\r\n", [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1", "2"])]),
  ("a,b", [.fields(line: 1, ["a", "b"])]),
  (
    "a,b\r1,2\r\r3,4\r",
    [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1", "2"]), .fields(line: 4, ["3", "4"])]
  ),
  ("a;b\n1,5;2\n", [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1,5", "2"])]),
  ("a\tb;c\td\n1\t2;3\t4\n", [.fields(line: 1, ["a", "b;c", "d"]), .fields(line: 2, ["1", "2;3", "4"])]),
  ("\"x;y;z\",b\n1,2\n", [.fields(line: 1, ["x;y;z", "b"]), .fields(line: 2, ["1", "2"])]),
  ("a\n\"1\r\n2\"\r\n", [.fields(line: 1, ["a"]), .fields(line: 2, ["1\n2"])]),
  ("a,b\r", [.fields(line: 1, ["a", "b"])]),
  ("\u{FEFF}a,b\n", [.fields(line: 1, ["a", "b"])]),
  ("a,,\n", [.fields(line: 1, ["a", "", ""])]),
  ("a\n\n\r\nb\n", [.fields(line: 1, ["a"]), .fields(line: 4, ["b"])]),
  ("\"a,b\",\"c\"\n", [.fields(line: 1, ["a,b", "c"])]),
  ("\"say \"\"hi\"\"\",x\n", [.fields(line: 1, ["say \"hi\"", "x"])]),
  ("\"two\nlines\",x\ny,z\n", [.fields(line: 1, ["two\nlines", "x"]), .fields(line: 3, ["y", "z"])]),
  ("\"\",x\n", [.fields(line: 1, ["", "x"])]),
  ("\"a\"\r\nb\n", [.fields(line: 1, ["a"]), .fields(line: 2, ["b"])]),
  ("é,ü\n", [.fields(line: 1, ["é", "ü"])]),
  (
    "a\"b,c\nd,e\n",
    [
      .fault(line: 1, "a quote inside a field that does not begin with a quote"),
      .fields(line: 2, ["d", "e"]),
    ]
  ),
  ("\"a\"b,c\nd,e\n", [.fault(line: 1, "text after a closing quote"), .fields(line: 2, ["d", "e"])]),
  ("\"open,c\nd,e\n", [.fault(line: 1, "a quote is not closed"), .fields(line: 2, ["d", "e"])]),
  ("x\n\"open", [.fields(line: 1, ["x"]), .fault(line: 2, "a quote is not closed")]),
]

@Test(arguments: vectors)
func aRecordIsReadAsSpreadsheetsWriteIt(text: String, expected: [CSVReader.Record]) {
  #expect(read(Array(text.utf8)) == expected)
}

@Test(arguments: vectors)
func howAFileIsCutChangesNothing(text: String, expected: [CSVReader.Record]) {
  for chunk in 1...7 { #expect(read(Array(text.utf8), chunk: chunk) == expected) }
}

@Test func aLineThatIsNotUTF8IsRefusedAlone() {
  let octets = Array("a,b\n".utf8) + [0xE9, 0x2C, 0x31, 0x0A] + Array("c,d\n".utf8)
  #expect(
    read(octets) == [
      .fields(line: 1, ["a", "b"]),
      .fault(line: 2, "not UTF-8 text; save the file as \"CSV UTF-8\""),
      .fields(line: 3, ["c", "d"]),
    ])
}

@Test func aUTF16FileSaysHowToSaveIt() {
  #expect(
    read([0xFF, 0xFE, 0x61, 0x00]) == [.fault(line: 1, "this file is UTF-16; save it as \"CSV UTF-8\"")])
}

@Test(arguments: [97, 1000, 70_000])
func anEndlessLineCostsItselfAlone(chunk: Int) {
  let long = [UInt8](repeating: 0x61, count: 200_000)
  let octets = Array("h\n".utf8) + long + Array("\nb\n".utf8)
  #expect(
    read(octets, chunk: chunk) == [
      .fields(line: 1, ["h"]), .fault(line: 2, "longer than 64 KiB"), .fields(line: 3, ["b"]),
    ])
}

@Test func aQuoteThatIsNeverClosedDoesNotSwallowTheFile() {
  var text = "h,i\n\"lost,1\n"
  for index in 0..<8_000 { text += "row\(index),x\n" }
  let records = read(Array(text.utf8), chunk: 65_536)
  #expect(records.count == 8_002)
  #expect(records[1] == .fault(line: 2, "longer than 64 KiB; a quote is not closed"))
  #expect(records[2] == .fields(line: 3, ["row0", "x"]))
  #expect(records.last == .fields(line: 8_002, ["row7999", "x"]))
}

@Test func tooManyFieldsAreRefused() {
  let text = String(repeating: ",", count: 300) + "\nok\n"
  #expect(read(Array(text.utf8)) == [.fault(line: 1, "more than 256 fields"), .fields(line: 2, ["ok"])])
}

@Test func noiseIsReadToItsEndWithoutATrap() {
  var random = SeededGenerator(seed: 42)
  let alphabet = Array("a,\"\n\r\u{FEFF};\u{0}".utf8) + [0xFF, 0xC3]
  for _ in 0..<200 {
    let octets = (0..<200).compactMap { _ in alphabet.randomElement(using: &random) }
    let whole = read(octets)
    #expect(read(octets, chunk: 3) == whole)
  }
}

@Test func aRowMayLeaveOutItsLastEmptyCellsButHasNoMoreThanTheHeader() throws {
  try withTemporaryDirectory { directory in
    try directory.write("list.csv", "a,b,c\n1\n1,2,3,,\n1,2,3,4\n".utf8)
    var rows: [[String]] = []
    var faults: [Int] = []
    try CSVTable.read(
      directory.path + "/list.csv", header: { _ in }, row: { rows.append($0.fields) },
      fault: { faults.append($0.line) })
    #expect(rows == [["1", "", ""], ["1", "2", "3"]] && faults == [4])
  }
}
