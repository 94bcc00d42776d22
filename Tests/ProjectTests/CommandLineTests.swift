import Foundation
import Testing

@testable import CommandFrame
@testable import OperatorCommands
@testable import tollgate
@testable import tollgate_lab

private func resolve(_ words: [String]) throws -> CommandTree.Outcome {
  try CommandTree.tollgate.resolve(words)
}

/// Every command of both programs, with its path and its program's tree.
private let all = [CommandTree.tollgate, .lab].flatMap { tree in below(tree.root).map { (tree, $0.0, $0.1) } }

/// Every command below a node, with its path.
private func below(_ command: Command, _ path: [String] = []) -> [([String], Command)] {
  let path = path + [command.name]
  return [(path, command)] + command.subcommands.flatMap { below($0, path) }
}

/// Words of a line as a POSIX shell cuts it; single and double quotes only, which is all the help uses.
func shellWords(_ line: String) -> [String] {
  var words: [String] = []
  var word: String?
  var quote: Character?
  for character in line {
    if let open = quote {
      if character == open { quote = nil } else { word?.append(character) }
    } else if character == "'" || character == "\"" {
      quote = character
      word = word ?? ""
    } else if character == " " {
      if let done = word { words.append(done) }
      word = nil
    } else {
      word = (word ?? "") + String(character)
    }
  }
  if let word { words.append(word) }
  return words
}

@Test func everyExampleOfTheHelpIsACommandThatParses() throws {
  var examples = 0
  for (tree, path, command) in all {
    #expect(!command.examples.isEmpty, "\(path.joined(separator: " ")) has no example")
    for example in command.examples {
      examples += 1
      let words = shellWords(example.line)
      #expect(words.first == tree.root.name)
      let outcome = try tree.resolve(Array(words.dropFirst()))
      guard case .run = outcome else {
        Issue.record("\(example.line) runs nothing")
        continue
      }
    }
  }
  #expect(examples > 40)
}

/// Tests parse side by side, and `getopt_long` keeps where it is in variables of the process.
@Test func linesThatAreParsedAtTheSameTimeDoNotMeet() async throws {
  await withTaskGroup(of: Bool.self) { group in
    for place in 0..<8 {
      group.addTask {
        (0..<500).allSatisfy { round in
          let text = "text \(place) \(round)"
          let outcome = try? resolve(["campaign", "send", text, "--tag", "t\(place)", "--yes"])
          guard case .run(_, let invocation) = outcome else { return false }
          return invocation.operands == [text] && invocation.value("tag") == "t\(place)"
        }
      }
    }
    for await isRight in group { #expect(isRight) }
  }
}

@Test func everyLevelHasHelp() throws {
  for (tree, path, command) in all {
    let words = Array(path.dropFirst())
    for asked in [words + ["--help"], words + ["-h"], ["help"] + words] {
      guard case .help(let found, let foundPath) = try tree.resolve(asked) else {
        Issue.record("\(asked) gives no help")
        continue
      }
      #expect(found.name == command.name)
      #expect(foundPath == path)
    }
    let text = tree.help(of: command, path: path)
    #expect(text.contains("usage: \(path.joined(separator: " "))"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 140 }, "\(path)")
  }
}

@Test func noTwoOptionsOfACommandShareANameOrALetter() {
  for (tree, path, command) in all {
    let options = command.options + tree.common
    #expect(Set(options.map(\.name)).count == options.count, "\(path)")
    let letters = options.compactMap(\.letter)
    #expect(Set(letters).count == letters.count, "\(path)")
  }
}

@Test func optionsMayStandAnywhereAndBeAbbreviated() throws {
  let lines = [
    "--json message send +12025550143 --from rep_1 'See you.'",
    "message --json send --from=rep_1 +12025550143 'See you.'",
    "message send +12025550143 'See you.' --fro rep_1 --json",
  ]
  for line in lines {
    guard case .run(_, let invocation) = try resolve(shellWords(line)) else {
      Issue.record("\(line) runs nothing")
      continue
    }
    #expect(invocation.path == ["tollgate", "message", "send"])
    #expect(invocation.operands == ["+12025550143", "See you."])
    #expect(invocation.value("from") == "rep_1")
    #expect(invocation.has("json"))
  }
}

@Test func wordsAfterTwoDashesAreNoOptions() throws {
  guard case .run(_, let invocation) = try resolve(["message", "send", "--", "con_1", "--json"]) else {
    Issue.record("runs nothing")
    return
  }
  #expect(invocation.operands == ["con_1", "--json"])
  #expect(!invocation.has("json"))
}

@Test(arguments: [
  ("bogus", "unknown command: bogus"),
  ("campaign sned", "unknown command: campaign sned"),
  ("status --bogus", "status: unknown option --bogus"),
  ("status -x", "status: unknown option -x"),
  ("status --json=1", "status: --json=1: this option takes no argument"),
  ("message send --from", "message send: --from needs an argument"),
  ("message send con_1", "message send: expected TO TEXT, found 1 operand"),
  ("message send --from rep_1 --from rep_2 con_1 x", "message send: --from is given twice"),
  ("status extra", "status: expected no operands, found 1 operand"),
])
func wrongUseIsReportedWithAHint(line: String, message: String) {
  do {
    _ = try resolve(shellWords(line))
    Issue.record("\(line) was accepted")
  } catch let failure as Failure {
    #expect(failure.status == .usage)
    #expect(failure.message == message)
    #expect(failure.hint != nil)
  } catch {
    Issue.record("\(error)")
  }
}

@Test func aTableAlignsItsColumnsAndCutsTheLast() {
  var table = Table("name", ">count", "text")
  table.add("Ana", "7", "short")
  table.add("李雷", "12345", "a long text that does not fit the terminal")
  #expect(
    table.lines(on: Terminal(isTerminal: false, colour: false, width: nil)) == [
      "NAME  COUNT  TEXT", "Ana       7  short", "李雷  12345  a long text that does not fit the terminal",
    ])
  #expect(
    table.lines(on: Terminal(isTerminal: true, colour: false, width: 30)) == [
      "NAME  COUNT  TEXT", "Ana       7  short", "李雷  12345  a long text that…",
    ])
  #expect(
    table.lines(on: Terminal(isTerminal: true, colour: true, width: 30))[0].contains("\u{1B}[1mNAME\u{1B}[0m")
  )
}

@Test(arguments: [
  ("plain", "plain"), ("two\nlines", "two⏎lines"), ("\u{1B}[31mred", "␛[31mred"), ("a\u{7}b", "a␇b"),
  ("a\u{9B}31mb", "a·31mb"), ("\u{202E}evil", "evil"), ("tab\tbed", "tab␉bed"), ("crlf\r\n", "crlf⏎"),
])
func aTextOfSomebodyElseCannotMoveTheTerminal(text: String, shown: String) {
  #expect(Terminal.shown(text) == shown)
}

@Test(arguments: [
  ("\u{1B}[1mbold\u{1B}[0m\tand\nplain", "\u{1B}[1mbold\u{1B}[0m\tand\nplain"),
  ("\u{1B}]0;title\u{7}", "\\x1b]0;title\\x7"),
  ("a\u{1B}[2Jb\u{9B}31m", "a\\x1b[2Jb\\x9b31m"), ("\u{1B}[", "\\x1b["), ("Grüße", "Grüße"),
]) func aTerminalObeysNothingThatOthersWrote(text: String, shown: String) {
  #expect(Output.harmless(text) == shown)
}

@Test func theNamesOfAttributesAreShownSafelyToo() {
  var facts = Facts()
  facts.add("evil\u{1B}[2J\n", "value")
  #expect(
    facts.lines(on: Terminal(isTerminal: false, colour: false)).allSatisfy {
      !$0.contains("\u{1B}") && !$0.contains("\n")
    })
}
