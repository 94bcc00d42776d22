import Foundation
import Testing

/// One row of the table: what a target may import besides the standard library.
private struct Layer {
  var target: String
  var mayImport: Set<String>
}

/// The table of `Architecture.md`.
private let table = """
  | target | responsibility | may import |
  |---|---|---|
  | `CLinux`, `COpenSSL`, `CSQLite`, `CBenchFloor` | module maps and shims | |
  | `SMPP` | PDUs, TLVs, framing, text | standard library |
  | `SMPPSession` | the bind | `SMPP` |
  | `Pacing` | limits, permits, fairness | standard library |
  | `Carriers` | what differs between carriers | `SMPP` |
  | `NetIO` | descriptors, loop, sockets | `Glibc`, `CLinux`, `COpenSSL` |
  | `Store` | SQLite | `Glibc`, `CSQLite`, `COpenSSL` |
  | `Contract` | what is said on the local socket | FoundationEssentials |
  | `Gateway` | the rules | `Contract`, `Carriers`, `SMPP`, `Store`, Foundation |
  | `LocalAPI` | the socket's two sides | `Contract`, `NetIO` or `Glibc` |
  | `Daemon` | composition | all above |
  | `CarrierSimulator` | a scriptable SMSC | `SMPP`, `SMPPSession`, `NetIO` |
  | `tollgate` | the executable | all above |
  """

/// Reads the rows of a Markdown table whose last column names modules.
private func layers(_ table: String) -> [Layer] {
  var layers: [Layer] = []
  var seen: Set<String> = ["Glibc", "Foundation", "FoundationEssentials"]
  for line in table.split(separator: "\n") {
    let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard cells.count == 5, cells[1].hasPrefix("`") else { continue }
    let targets = modules(cells[1])
    let allowed = cells[3] == "all above" ? seen : Set(modules(cells[3]))
    for target in targets {
      // What comes with the compiler is everybody's.
      layers.append(Layer(target: target, mayImport: allowed.union(["Swift", "Synchronization"])))
      seen.insert(target)
    }
  }
  return layers
}

private func modules(_ cell: String) -> [String] {
  cell.matches(of: /[A-Za-z]+/).map { String($0.output) }.filter {
    !["standard", "library", "or"].contains($0)
  }
}

/// Modules a source file imports, submodules and attributes aside.
private func imports(_ source: String) -> [String] {
  source.split(separator: "\n").compactMap { line in
    // The expression is slow, and most lines are none.
    guard line.utf8.count < 200, line.contains("import "),
      let match = line.firstMatch(
        of:
          /^(?:@\w+(?:\([^)]*\))? +)*(?:(?:public|package|internal|fileprivate|private) +)?import +(?:(?:struct|class|enum|protocol|func|var|let|typealias) +)?([A-Za-z_]\w*)/
      )
    else { return nil }
    return String(match.output.1)
  }
}

@Test func everyTargetImportsOnlyWhatTheTableOfLayersAllows() throws {
  let layers = layers(table)
  #expect(layers.count == 16)
  var read = 0
  for layer in layers {
    for file in try Project.files(under: "Sources/" + layer.target, ending: ".swift") {
      read += 1
      for module in imports(try Project.text(file)) where !layer.mayImport.contains(module) {
        Issue.record("\(file) imports \(module); \(layer.target) may import \(layer.mayImport.sorted())")
      }
    }
  }
  #expect(read > 50)
}

@Test func everyTargetHasARowInTheTableOfLayers() throws {
  let named = Set(layers(table).map(\.target))
  let folders = Set(
    try FileManager.default.contentsOfDirectory(atPath: Project.root.appending(path: "Sources").path))
  #expect(named == folders)
}

@Test func anImportIsSeenWithItsAttributesAndAccess() {
  let source = """
    import A
    @testable import B
    public import C
    @_exported public import D
    import struct E.Inner
    // import F
    let text = "import G"
    """
  #expect(imports(source) == ["A", "B", "C", "D", "E"])
}
