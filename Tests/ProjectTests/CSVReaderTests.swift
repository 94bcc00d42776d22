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
  ("a|b\n1,5|2\n", [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1,5", "2"])]),
  ("a,b\n=\"0012\",x\n", [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["0012", "x"])]),
  (
    "a,b\n=\"0012\"3,x\n",
    [.fields(line: 1, ["a", "b"]), .fault(line: 2, "text after a closing quote")]
  ),
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

// MARK: Charsets

/// The same list as each program writes it.
private let people = "phone,first_name\r\n+12025550142,Zoë\r\n+12025550143,李雷 😀\r\n"

private func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
  text.utf16.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
}

@Test func aListInUTF16IsReadWithAndWithoutItsMark() {
  let expected = read(Array(people.utf8))
  #expect(expected.count == 3)
  for bigEndian in [false, true] {
    for mark in ["", "\u{FEFF}"] {
      for chunk in [1, 2, 3, 7, 1000] {
        #expect(read(utf16(mark + people, bigEndian: bigEndian), chunk: chunk) == expected)
      }
    }
  }
}

@Test func aListInUTF16IsLongerThanWhatIsLookedAt() {
  let text = "phone\n" + String(repeating: "+12025550142\n", count: 5_000)
  #expect(read(utf16(text, bigEndian: false), chunk: 997) == read(Array(text.utf8)))
}

@Test func whatIsNotUTF8IsReadAsWindows1252() {
  var reader = CSVReader()
  var records: [CSVReader.Record] = []
  reader.push(Array("a,b\n".utf8) + [0x4A, 0x6F, 0x73, 0xE9, 0x2C, 0x31, 0x0A], into: &records)
  // Of files put together each field is read by itself.
  reader.push(Array("Zoë,".utf8) + [0x93, 0x80, 0x94, 0x0A] + Array("c,d\n".utf8), into: &records)
  reader.finish(into: &records)
  #expect(
    records == [
      .fields(line: 1, ["a", "b"]), .fields(line: 2, ["José", "1"]), .fields(line: 3, ["Zoë", "“€”"]),
      .fields(line: 4, ["c", "d"]),
    ])
  #expect(reader.windows1252?.count == 2 && reader.windows1252?.line == 2)
  #expect(reader.windows1252?.example == "José")
}

@Test func aLineOfACharsetThatNobodyKnowsIsRefusedAlone() {
  let octets = Array("a,b\n".utf8) + [0xE9, 0x81, 0x2C, 0x31, 0x0A] + Array("c,d\n".utf8)
  #expect(
    read(octets) == [
      .fields(line: 1, ["a", "b"]),
      .fault(line: 2, "neither UTF-8 nor Windows-1252; save the file as \"CSV UTF-8\""),
      .fields(line: 3, ["c", "d"]),
    ])
}

@Test(arguments: [[0xD83D], [0xDE00], [0xD83D, 0x41], [0xD83D, 0xD83D, 0xDE00]] as [[UInt16]])
func aCharacterOfUTF16ThatIsCutCostsItsLine(units: [UInt16]) {
  let octets =
    utf16("\u{FEFF}a\n", bigEndian: false) + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    + utf16("\nc\n", bigEndian: false)
  #expect(
    read(octets) == [
      .fields(line: 1, ["a"]), .fault(line: 2, "a damaged character"), .fields(line: 3, ["c"]),
    ])
}

@Test func excelsLineThatNamesTheSeparatorIsNoHeader() {
  for (said, text) in [(";", "a;b,c\n"), (",", "a,b;c;d\n"), ("|", "a|b,c\n")] {
    let records = read(Array("sep=\(said)\n\(text)".utf8))
    #expect(
      records == [.fields(line: 2, text.dropLast().split(separator: Character(said)).map(String.init))])
  }
}

@Test(arguments: [
  ("PK\u{3}\u{4}xl", "an Excel workbook"), ("%PDF-1.7", "a PDF"),
  ("BEGIN:VCARD\nTEL:1\n", "a file of vCards"),
  ("<html><table>", "a web page"),
])
func whatIsNoListIsNamed(text: String, what: String) {
  #expect(
    read(Array(text.utf8), chunk: 3)
      == [.fault(line: 1, "this file is \(what), not a list; save it as \"CSV UTF-8\"")])
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

@Test(arguments: [
  (" a\t", "a"), ("\r\n\u{A0}a b\u{3000}\r\n", "a b"), (" \u{6DC}a", "\u{6DC}a"), (" \u{301}", "\u{301}"),
  (" \u{2028}", ""),
])
func whiteSpaceIsTakenOffWhateverStandsBesideIt(field: String, text: String) {
  #expect(Array(CSVReader.trimmed(field).unicodeScalars) == Array(text.unicodeScalars))
}

@Test func tooManyFieldsAreRefused() {
  let text = String(repeating: ",", count: 300) + "\nok\n"
  #expect(read(Array(text.utf8)) == [.fault(line: 1, "more than 256 fields"), .fields(line: 2, ["ok"])])
}

@Test(arguments: ["\n", ""])
func aRecordHasAtMost256FieldsHoweverItEnds(end: String) {
  let full = String(repeating: ",", count: 255)
  #expect(read(Array((full + end).utf8)) == [.fields(line: 1, Array(repeating: "", count: 256))])
  #expect(read(Array((full + "," + end).utf8)) == [.fault(line: 1, "more than 256 fields")])
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
