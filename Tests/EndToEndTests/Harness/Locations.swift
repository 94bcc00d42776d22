import Foundation
import NetIO

/// Where things are: the built binary, the repository, the foreign implementations.
enum Locations {
  /// The top of the repository.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The `tollgate` that was built with these tests, or the one `TOLLGATE_BINARY` names.
  static let tollgate: String =
    ProcessInfo.processInfo.environment["TOLLGATE_BINARY"]
    ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("tollgate").path

  static let peers = repository.appendingPathComponent("Tests/Peers")
  static let python = repository.appendingPathComponent(".build-venv/bin/python").path

  /// Installs the foreign implementations; nothing to do when they are there. Missing ones fail the test.
  static let foreignImplementations: Result<Void, HarnessError> = {
    do {
      let setup = try Child("Tests/Peers/setup", [peers.appendingPathComponent("setup").path])
      guard try setup.waitForExit(within: .seconds(300)) == .code(0) else {
        return .failure(HarnessError("Tests/Peers/setup failed\n\(setup.transcript)"))
      }
      return .success(())
    } catch {
      return .failure(HarnessError("\(error)"))
    }
  }()

  /// A new directory for one test, short enough for a socket path in it.
  static func temporaryDirectory() throws -> URL {
    URL(fileURLWithPath: try TemporaryDirectory.make(name: "tollgate-test"))
  }
}
