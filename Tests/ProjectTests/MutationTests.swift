import Testing

/// The breaks made on purpose, against the sources and the table of the README.
struct MutationTests {
  private static let script = "Tests/Mutations/mutations.py"

  @Test("Every break fits the sources as they are, and one that does not is told by its name")
  func everyBreakFits() throws {
    let found = try Shell.run(["python3", Self.script, "check", "."])
    #expect(found.status == 0, "\(found.output)")
    let elsewhere = try Shell.run(["python3", Self.script, "check", "Tests"])
    #expect(elsewhere.status == 1)
    #expect(elsewhere.output.contains("sync_off: no file Sources/Simulation/Disk/SimulatedDisk.swift"))
  }

  @Test("Every break is in the README's table of the promises, and the table names no other")
  func everyBreakIsInTheTableOfThePromises() throws {
    let listed = try Shell.run(["python3", Self.script, "list"])
    let names = listed.output.split(separator: "\n").compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    #expect(names.count >= 20 && Set(names).count == names.count)
    let readme = try Project.text("README.md")
    for name in names { #expect(readme.contains("`\(name)`"), "README.md does not name \(name)") }
    for row in readme.split(separator: "\n") where row.hasPrefix("|") {
      let cells = row.split(separator: "|")
      guard cells.count == 3, !cells[1].contains("](") else { continue }
      for word in cells[2].matches(of: /`([a-z]+_[a-z_]+)`/) {
        #expect(names.contains(String(word.output.1)), "no mutation \(word.output.1)")
      }
    }
  }
}
