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

  static let check = Command(
    name: "check", summary: "what is effective, or in one line what is wrong",
    details: """
      Exits 78 with one line where the configuration cannot be used. Outside the service, credentials that
      systemd passes to it cannot be seen, and are taken as given.
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
      try JSONOutput.line(
        Dictionary(configuration.effective.map { ($0.path, $0.value) }, uniquingKeysWith: { $1 }))
    } else {
      var facts = Facts()
      for (path, value) in configuration.effective { facts.add(path, value) }
      try facts.print()
    }
    for warning in configuration.warnings { Output.error("warning: \(warning)") }
    return .ok
  }
}
