import CommandFrame
import OperatorCommands

extension CommandTree {
  /// Every command of `tollgate`, in the order the help lists them.
  static let tollgate: CommandTree = .init(root: commands, common: options)

  private static let commands = Command(
    name: "tollgate", summary: "an SMPP 3.4 gateway: a group text becomes one-to-one conversations",
    details: """
      To try the examples of this help, run `tollgate demo --keep`: they use the reps and contacts of the demo.
      """,
    examples: [
      Example("tollgate status", "carriers, queues and the feed at a glance"),
      Example(
        "tollgate campaign send --tag renters 'Hi {{first_name}}, still looking?'",
        "send a group message; shows the plan and asks first"),
      Example("tollgate feed --follow --consumer desk", "print every event as it happens"),
    ],
    subcommands: [
      ServeCommand.command, DemoCommand.command { .tollgate },
      OperationCommands.status, ConfigurationFile.command, NumberCommands.command, RepCommands.command,
      MemberCommands.command, QueueCommands.command, TemplateCommands.command, LeadCommands.command,
      AbsenceCommands.command, CalendarCommands.command, KeywordCommands.command,
      ContactCommands.command, GroupCommands.command, CampaignCommands.command, MessageCommands.command,
      WhyCommand.command, UnknownCommands.command, QuarantineCommands.command, VerifyCommand.command,
      ConversationCommands.command, ConsentCommands.command, FeedCommand.command,
      ReportCommands.command, MailCommand.command,
      OperationCommands.carrier(test: CarrierTestCommand.command),
      TraceCommand.command, OperationCommands.metrics,
      GoLiveCommands.goLive, GoLiveCommands.testPhone, OperationCommands.pause,
      OperationCommands.resume, OperationCommands.clock, BackupCommands.backup, BackupCommands.restore,
      BackupCommands.integrity, SchemaCommand.command, SimulateCarrierCommand.command,
    ])

  private static let options = [
    Option(
      "socket", argument: "PATH",
      "the daemon's socket (default: $TOLLGATE_SOCKET, else the socket in the configuration)"),
    Option(
      "config", letter: "c", argument: "FILE",
      "the configuration file (default: /etc/tollgate/tollgate.json5)"),
    Option("json", "print JSON, one object per line, instead of tables"),
  ]
}
