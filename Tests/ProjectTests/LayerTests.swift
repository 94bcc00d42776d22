import Foundation
import Testing

/// One row of the table: what a target may import besides the standard library.
private struct Layer {
  var target: String
  var mayImport: Set<String>
}

/// The table of layers, where engineers read it.
private func architecture() throws -> [Layer] {
  try Project.table("Layers").flatMap { cells in
    cells[0].map { Layer(target: $0, mayImport: Set(cells[2])) }
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
  let layers = try architecture()
  #expect(layers.count == 29)
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
  let named = Set(try architecture().map(\.target))
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
