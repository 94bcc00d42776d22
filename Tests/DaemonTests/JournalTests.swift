import Contract
import NetIO
import Testing

@testable import Daemon

@Suite struct JournalTests {
  @Test(arguments: [
    ("event=paused reason=\"lunch\"", "event=paused reason=\"lunch\""),
    ("reason=\"x\"\n<2>alert=store_failed", "reason=\"x\"\\xa<2>alert=store_failed"),
    ("a\r\u{1B}[2Jb\u{9B}c\u{2028}d\u{0}", "a\\xd\\x1b[2Jb\\x9bc\\x2028d\\x0"), ("Grüße 漢字", "Grüße 漢字"),
  ]) func whatSomebodyWroteForgesNoLine(line: String, written: String) {
    let lines = Lock([String]())
    let journal = Journal { _, line in lines.withLock { $0.append(line) } }
    journal.write(.info, line)
    #expect(lines.withLock { $0 } == [written])
  }
}
