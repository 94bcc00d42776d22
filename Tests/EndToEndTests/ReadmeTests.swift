import Foundation
import Testing

extension EndToEnd {
  /// The README's own commands, as a newcomer types them.
  @Suite struct Readme {
    /// The blocks of shell under a heading of the README, in order.
    private func blocks(under heading: String) throws -> [String] {
      let text = try String(
        contentsOf: Locations.repository.appendingPathComponent("README.md"), encoding: .utf8)
      let start = try #require(text.range(of: "\n## \(heading)\n"))
      let section = text[start.upperBound...].components(separatedBy: "\n## ")[0]
      return section.components(separatedBy: "```sh\n").dropFirst().map {
        $0.components(separatedBy: "```")[0]
      }
    }

    @Test("Who types the README's commands has a company that texts, and the first answers, in a minute")
    func company() async throws {
      try await blocking {
        let folder = try Locations.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (first, company) = (
          try blocks(under: "Five minutes with the simulated carrier"),
          try blocks(under: "Set up a company in a quarter of an hour")
        )
        #expect(first.count == 3 && company.count == 4)
        // What is built and installed are this build's own binaries, and the carrier is where no other test's is.
        let port = try freePort()
        let start = first[0].split(separator: "\n")
          .filter { line in !["swift build ", "sudo install ", "mkdir "].contains { line.hasPrefix($0) } }
          .joined(separator: "\n").replacingOccurrences(of: "2775", with: "\(port)")
          .replacingOccurrences(
            of: "simulate-carrier --toll-free",
            with: "simulate-carrier --listen 127.0.0.1:\(port) --toll-free")
        let bin = URL(fileURLWithPath: Locations.tollgate).deletingLastPathComponent().path
        let file = folder.appendingPathComponent("readme.sh").path
        // A command that is refused on purpose stands there too: what each came to is looked at below.
        try """
        set -m
        PATH=\(bin):$PATH
        tollgate() { command tollgate "$@" || echo "status $?: $*"; }
        USER=$(id -un)
        cd \(folder.path)
        \(start)
        until command tollgate status >/dev/null 2>&1; do :; done
        \(first[1])
        until command tollgate consent list --json | grep -q opt_out; do :; done
        \(first[2])
        \(company[0...2].joined())
        until command tollgate conversation list --rep 'Priya Raman' --state open --json | grep -q Yes; do :; done
        until command tollgate queue inbox --queue support --json | grep -q waiting; do :; done
        \(company[3])
        echo "== done"
        tollgate conversation list --json | sed 's/^/conversation /'
        tollgate queue inbox --queue support
        kill %1 %2
        wait
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let shell = try Child("README", ["/bin/bash", file], environment: ["NO_COLOR": "1"])
        defer { shell.destroy() }
        #expect(try shell.waitForExit(within: .seconds(90)) == .code(0), "\(shell.transcript)")
        let lines = shell.lines
        // One is refused on purpose.
        let refused = lines.filter { $0.hasPrefix("status ") }
        #expect(refused.count == 1 && refused[0].contains("Are you sure?"), "\(shell.transcript)")
        #expect(lines.count { $0.hasPrefix("conversation {") } == 6, "\(shell.transcript)")
        #expect(lines.contains { $0.hasPrefix("3 added") }, "\(shell.transcript)")
        #expect(lines.contains { $0.contains("waiting") && $0.contains("support") }, "\(shell.transcript)")
      }
    }
  }
}
