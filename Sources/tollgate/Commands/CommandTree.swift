import CommandFrame

extension CommandTree {
  /// Every command of `tollgate`, in the order the help lists them.
  static let tollgate = CommandTree(root: commands, common: options)

  private static let commands = Command(
    name: "tollgate", summary: "an SMPP 3.4 gateway: a group text becomes one-to-one conversations",
    examples: [
      Example("tollgate status", "how things are"),
      Example("tollgate campaign send --tag renters 'Hi {{first_name}}, still looking?'", "a group message"),
      Example("tollgate feed --follow --consumer desk", "everything that happens, as it happens"),
    ],
    subcommands: [
      ServeCommand.command, DemoCommand.command,
      OperationCommands.status, ConfigurationFile.command, NumberCommands.command, RepCommands.command,
      ContactCommands.command, GroupCommands.command, CampaignCommands.command, MessageCommands.command,
      WhyCommand.command, UnknownCommands.command, VerifyCommand.command,
      ConversationCommands.command, ConsentCommands.command, FeedCommand.command, OperationCommands.carrier,
      TraceCommand.command, OperationCommands.metrics,
      GoLiveCommands.goLive, GoLiveCommands.testPhone, OperationCommands.pause,
      OperationCommands.resume, OperationCommands.clock, BackupCommands.backup, BackupCommands.restore,
      BackupCommands.integrity, SchemaCommand.command, SimulateCarrierCommand.command,
    ])

  private static let options = [
    Option(
      "socket", argument: "PATH", "the daemon's socket (default: $TOLLGATE_SOCKET, else the configuration's)"),
    Option(
      "config", letter: "c", argument: "FILE", "the configuration (default: /etc/tollgate/tollgate.json5)"),
    Option("json", "print the API's own objects, one a line, instead of tables"),
  ]
}
