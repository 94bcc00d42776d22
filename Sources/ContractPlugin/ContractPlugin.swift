import Foundation
import PackagePlugin

/// Writes the types of the contract from its schemas, when one of them has changed.
@main struct ContractPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let schemas = target.directoryURL.appending(path: "Schemas")
    let files = try FileManager.default.contentsOfDirectory(at: schemas, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "Contract.swift")
    return [
      .buildCommand(
        displayName: "Writing the contract's types from its schemas",
        executable: try context.tool(named: "ContractGenerator").url,
        arguments: [output.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
    ]
  }
}
