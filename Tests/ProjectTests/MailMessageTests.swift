import Contract
import Foundation
import NetIO
import TestSupport
import Testing

@testable import OperatorCommands

/// Alerts as messages of RFC 5322.
@Suite struct MailMessageTests {
  private func message(_ subject: String, _ text: String = "Hello") throws -> String {
    let octets = MailMessage(
      from: try #require(EmailAddress("alerts@acme.example")),
      to: try #require(EmailAddress("anna@acme.example")),
      subject: subject, text: text, date: Timestamp(milliseconds: 1_795_366_980_412), id: "eml_5.store"
    ).octets
    return try #require(String(validating: octets, as: UTF8.self))
  }

  private struct Read {
    var headers: [(name: String, value: String)] = []
    var lines: [String] = []
    var body = ""
    subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  }

  /// As a mail program reads it, with no code of ours.
  private func read(_ message: String) throws -> Read {
    var read = Read()
    let end = try #require(message.range(of: "\n\n"))
    for line in message[..<end.lowerBound].components(separatedBy: "\n") {
      read.lines.append(line)
      if line.first == " " || line.first == "\t" {
        let last = try #require(read.headers.indices.last)
        read.headers[last].value += line
      } else {
        let colon = try #require(line.firstIndex(of: ":"))
        read.headers.append(
          (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)))
      }
    }
    read.body = String(message[end.upperBound...])
    if read["Content-Transfer-Encoding"] == "quoted-printable" { read.body = try Self.unquoted(read.body) }
    return read
  }

  private static func unquoted(_ text: String) throws -> String {
    var octets: [UInt8] = []
    let joined = text.replacingOccurrences(of: "=\n", with: "")
    var rest = joined[...]
    while let character = rest.first {
      if character == "=" {
        octets.append(try #require(UInt8(rest.dropFirst().prefix(2), radix: 16)))
        rest = rest.dropFirst(3)
      } else {
        octets += Array(String(character).utf8)
        rest = rest.dropFirst()
      }
    }
    return try #require(String(validating: octets, as: UTF8.self))
  }

  /// RFC 2047, section 6.2: blanks between encoded words are not there.
  private func decoded(_ value: String) throws -> String {
    guard value.contains("=?") else { return value }
    var octets: [UInt8] = []
    for word in value.split(separator: " ") {
      let found = try #require(word.wholeMatch(of: /=\?UTF-8\?B\?([A-Za-z0-9+\/=]*)\?=/), "\(word)")
      let piece = try #require(Data(base64Encoded: String(found.output.1)))
      #expect(String(validating: piece, as: UTF8.self) != nil, "each word is whole characters")
      octets += Array(piece)
    }
    return try #require(String(validating: octets, as: UTF8.self))
  }

  @Test func aPlainAlertIsAPlainMessage() throws {
    #expect(
      try message(
        "Acme Homes: new message from Alice", "Acme Homes: new message from Alice\n\nhttps://d.example/a/0")
          == """
          From: <alerts@acme.example>
          To: <anna@acme.example>
          Subject: Acme Homes: new message from Alice
          Date: Sun, 22 Nov 2026 17:03:00 +0000
          Message-ID: <eml_5.store@acme.example>
          Auto-Submitted: auto-generated
          MIME-Version: 1.0
          Content-Type: text/plain; charset=utf-8
          Content-Transfer-Encoding: 7bit

          Acme Homes: new message from Alice

          https://d.example/a/0

          """)
  }

  @Test func theSameAlertIsTheSameOctetsAtEachAttempt() throws {
    #expect(try message("Señor 🎉") == message("Señor 🎉"))
  }

  static let subjects = [
    "", " ", "Hello", "Señora Núñez: 3 neue Nachrichten", "🎉", String(repeating: "🎉", count: 60),
    "👩‍👩‍👧‍👦 family \u{1F1FA}\u{1F1F8}", String(repeating: "x", count: 150), String(repeating: "word ", count: 30),
    "=?UTF-8?B?SGk=?=", "a =?b", "шесть новых сообщений, последнее от Александры Константиновны", "日本語の件名",
    "e\u{301}", "\u{202E}gnirts",
  ]

  @Test(arguments: subjects) func aSubjectIsReadAsItWasWritten(subject: String) throws {
    let read = try read(try message(subject))
    let value = try decoded(try #require(read["Subject"]))
    let isFolded = !(read["Subject"] ?? "").contains("=?")
    let written = isFolded ? subject.split(separator: " ").joined(separator: " ") : subject
    #expect((isFolded ? value.split(separator: " ").joined(separator: " ") : value) == written)
    for line in read.lines where line.contains("=?") { #expect(line.utf8.count <= 76) }
    for line in read.lines {
      #expect(line.utf8.count <= 998 && line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }
  }

  /// Whatever is between, the message has these headers, in this order, and one body.
  @Test(arguments: [
    "x\nBcc: evil@example.com", "x\r\nBcc: evil@example.com", "x\rBcc: evil@example.com", "x\n\nbody",
    "x\u{2028}Bcc: e@example.com", "x\u{85}Bcc: e@example.com", "x\u{0}\u{0B}\u{0C}Bcc: e@example.com",
    "\nX: y", ":", "Señor\r\nBcc: evil@example.com", "\u{7F}\u{1B}[31m",
  ]) func nothingInASubjectBeginsAHeader(subject: String) throws {
    let read = try read(try message(subject, subject))
    #expect(
      read.headers.map(\.name) == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
      ])
    #expect(read.lines.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } })
    #expect(try !decoded(try #require(read["Subject"])).unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test(arguments: [
    "Hello", "Señor 🎉", String(repeating: "🎉", count: 100), String(repeating: "x", count: 3_000),
    "tab\there", "=3D = =\n=20", "trailing \nblanks\t\n\n.", ".\n..\n.x", "From nobody\nFrom me", "a\n\n\nb",
    "https://d.example/a/0123456789abcdef?x=1",
  ]) func aTextIsReadAsItWasWritten(text: String) throws {
    let message = try message("s", text)
    let read = try read(message)
    #expect(read.body == text + "\n")
    for line in message.components(separatedBy: "\n") {
      #expect(line.utf8.count <= 78 && !line.hasPrefix("From "))
      #expect(line.last != " " && line.last != "\t" && line.utf8.allSatisfy { $0 < 0x80 })
    }
  }

  @Test func lineEndsOfAllKindsAreLineEndsAndOtherControlCharactersAreNotThere() throws {
    #expect(try read(try message("s", "a\r\nb\rc\u{2028}d\u{0}\u{1B}[1me")).body == "a\nb\nc\nd[1me\n")
  }

  @Test func randomSubjectsAndTextsSurvive() throws {
    var random = SeededGenerator(seed: 7)
    let scalars: [ClosedRange<UInt32>] = [0x20...0x7E, 0xA0...0x2FF, 0x400...0x4FF, 0x1F300...0x1F6FF]
    for _ in 0..<500 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...200, using: &random) {
        let range = scalars[Int.random(in: 0..<scalars.count, using: &random)]
        if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.append(scalar) }
      }
      let written = String(text)
      let read = try read(try message(written, written))
      #expect(read.body == written + "\n")
      let subject = try decoded(try #require(read["Subject"]))
      let words = { (text: String) in text.split(separator: " ").joined(separator: " ") }
      #expect(words(subject) == words(written))
    }
  }

  @Test func whatIsNoPlainAddressIsNone() {
    for good in ["a@b", "anna.b+tag@mail.acme.example", "o'neil_x-y@a-b.example", "1@2.example"] {
      #expect(EmailAddress(good)?.text == good, "\(good)")
    }
    for bad in [
      "", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "-f@b", "a..b@c", ".a@b", "a.@b", "a@-b", "a@b-",
      "a@b..c",
      "a@.b", "\"a b\"@c", "a@[127.0.0.1]", "a\n@b", "a@b\nBcc: c@d", "a@b\r", "<a@b>", "a,b@c", "a;b@c",
      "a|b@c",
      "a!b@c", "a%b@c", "/dev/null@c", "a`b`@c", "ä@b", "a@bü", "a@b\u{0}",
      String(repeating: "a", count: 65) + "@b",
      "a@" + String(repeating: "b", count: 64), "a@" + String(repeating: "b.", count: 130) + "b",
    ] {
      #expect(EmailAddress(bad) == nil, "\(bad)")
    }
  }

  // MARK: sendmail

  @Test(arguments: [
    (0, EmailOutcome.sent), (1, .failed), (64, .failed), (65, .failed), (67, .failed), (68, .failed),
    (69, .retry),
    (70, .retry), (71, .retry), (73, .retry), (74, .retry), (75, .retry), (76, .failed), (77, .failed),
    (78, .failed), (126, .retry), (127, .retry), (137, .retry),
  ]) func exitCodesSayWhatFollows(status: Int, outcome: EmailOutcome) throws {
    #expect(Sendmail.outcome(of: status) == outcome)
    guard status < 126 else { return }
    let result = try run("cat > /dev/null; exit \(status)")
    #expect(result == .init(outcome: outcome, status: status))
  }

  /// A script in the place of the mail server's command.
  private func run(_ script: String, timeout: Duration = .seconds(20), message: [UInt8]? = nil) throws
    -> Sendmail.Result
  {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    // As `tollgate` itself does.
    Signals.ignoreBrokenPipes()
    // Written by another process: what this one has open for writing, a test beside it may hand on to a child, and then it cannot be run.
    let text = "#!/bin/sh\ncd '\(directory.path)'\n\(script)\n"
    let made = try Shell.run(
      ["/bin/sh", "-c", "printf '%s' \"$1\" > sendmail && chmod 700 sendmail", "sh", text], in: directory.url)
    #expect(made.status == 0)
    let result = try Sendmail(path: directory.path + "/sendmail", timeout: timeout).send(
      message ?? Array("To: a\n\n.\nx\n".utf8), from: try #require(EmailAddress("alerts@acme.example")),
      to: try #require(EmailAddress("anna@acme.example")))
    return result
  }

  @Test func theCommandGetsTheMessageAndNothingAShellWouldRead() throws {
    let script = """
      [ "$#" = 5 ] && [ "$1 $2 $3 $4 $5" = "-i -f alerts@acme.example -- anna@acme.example" ] || exit 64
      [ "$(cat)" = "$(printf 'To: a\\n\\n.\\nx')" ] || exit 65
      """
    #expect(try run(script) == .init(outcome: .sent, status: 0))
  }

  @Test func aCommandThatHangsIsKilledWithWhatItStartedAndTriedAgain() throws {
    let result = try run("sleep 600 & sleep 600", timeout: .milliseconds(100))
    #expect(result == .init(outcome: .retry, status: 137))
  }

  @Test func aCommandThatReadsNothingAndOneThatIsNotThereDelayNothing() throws {
    let large = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    #expect(try run("exit 75", message: large) == .init(outcome: .retry, status: 75))
    #expect(try run("sleep 600", timeout: .milliseconds(100), message: large).outcome == .retry)
    let absent = Sendmail(path: "/nonexistent/sendmail", timeout: .seconds(1))
    let address = try #require(EmailAddress("a@b"))
    #expect(try absent.send([], from: address, to: address) == .init(outcome: .retry, status: 127))
  }
}
