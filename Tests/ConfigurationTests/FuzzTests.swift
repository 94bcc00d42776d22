import Foundation
import NetIO
import TestSupport
import Testing

@testable import Configuration

/// Random changes of configurations that are right, from a seed: `TOLLGATE_FUZZ_SECONDS` makes it go on for longer.
@Suite struct ConfigurationFuzzTests {
  private static let starts = [
    """
    { socket: { roles: { admin: { users: ['root'] } } }, brand: { name: 'A', help: 'STOP' },
      carriers: { c: { connect: { hosts: ['a:1', '[::1]:2'] }, system_id: 'a', password: { credential: 'p' }, rate: 9,
        statuses: { '0x400-0x40F': 'temporary' }, receipts: { id: 'auto', fields: ['id', 'stat'] } } } }
    """,
    """
    { socket: { roles: { admin: { users: ['root'] } } }, brand: { name: 'A', help: 'STOP' }, profiles: { n: { window: 3 } },
      carriers: { r: { profile: 'n', listen: { host: '::', port: 2776 }, rate: 1.5, accounts: { x: {
        password: { credential: 'p' }, from: ['192.0.2.0/24', '::/0'], sessions: 4,
        outbind: { system_id: 'u', password: { credential: 'p' } } } } } } }
    """,
  ]
  private static let words = [
    "{", "}", "[", "]", ":", ",", "'", "\"", "//", "/*", "*/", "\\", "\\u12G4", "null", "true", "-1", "0x",
    "1.2.3", "1e999",
    "Infinity", "NaN", "+-1", "99999999999999999999", "tls: {}", "tls: { pins: ['sha256/AA=='] }",
    "profile: 'hex_ids'",
    "\u{0}", "\u{7F}", "\u{FEFF}", "é", "\u{1F600}", "\r\n", "from: ['::1/129']", "hosts: []", "credential",
    "file: '/dev/null'",
  ]

  @Test func whateverTheTextAnErrorHasAPlaceAndWhatIsTakenIsWithinItsBounds() throws {
    let directory = try TemporaryDirectory()
    try directory.write("p", "tr1ckle\n".utf8)
    defer { withExtendedLifetime(directory) {} }
    let secrets = SecretSource(credentialsDirectory: directory.path)
    let example = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Config/tollgate.json5"),
      encoding: .utf8)
    let starts = Self.starts + [example]
    for start in Self.starts { #expect(violationInConfiguration(start, secrets) == nil) }
    let seconds = ProcessInfo.processInfo.environment["TOLLGATE_FUZZ_SECONDS"].flatMap { Int($0) }
    let end = ContinuousClock.now + .seconds(seconds ?? 0)
    var random = SeededGenerator(seed: 0x7011_6A7E)
    var runs = 0
    while runs < 1500 || ContinuousClock.now < end {
      let start = Int(random.next() % 8)
      var text = Array((start < 6 ? starts[start % 2] : starts[2]).unicodeScalars)
      for _ in 0...(random.next() % 4) { Self.change(&text, &random) }
      var changed = String.UnicodeScalarView()
      changed.append(contentsOf: text)
      let violation = violationInConfiguration(String(changed), secrets)
      if let violation {
        Issue.record("run \(runs): \(violation)\n\(String(changed))")
        return
      }
      runs += 1
    }
    if seconds != nil { print("config: \(runs) executions") }
  }

  private static func change(_ text: inout [Unicode.Scalar], _ random: inout SeededGenerator) {
    let at = Int(random.next() % UInt64(text.count + 1))
    let length = min(text.count - at, Int(random.next() % 12))
    switch random.next() % 4 {
    case 0: text.removeSubrange(at..<at + length)
    case 1: text.insert(contentsOf: text[at..<at + length], at: Int(random.next() % UInt64(text.count + 1)))
    case 2:
      let word = words[Int(random.next() % UInt64(words.count))]
      text.replaceSubrange(at..<at + length, with: Array(word.unicodeScalars))
    default:
      let word = words[Int(random.next() % UInt64(words.count))]
      text.insert(contentsOf: Array(word.unicodeScalars), at: at)
    }
  }

  /// What the library that reads values refuses, and the walk that finds places took.
  @Test(arguments: [
    ("{ a: 1,\n  b: 1.2.3 }", "t.json5:2:6: b: not a value"),
    ("{ a: +-1 }", "t.json5:1:6: a: not a value"),
    ("{ a: 0x }", "t.json5:1:6: a: not a value"),
    ("{ a: [1,\n 'x', --2] }", "t.json5:2:7: a: not a value"),
    ("{ a: '\\u12G4' }", "t.json5:1:6: a: not a value"),
  ]) func anInvalidValueIsReportedWithItsPlace(text: String, message: String) {
    let secrets = SecretSource(credentialsDirectory: nil, mayBeUnseen: true)
    do throws(ConfigurationError) {
      _ = try Configuration.parse(text, file: "t.json5", secrets: secrets)
      Issue.record("it was taken")
    } catch {
      #expect(error.description == message)
    }
  }
}
