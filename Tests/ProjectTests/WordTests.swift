import Foundation
import Testing

/// An enumeration of the contract: words that stand in results, events or parameters.
private struct Enumeration {
  var name: String
  /// As the code names them.
  var words: [String]
  /// Names that lead to a value of it: types with such a field, functions and properties of the rules.
  var leads: Set<Substring> = []
  /// Whether it occurs in parameters: then it is enough that the rules look at a word.
  var isAccepted = false
}

/// What a source file says, comments aside.
private struct SourceFile {
  var text: String
  var identifiers: Set<Substring>
  /// `.word`, as a value.
  var produced: Set<Substring>
  /// `.word`, in a pattern or a comparison too.
  var named: Set<Substring>

  init(_ path: String) throws { self.init(text: try Project.text(path)) }

  init(text source: String) {
    text = source.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line }
      .joined(separator: "\n")
    identifiers = Set(text.matches(of: /[A-Za-z_]\w*/).map(\.output))
    named = Self.members(text)
    produced = Self.members(
      text.replacing(/\bcase (?:let )?[^:={]*?(?=[:={])/, with: "case ").replacing(/[!=]= \.\w+/, with: ""))
  }

  /// The words behind a leading dot, calls aside.
  private static func members(_ text: String) -> Set<Substring> {
    Set(text.matches(of: /(?:^|[^\w)\]}?!]|[A-Z]\w*)\.(\w+)(?![\w(]|\s+\()/).map { "\($0.output.1)" })
  }
}

private func enumerations(_ contract: [SourceFile]) -> [Enumeration] {
  contract.flatMap { file in
    file.text.matches(of: /(?ms)^public enum (\w+): String[^\n]*\{\n(.*?)^\}/).map { match in
      let words = match.output.2.matches(of: /(?m)^  case `?(\w+)`?(?: = "([\w.]+)")?$/)
      return Enumeration(name: String(match.output.1), words: words.map { String($0.output.1) })
    }
  }
}

/// The contract's own sources, and its types as the build wrote them from the schemas.
private func contractSources() throws -> [SourceFile] {
  let scratch = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let package = Project.root.lastPathComponent.lowercased()
  let written = scratch.appending(
    path: "plugins/outputs/\(package)/Contract/destination/ContractPlugin/Contract.swift")
  return try Project.files(under: "Sources/Contract", ending: ".swift").map { try SourceFile($0) }
    + [SourceFile(text: String(contentsOf: written, encoding: .utf8))]
}

/// Every word of every enumeration of the contract is produced by the rules, the daemon or the socket, or, where a caller
/// may say it, looked at by them. What nothing produces is a promise that nobody keeps.
@Test func everyWordOfTheContractIsProducedOrActedOn() throws {
  /// Kept as the caller or the configuration gave them.
  let passedThrough: Set<String> = ["ConsentSource", "UnknownPolicy", "Presence", "Weekday"]
  /// Read the contract, and produce nothing of it.
  let readers: Set<Substring> = [
    "SocketClient", "CarrierSimulator", "Simulation", "Bench", "OperatorCommands", "tollgate", "tollgate-lab",
  ]
  let product = try Project.files(under: "Sources", ending: ".swift")
    .filter { !readers.union(["Contract"]).contains($0.split(separator: "/")[1]) }.map { try SourceFile($0) }
  let contract = try contractSources()

  var enumerations = enumerations(contract)
  enumerations.removeAll { $0.name == "Method" || passedThrough.contains($0.name) }
  #expect(enumerations.count > 20 && enumerations.allSatisfy { !$0.words.isEmpty })

  for index in enumerations.indices {
    let name = enumerations[index].name
    enumerations[index].leads = [name[...]]
    let field = try Regex("(?:var|let) \\w+: \\[?\(name)\\b").wordBoundaryKind(.simple)
    for file in contract {
      for match in file.text.matches(of: /(?ms)^public struct (\w+): (\w+)[^\n]*\{\n(.*?)^\}/)
      where match.output.3.contains(field) {
        enumerations[index].leads.insert("\(match.output.1)")
        if match.output.2.hasSuffix("Params") { enumerations[index].isAccepted = true }
      }
    }
    let leading = try Regex<(Substring, Substring?, Substring?)>(
      "\\bfunc (\\w+)[^{]*?\\b\(name)\\b[^{]*\\{|\\b(?:var|let) (\\w+): \\[?\(name)\\b"
    ).wordBoundaryKind(.simple)
    for file in product where file.identifiers.contains(name[...]) {
      for match in file.text.matches(of: leading) {
        if let lead = match.output.1 ?? match.output.2 { enumerations[index].leads.insert(lead) }
      }
    }
  }
  for enumeration in enumerations {
    let files = (product + contract).filter { !$0.identifiers.isDisjoint(with: enumeration.leads) }
    for word in enumeration.words {
      let isFound = files.contains { (enumeration.isAccepted ? $0.named : $0.produced).contains(word[...]) }
      #expect(isFound, "nothing produces \(enumeration.name).\(word)")
    }
  }
}
