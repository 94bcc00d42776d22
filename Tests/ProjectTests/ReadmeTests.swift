import CommandFrame
import Foundation
import Testing

@testable import OperatorCommands
@testable import tollgate

/// Lines of the README's shell blocks, here-documents left out.
private func shellLines() throws -> [String] {
  var lines: [String] = []
  var inBlock = false
  var inDocument = false
  for line in try Project.text("README.md").split(separator: "\n", omittingEmptySubsequences: false) {
    if line.hasPrefix("```") {
      inBlock = line == "```sh"
    } else if inDocument {
      inDocument = line != "END"
    } else if inBlock {
      inDocument = line.contains("<<END")
      lines.append(String(line))
    }
  }
  return lines
}

@Test func theReadmesTwoCommandsAreWhatTheContinuousRunDoes() throws {
  let commands = try shellLines().filter { $0.hasSuffix("swift test") || $0.contains("swift run") }
  #expect(commands.count == 2)
  let run = try Project.text(".ci/run").split(separator: "\n").map(String.init)
  for command in commands { #expect(run.contains(command)) }
  #expect(FileManager.default.isExecutableFile(atPath: Project.root.appending(path: ".ci/run").path))
}

@Test func everyTollgateCommandOfTheReadmeParses() throws {
  var seen = 0
  for line in try shellLines() {
    // Without sudo, redirections and '&'.
    var words = shellWords(line.replacingOccurrences(of: "sudo ", with: ""))
    guard words.first == "tollgate" else { continue }
    seen += 1
    if let end = words.firstIndex(where: { ["&", ">", "2>"].contains($0) }) { words.removeSubrange(end...) }
    guard case .run = try CommandTree.tollgate.resolve(Array(words.dropFirst())) else {
      Issue.record("\(line) runs nothing")
      continue
    }
  }
  #expect(seen > 12)
}

@Test func everyFileAndTestTheReadmeNamesIsThere() throws {
  let readme = try Project.text("README.md")
  for match in readme.matches(of: /\]\(([^)]+)\)/) {
    let path = String(match.output.1)
    if path.hasPrefix("#") {
      let headings = readme.split(separator: "\n").filter { $0.hasPrefix("#") }.map {
        $0.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-").replacing(":", with: "")
      }
      #expect(headings.contains(String(path.dropFirst())), "\(path)")
      continue
    }
    #expect(FileManager.default.fileExists(atPath: Project.root.appending(path: path).path), "\(path)")
  }
  var tests = 0
  for match in readme.matches(of: /(`\w+`(?: and `\w+`)*) in \[\w+\]\((Tests[^)]+)\)/) {
    let source = try Project.text(String(match.output.2))
    for name in String(match.output.1).matches(of: /`(\w+)`/) {
      tests += 1
      #expect(source.contains("func \(name.output.1)("), "\(name.output.1) in \(match.output.2)")
    }
  }
  #expect(tests >= 10)
  for match in readme.matches(of: /(?:sudo install .* )(systemd\/\S+|Config\/\S+)/) {
    #expect(FileManager.default.fileExists(atPath: Project.root.appending(path: String(match.output.1)).path))
  }
}

/// Architecture's table of promises names tests that are there.
@Test func everyTestThatThePromisesNameIsThere() throws {
  let page = try Project.text("Sources/Gateway/Gateway.docc/Architecture.md")
  let start = try #require(page.range(of: "## Which test holds which rule"))
  let section = page[start.upperBound...].components(separatedBy: "\n## ")[0]
  let sources = try Project.files(under: "Tests", ending: ".swift").map { try Project.text($0) }
  var count = 0
  for name in section.matches(of: /`(\w+)`/).map(\.output.1) {
    count += 1
    #expect(sources.contains { $0.contains("func \(name)(") }, "no test is called \(name)")
  }
  #expect(count > 40)
}
