import CommandFrame
import Contract

/// `tollgate template`: texts that people send again and again.
package enum TemplateCommands {
  package static let command = Command(
    name: "template", summary: "save texts that people send again and again",
    examples: [
      Example("tollgate template put hello 'Hi {{first_name}}, how can I help?'", "save one for everybody"),
      Example("tollgate template list", "all of them"),
    ],
    subcommands: [put, list, remove])

  static let put = Command(
    name: "put", summary: "save a template; one of the same name is replaced", operands: "NAME TEXT",
    operandCount: 2...2,
    details: """
      Merge fields such as {{first_name}} are filled in from the contact when somebody uses the template. A field that the contact
      lacks is an error, unless --default gives a value.
      """,
    options: [
      Option("default", argument: "FIELD=VALUE", repeats: true, "a value for contacts that lack a field"),
      Option("queue", argument: "QUEUE", "only for those who answer this queue"),
      Option("rep", argument: "REP", "only for this rep"),
      Option("id", argument: "TEMPLATE", "replace this one, whatever it is called"),
    ],
    examples: [
      Example(
        "tollgate template put hello 'Hi {{first_name}}!' --default first_name=there --queue default",
        "for those who answer the default queue")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let view = try daemon.call(
      TemplatePut(
        templateID: try invocation.value("id").map { try template($0, invocation) },
        name: invocation.operands[0], text: invocation.operands[1],
        defaults: try invocation.pairs(of: "default", expected: "FIELD=VALUE"),
        queueID: try invocation.value("queue").map { try references.queue($0) },
        repID: try invocation.value("rep").map { try references.rep($0) }))
    return try invocation.answer(view, "\(view.templateID): template \"\(Terminal.shown(view.name))\"")
  }

  static let list = Command(
    name: "list", summary: "list templates",
    options: [
      Option("queue", argument: "QUEUE", "only templates for this queue"),
      Option("rep", argument: "REP", "only templates for this rep"), Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate template list --queue default", "those for one queue")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try Pages.read(
      invocation, daemon,
      TemplateList(
        queueID: try invocation.value("queue").map { try references.queue($0) },
        repID: try invocation.value("rep").map { try references.rep($0) }))
    try Pages.print(invocation, result, none: "no templates") {
      var table = Table("id", "name", "for", "text")
      for item in result.items {
        let owner =
          try item.queueID.map { try "queue " + references.queueName(of: $0) }
          ?? item.repID.map { try references.name(of: $0) } ?? "all"
        table.add(item.templateID.description, item.name, owner, item.text)
      }
      return table
    }
    return .ok
  }

  static let remove = Command(
    name: "remove", summary: "remove a template", operands: "TEMPLATE", operandCount: 1...1,
    details: "Messages that were made from it keep its id.",
    examples: [Example("tollgate template remove tpl_1", "nobody can use it any more")]
  ) { invocation in
    let id = try template(invocation.operands[0], invocation)
    let done = try DaemonConnection(invocation).call(TemplateRemove(templateID: id))
    return try invocation.answer(done, "\(id) is removed")
  }

  private static func template(_ text: String, _ invocation: Invocation) throws -> TemplateID {
    guard let id = TemplateID(text) else {
      throw invocation.usage("expected a template's id as tpl_1, found \(text)")
    }
    return id
  }
}
