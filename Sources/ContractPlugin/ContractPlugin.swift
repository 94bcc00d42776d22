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
    let output = context.pluginWorkDirectoryURL.appending(path: "Contract.swift")
    let code = Data(generator.code.utf8)
    // A file that is written again is compiled again.
    if (try? Data(contentsOf: output)) != code { try code.write(to: output) }
    // The file is there already; SwiftPM wants a command before it looks.
    return [
      .prebuildCommand(
        displayName: "The contract's types", executable: URL(filePath: "/usr/bin/true"), arguments: [],
        outputFilesDirectory: context.pluginWorkDirectoryURL)
    ]
  }
}
