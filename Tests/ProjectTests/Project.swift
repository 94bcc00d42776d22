import Foundation

/// The checked-out project, as its own tests see it.
enum Project {
  /// `Tests/ProjectTests/Project.swift` is three levels below the root.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Regular files below a folder, by their paths from the root, in order.
  static func files(under folder: String, ending suffix: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
      .filter { $0.hasSuffix(suffix) }
      .map { folder + "/" + $0 }
      .filter { path in
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(
          atPath: root.appending(path: path).path, isDirectory: &isDirectory)
          && !isDirectory.boolValue
      }
      .sorted()
  }

  /// The rows of a table in `Architecture.md`, under a heading: of each cell the names in it.
  static func table(_ heading: String) throws -> [[[String]]] {
    let page = try text("Sources/Gateway/Gateway.docc/Architecture.md").split(
      separator: "\n", omittingEmptySubsequences: false)
    return page.drop { $0 != "## " + heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
      .filter { $0.hasPrefix("| `") }
      .map { row in
        row.split(separator: "|").map { cell in
          cell.matches(of: /`([A-Za-z-]+)`/).map { String($0.output.1) }
        }
      }
  }

  /// What git keeps, by path from the root.
  static func tracked() throws -> [String] {
    let result = try Shell.run(["git", "-c", "safe.directory=*", "-C", root.path, "ls-files"])
    guard result.status == 0 else { throw Shell.Failed(text: result.output) }
    return result.output.split(separator: "\n").map(String.init)
  }
}

/// A program run to its end.
enum Shell {
  struct Failed: Error { var text: String }

  struct Result {
    var status: Int32
    /// Standard output and error, as they came.
    var output: String
  }

  static func run(_ words: [String], in directory: URL = Project.root) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
  }
}
