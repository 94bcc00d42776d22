import CommandFrame
import Contract

/// `tollgate schema`: the contract of the local socket.
enum SchemaCommand {
  static let command = Command(
    name: "schema", summary: "print the JSON Schemas of the local socket", operands: "[NAME]",
    operandCount: 0...1,
    details:
      "NAME is a method's parameters (message.send.params) or result (message.send.result), an event type, or a value.",
    options: [Option("list", "list the methods and what each one does")],
    examples: [
      Example("tollgate schema --list", "list the methods"),
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
