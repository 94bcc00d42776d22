import CommandFrame
import Configuration
import Daemon

/// `tollgate config`, and reading the configuration for the other commands.
enum ConfigurationFile {
  static func load(_ path: String?, secrets: SecretSource) throws -> Configuration {
    do throws(ConfigurationError) {
      return try Configuration.load(path ?? Configuration.defaultPath, secrets: secrets)
    } catch {
      throw Failure(.configuration, error.description)
    }
  }

  static let command = Command(
    name: "config", summary: "check the configuration",
    examples: [
      Example("tollgate config check --config Config/tollgate.json5", "the one you are about to install")
    ],
    subcommands: [check])

  private struct Report: Encodable {
    var values: [Configuration.EffectiveValue]
    var warnings: [String]
  }

  static let check = Command(
    name: "check", summary: "what is effective, or in one line what is wrong",
    details: """
      Shows every value in force and where it came from: its line in the file, a profile, or the default.
      Warnings go to standard error. Exits 78 with one line where the configuration cannot be used. Outside the
      service, credentials that systemd passes to it cannot be seen, and are taken as given.
      """,
    examples: [
      Example("tollgate config check", "the installed one"),
      Example("tollgate config check --config Config/tollgate.json5", "another file"),
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
