import CommandFrame
import Configuration

/// `tollgate config`, and reading the configuration for the other commands.
package enum ConfigurationFile {
  package static func load(_ path: String?, secrets: SecretSource) throws -> Configuration {
    do throws(ConfigurationError) {
      return try Configuration.load(path ?? Configuration.defaultPath, secrets: secrets)
    } catch {
      throw Failure(.configuration, error.description)
    }
  }

  package static let command = Command(
    name: "config", summary: "check the configuration file",
    examples: [
      Example("tollgate config check --config Config/tollgate.json5", "check a file before you install it")
    ],
    subcommands: [check])

  private struct Report: Encodable {
    var values: [Configuration.EffectiveValue]
    var warnings: [String]
  }

  static let check = Command(
    name: "check", summary: "print every value in force, or what is wrong",
    details: """
      Prints every value in force and where the value comes from: a line of the file, a profile, or the default.
      Warnings go to standard error. If the configuration cannot be used, prints one line that names file, line and key,
      and exits 78. Only the service can read its systemd credentials, so this command assumes that they exist.
      """,
    examples: [
      Example("tollgate config check", "check /etc/tollgate/tollgate.json5"),
      Example("tollgate config check --config Config/tollgate.json5", "check another file"),
    ]
  ) { invocation in
    let secrets = SecretSource.ofProcess()
    let configuration = try load(
      invocation.value("config"),
      secrets: SecretSource(
        credentialsDirectory: secrets.credentialsDirectory, mayBeUnseen: secrets.credentialsDirectory == nil))
    if invocation.has("json") {
      try JSONOutput.line(Report(values: configuration.effective, warnings: configuration.warnings))
      return .ok
    }
    var table = Table("setting", "from", "value")
    for value in configuration.effective { table.add(value.path, value.from, value.text) }
    try table.print()
    for warning in configuration.warnings { Output.error("warning: \(warning)") }
    return .ok
  }
}
