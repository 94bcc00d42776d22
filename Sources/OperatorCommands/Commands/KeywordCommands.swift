import CommandFrame
import Contract

/// `tollgate keyword`: words that people text to say that they want to hear from you.
package enum KeywordCommands {
  package static let command = Command(
    name: "keyword", summary: "let people opt in by texting a word such as JOIN",
    examples: [
      Example(
        "tollgate keyword add JOIN --consent 'Text JOIN for listings.' --tag listings",
        "whoever texts JOIN gets the tag, and the consent is recorded"),
      Example("tollgate keyword list", "all of them"),
    ],
    subcommands: [add, list, remove])

  static let add = Command(
    name: "add", summary: "save an opt-in keyword; the same word for the same number is replaced",
    operands: "WORD", operandCount: 1...1,
    details: """
      A text that is the word and nothing else is consent. It makes the contact if there is none, adds the tag, takes back an earlier
      opt-out, and is answered. What was advertised is kept with each consent. STOP, START, YES, HELP and their kin are refused.
      """,
    options: [
      Option("consent", argument: "TEXT", "what people are told that they agree to; required"),
      Option("number", argument: "NUMBER", "only for texts to this number of ours (default: all)"),
      Option("tag", argument: "TAG", "a tag for whoever texts the word"),
      Option("answer", argument: "TEXT", "what the phone gets in answer; {{brand}} is filled in"),
    ],
    examples: [
      Example(
        "tollgate keyword add HOMES --number +18885550101 --tag homes --consent 'Text HOMES.' "
          + "--answer '{{brand}}: welcome. STOP to end.'",
        "for one number, with an answer")
    ]
  ) { invocation in
    guard let consent = invocation.value("consent") else {
      throw invocation.usage("--consent is required: what people are told that they agree to")
    }
    let view = try DaemonConnection(invocation).call(
      KeywordPut(
        keyword: invocation.operands[0], number: try invocation.value("number").map(References.number),
        consentText: consent, tag: invocation.value("tag"), answer: invocation.value("answer")))
    return try invocation.answer(
      view, "\(view.keywordID): \(view.keyword) for \(view.number?.description ?? "all numbers")")
  }

  static let list = Command(
    name: "list", summary: "list opt-in keywords",
    options: [
      Option("number", argument: "NUMBER", "only keywords of this number of ours"), Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate keyword list", "all of them")]
  ) { invocation in
    let result = try Pages.read(
      invocation, try DaemonConnection(invocation),
      KeywordList(number: try invocation.value("number").map(References.number)))
    try Pages.print(invocation, result, none: "no keywords") {
      var table = Table("id", "word", "number", "tag", "consent", "answer")
      for item in result.items {
        table.add(
          item.keywordID.description, item.keyword, item.number?.description ?? "all", item.tag ?? "-",
          item.consentText, item.answer ?? "-")
      }
      return table
    }
    return .ok
  }

  static let remove = Command(
    name: "remove", summary: "remove an opt-in keyword", operands: "KEYWORD", operandCount: 1...1,
    details: "The word is a text like any other again. Contacts, tags and consent stay.",
    examples: [Example("tollgate keyword remove kw_1", "nobody joins by it any more")]
  ) { invocation in
    let id = try References.keyword(invocation.operands[0])
    let done = try DaemonConnection(invocation).call(KeywordRemove(keywordID: id))
    return try invocation.answer(done, "\(id) is removed")
  }
}
