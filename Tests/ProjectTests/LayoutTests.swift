import Foundation
import Testing

@Test func theTopLevelHoldsNothingBeyondItsPlan() throws {
  let allowed: Set<String> = ["Package.swift", "Sources", "Tests", "Config", "systemd", "README.md"]
  let top = Set(try Project.tracked().map { String($0.prefix(while: { $0 != "/" })) })
  #expect(top.filter { !$0.hasPrefix(".") }.subtracting(allowed).isEmpty)
}

@Test func thePackageHasNoPackageDependency() throws {
  let manifest = try Project.text("Package.swift")
  #expect(!manifest.contains(".package("))
  #expect(!manifest.contains("https://"))
  #expect(!FileManager.default.fileExists(atPath: Project.root.appending(path: "Package.resolved").path))
}

@Test func everyTargetIsBuiltWithWarningsAsErrors() throws {
  let manifest = try Project.text("Package.swift")
  #expect(manifest.contains(".treatAllWarnings(as: .error)"))
  #expect(manifest.contains(".swiftLanguageMode(.v6)"))
  let swiftTargets = manifest.matches(of: /\.(?:executableTarget|testTarget)\(|layer\(\s*"|tests\(of: "/)
    .count
  #expect(swiftTargets > 20)
}

@Test func whatSidestepsTheCompilerSaysWhyItIsSafe() throws {
  for file in try Project.files(under: "Sources", ending: ".swift") {
    let lines = try Project.text(file).split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)"),
        !line.trimmingCharacters(in: .whitespaces).hasPrefix("//")
      else { continue }
      let near = lines[max(0, index - 8)...min(lines.count - 1, index + 8)]
      #expect(near.contains { $0.contains("SAFETY:") }, "\(file):\(index + 1)")
    }
  }
}
