import Testing

/// The table of the README against the breaks there are.
struct MutationTests {
  @Test func everyBreakIsInTheTableOfThePromisesAndStillFitsTheSources() throws {
    let script = try Project.text("Tests/Mutations/mutations.py")
    let readme = try Project.text("README.md")
    let names = script.matches(of: #/\n {4}\("([a-z_]+)", /#).map { String($0.output.1) }
    #expect(Set(names).count >= 12)
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
