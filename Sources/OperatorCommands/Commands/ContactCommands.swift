import CommandFrame
import Contract

/// `tollgate contact`: the people we text.
package enum ContactCommands {
  package static let command = Command(
    name: "contact", summary: "add and manage the people we text",
    examples: [
      Example(
        "tollgate contact import Config/demo/contacts.csv --dry-run", "check a file before you import it"),
      Example("tollgate contact list --tag renters", "list the contacts with a tag"),
    ],
    subcommands: [add, list, find, show, ContactImport.command, tag, untag])

  static let add = Command(
    name: "add", summary: "add or change one contact", operands: "PHONE…", operandCount: 1...8,
    details:
      """
      If a contact with the same --ref exists, or with one of the phones and a name that fits, that contact is changed. What
      is not given stays as it is. A second person on one phone needs a --ref.
      """,
    options: [
      Option("first", argument: "NAME", "given name"),
      Option("last", argument: "NAME", "family name"),
      Option("rep", argument: "REP", "the rep who owns the contact"),
      Option("ref", argument: "KEY", "your own id for the contact, such as a CRM key"),
      Option("tag", argument: "TAG", repeats: true, "a tag"),
      Option("attribute", argument: "NAME=VALUE", repeats: true, "a merge field"),
      ContactImport.replace,
    ],
    examples: [
      Example(
        "tollgate contact add +12025550143 --first Zoe --last Kim --rep 'Dana Whitfield'", "add one person"
      )
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let attributes = try invocation.pairs(of: "attribute")
    let tags = invocation.values(of: "tag")
    let input = ContactInput(
      ref: invocation.value("ref"), phones: invocation.operands, firstName: invocation.value("first"),
      lastName: invocation.value("last"), repID: try invocation.value("rep").map { try references.rep($0) },
      tags: tags.isEmpty ? nil : tags, attributes: attributes,
      replace: try ContactImport.replacements(invocation))
    let result = try daemon.call(ContactUpsert(contacts: [input]))
    guard let item = result.results.first, let id = item.contactID else {
      let item = result.results.first
      throw Failure(.data, "refused: " + (item?.detail ?? item?.reason?.rawValue ?? "no reason was given"))
    }
    if !invocation.has("json") {
      for left in item.leftOut ?? [] { try Output.line("\(left.field) left out: \(left.detail)") }
    }
    try show(try daemon.call(ContactGet(contactID: id)), invocation, &references)
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list contacts",
    options: [
      Option("rep", argument: "REP", "only contacts of this rep"),
      Option("tag", argument: "TAG", "only contacts with this tag"),
      Option("group", argument: "GROUP", "only contacts in this group"),
      Option("phone", argument: "PHONE", "only the contacts with this phone"),
      Option("ref", argument: "KEY", "only the contact with this key of yours"),
      Pages.since, Pages.limit,
    ],
    examples: [
      Example("tollgate contact list --rep 'Dana Whitfield' --limit 200", "list one rep's contacts")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let owner = try invocation.value("rep").map { try references.rep($0) }
    let group = try invocation.value("group").map(References.group)
    let phone = try invocation.value("phone").map(References.phone)
    let result = try Pages.read(
      invocation, daemon,
      ContactList(
        repID: owner, tag: invocation.value("tag"), group: group, phone: phone,
        ref: invocation.value("ref")))
    try Pages.print(invocation, result, none: "no contacts; see: tollgate contact import --help") {
      try table(result.items, &references)
    }
    return .ok
  }

  static let find = Command(
    name: "find", summary: "find people by the beginning of a name, or by digits of a phone",
    operands: "TEXT",
    operandCount: 1...1,
    details:
      "Two letters or three digits at least: the first digits of a phone, with or without the country code, or its last.",
    options: [Option("limit", letter: "n", argument: "N", "show at most N, 200 at most (default 50)")],
    examples: [
      Example("tollgate contact find ali", "whose first or last name begins with it"),
      Example("tollgate contact find 0142", "whose phone ends with it"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      SearchFind(text: invocation.operands[0], limit: try invocation.integer("limit", 1...200)))
    if invocation.has("json") {
      for hit in result.hits { try JSONOutput.line(hit) }
      return .ok
    }
    guard !result.hits.isEmpty else {
      try Output.line("nobody")
      return .ok
    }
    var table = Table("contact", "name", "phone", "rep", "conversations")
    for hit in result.hits {
      table.add(
        hit.contactID?.description ?? "-", hit.name ?? "-", hit.phone?.description ?? "-",
        try references.name(of: hit.repID),
        hit.conversationIDs.map(\.description).joined(separator: ", "))
    }
    try table.print()
    if result.more { try Output.line("(there are more: a longer text finds fewer)") }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one contact", operands: "CONTACT", operandCount: 1...1,
    examples: [Example("tollgate contact show con_1", "show a contact by its id")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let contact = try daemon.call(ContactGet(contactID: try References.contact(invocation.operands[0])))
    try show(contact, invocation, &references)
    return .ok
  }

  static let tag = Command(
    name: "tag", summary: "give contacts a tag", operands: "TAG CONTACT…", operandCount: 2...501,
    examples: [Example("tollgate contact tag renters con_1 con_2", "tag two contacts")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ContactTag(
        contactIDs: try invocation.operands.dropFirst().map(References.contact), tag: invocation.operands[0]))
    return try invocation.answer(result, "\(Words.count(result.changed, "contact")) tagged")
  }

  static let untag = Command(
    name: "untag", summary: "remove a tag from contacts", operands: "TAG CONTACT…", operandCount: 2...501,
    examples: [Example("tollgate contact untag renters con_1", "untag one contact")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ContactUntag(
        contactIDs: try invocation.operands.dropFirst().map(References.contact), tag: invocation.operands[0]))
    return try invocation.answer(result, "\(Words.count(result.changed, "contact")) untagged")
  }

  static func table(_ contacts: [ContactView], _ references: inout References) throws -> Table {
    var table = Table("id", "name", "phone", "rep", "state", "tags")
    for contact in contacts {
      table.add(
        .init(contact.contactID.description), .init(Words.name(contact), .bold),
        .init(contact.phones.first.map(\.description) ?? "-"), .init(try references.name(of: contact.repID)),
        .init(contact.optedOutOfBrand ? "opted out" : "", .red), .init(contact.tags.joined(separator: ", ")))
    }
    return table
  }

  private static func show(_ contact: ContactView, _ invocation: Invocation, _ references: inout References)
    throws
  {
    if invocation.has("json") { return try JSONOutput.line(contact) }
    var facts = Facts()
    facts.add("id", contact.contactID.description)
    facts.add("name", Words.name(contact), .bold)
    facts.add("ref", contact.ref)
    facts.add("phones", contact.phones.map(\.description).joined(separator: ", "))
    facts.add("rep", try references.name(of: contact.repID))
    facts.add("tags", contact.tags.isEmpty ? nil : contact.tags.joined(separator: ", "))
    for (name, value) in contact.attributes.sorted(by: { $0.key < $1.key }) { facts.add(name, value) }
    facts.add(
      "consent", contact.optedOutOfBrand ? "opted out" : "may be texted",
      contact.optedOutOfBrand ? .red : .green)
    facts.add("added", Words.time(contact.createdAt))
    try facts.print()
  }
}
