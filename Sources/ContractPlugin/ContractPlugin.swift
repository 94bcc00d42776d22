import Foundation
import PackagePlugin

/// Writes the types of the contract from its schemas. A program of its own would have to be built first, and the contract, on which
/// most of the rest waits, would be built last.
@main struct ContractPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let schemas = target.directoryURL.appending(path: "Schemas")
    let files = try FileManager.default.contentsOfDirectory(at: schemas, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    var generator = Generator()
    for file in files {
      do {
        let octets = [UInt8](try Data(contentsOf: file))
        var reader = OrderedJSONReader(octets)
        try generator.add(String(decoding: octets, as: UTF8.self), reader.document())
      } catch {
        Diagnostics.error("\(file.path): \(error)")
      }
    }
    generator.finish()
    let work = context.pluginWorkDirectoryURL
    // Written while the build is planned, and copied in the build.
    let (written, types) = (work.appending(path: "written.swift"), work.appending(path: "Contract.swift"))
    let read = work.appending(path: "schemas.json")
    try write(Data(generator.code.utf8), to: written)
    try write(try files.reduce(into: Data()) { $0 += try Data(contentsOf: $1) }, to: read)
    let plan = work.appending(path: "plan")
    try? FileManager.default.removeItem(at: plan)
    try FileManager.default.createDirectory(at: plan, withIntermediateDirectories: true)
    return [
      .prebuildCommand(
        displayName: "The contract's plan", executable: URL(filePath: "/usr/bin/true"), arguments: [],
        outputFilesDirectory: plan),
      .buildCommand(
        displayName: "The contract's types", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", ContractPlugin.copy, "sh", plan.path, read.path, written.path, types.path]
          + files.map(\.path),
        inputFiles: files + [read, written], outputFiles: [types]),
    ]
  }

  /// SwiftPM asks a plugin when it plans a build, and an edited schema is no reason for it to plan anew. So the build compares: types of
  /// older schemas are an error, and a new file in the plan's directory makes the next build plan.
  private static let copy = """
    plan=$1 read=$2 written=$3 types=$4; shift 4
    if ! cat "$@" | cmp -s - "$read"; then
      : >"$plan/old"
      echo "error: a schema has changed since this build was planned: build again" >&2
      exit 1
    fi
    cp "$written" "$types"
    """

  /// A file that is written again is compiled again.
  private func write(_ octets: Data, to file: URL) throws {
    if (try? Data(contentsOf: file)) != octets { try octets.write(to: file) }
  }
}
