import CommandFrame
import Contract
import Daemon
import OperatorCommands

/// `tollgate schema`: the contract of the local socket.
enum SchemaCommand {
  static let command = Command(
    name: "schema", summary: "print the JSON Schemas of the local socket", operands: "[NAME]",
    operandCount: 0...1,
    details: """
      NAME is a method's parameters (message.send.params) or result (message.send.result), an event type, or a value.
      --bundle prints all methods as one OpenRPC document. --bundle events prints the feed as one AsyncAPI document. Generators of
      clients and documentation read both.
      """,
    options: [
      Option("list", "list the methods and what each one does"),
      Option("bundle", "print the methods as OpenRPC; with NAME events, the feed as AsyncAPI"),
    ],
    examples: [
      Example("tollgate schema --list", "list the methods"),
      Example("tollgate schema --bundle >tollgate.openrpc.json", "write what a client generator needs"),
      Example("tollgate schema sms.message.received.v1", "print the schema of one event"),
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
        hint: near.isEmpty ? "see: tollgate schema --list" : "similar: " + near.joined(separator: ", "))
    }
    try JSONOutput.line(document)
    return .ok
  }
}
