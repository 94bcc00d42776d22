import CommandFrame
import Contract
import Daemon

/// `tollgate schema`: the contract of the local socket.
enum SchemaCommand {
  static let command = Command(
    name: "schema", summary: "JSON Schemas of the local socket's methods and events", operands: "[NAME]",
    operandCount: 0...1,
    details: """
      NAME is a method's side (message.send.params, message.send.result), an event or a value.
      With --bundle the methods are one OpenRPC document, and with --bundle events the feed is one AsyncAPI document:
      generators of clients and documentation read them.
      """,
    options: [
      Option("list", "the methods, with what each does"),
      Option(
        "bundle", "the methods as an OpenRPC document; with NAME events, the feed as an AsyncAPI document"),
    ],
    examples: [
      Example("tollgate schema --list", "what can be called"),
      Example("tollgate schema --bundle >tollgate.openrpc.json", "everything a client generator needs"),
      Example("tollgate schema sms.message.received.v1", "one event, with all it refers to"),
    ]
  ) { invocation in
    if invocation.has("list") {
      if invocation.has("json") {
        try JSONOutput.line(Method.allCases.map(\.rawValue))
        return .ok
      }
      var table = Table("method", "what it does")
      for method in Method.allCases { table.add(method.rawValue, Schemas.summary(of: method)) }
      try table.print()
      return .ok
    }
    if invocation.has("bundle") {
      switch invocation.operands.first {
      case nil: try JSONOutput.line(Schemas.openRPC(version: Daemon.version))
      case "events": try JSONOutput.line(Schemas.asyncAPI(version: Daemon.version))
      case let other?: throw invocation.usage("--bundle: expected events or nothing, found \(other)")
      }
      return .ok
    }
    guard let name = invocation.operands.first else {
      try JSONOutput.line(Schemas.document)
      return .ok
    }
    guard let document = Schemas.document(name) else {
      let near = Schemas.definitions.keys.sorted().filter { $0.contains(name) }
      throw Failure(
        .usage, "no schema is called \(name)",
        hint: near.isEmpty ? "see: tollgate schema --list" : "there are: " + near.joined(separator: ", "))
    }
    try JSONOutput.line(document)
    return .ok
  }
}
