import CommandFrame
import Contract

/// What the columns of a contacts file mean, and a contact from each row. Pure.
///
/// The titles of Google Contacts, Outlook, HubSpot, Salesforce and Mailchimp are known, beside our own. Only a column called `ref` is a key:
/// many lists number their rows.
struct ContactColumns {
  enum Meaning: Equatable {
    case ref, firstName, lastName, name, tags
    case phone(PhoneColumn)
    /// `isOurs`: the owner is one of our reps, or the row is wrong. In other systems' files it may be anybody.
    case owner(isOurs: Bool)
    case optOut(OptOutColumn)
    case attribute(String)
    /// A column without a title, or one that another column refers to: passed over.
    case none
  }

  let titles: [ColumnTitle]
  let meanings: [Meaning]

  /// - Parameter fields: columns that are merge fields whatever their titles, as merge fields are called.
  init(_ titles: [String], mergeFields: Set<String> = []) throws {
    let titles = titles.map { ColumnTitle($0) }
    guard titles.count <= CSVReader.maximumFields else { throw Failure(.data, "too many columns") }
    var meanings: [Meaning] = []
    var names: Set<String> = []
    for (index, title) in titles.enumerated() {
      var meaning =
        mergeFields.contains(title.field) ? .attribute(title.field) : Self.meaning(of: title)
      switch meaning {
      case .ref, .firstName, .lastName, .name, .owner:
        if meanings.contains(meaning) {
          throw Failure(.data, "two columns are called \(title.text)")
        }
      case .attribute(let name):
        // Files have two columns of one title now and then, and titles without a letter that a merge field may have.
        let name = name.isEmpty ? "column_\(index + 1)" : name
        var free = name
        var count = 2
        while !names.insert(free).inserted { (free, count) = ("\(name)_\(count)", count + 1) }
        meaning = .attribute(free)
      default: break
      }
      meanings.append(meaning)
    }
    Self.findNames(titles, &meanings)
    Self.findLabels(titles, &meanings)
    guard meanings.contains(where: { if case .phone = $0 { true } else { false } }) else {
      throw Failure(
        .data, "no column is called phone; found: \(titles.map(\.text).joined(separator: ", "))",
        hint:
          "the first line names the columns: phone, first_name, last_name, owner, tags, ref; others are merge fields"
      )
    }
    self.titles = titles
    self.meanings = meanings
  }

  private static func meaning(of title: ColumnTitle) -> Meaning {
    switch title.key {
    case "": return .none
    case "ref": return .ref
    case "first_name", "first", "firstname", "given_name", "given", "forename", "fname": return .firstName
    case "last_name", "last", "lastname", "family_name", "surname", "lname": return .lastName
    case "name", "full_name", "fullname", "contact", "contact_name", "display_name", "nombre",
      "nombre_completo", "nome",
      "nome_completo", "nom", "nom_complet", "naam", "namn", "navn", "姓名", "氏名", "名前", "이름":
      return .name
    case "owner", "rep", "agent", "sales_rep": return .owner(isOurs: true)
    case "contact_owner", "owner_name", "account_owner", "lead_owner": return .owner(isOurs: false)
    case "tags", "tag", "labels", "categories", "group_membership": return .tags
    default: break
    }
    if let column = OptOutColumn(title) { return .optOut(column) }
    if let column = PhoneColumn(title) { return .phone(column) }
    return .attribute(title.field)
  }

  /// A name beside a surname is the given name, and the French `nom` beside a given name is the surname.
  private static func findNames(_ titles: [ColumnTitle], _ meanings: inout [Meaning]) {
    guard let name = meanings.firstIndex(of: .name) else { return }
    switch (meanings.contains(.firstName), meanings.contains(.lastName)) {
    case (false, true): meanings[name] = .firstName
    case (true, false) where titles[name].key == "nom": meanings[name] = .lastName
    default: break
    }
  }

  /// `Phone 1 - Value` is of the kind that `Phone 1 - Label` says, which newer and older files of Google Contacts call differently.
  private static func findLabels(_ titles: [ColumnTitle], _ meanings: inout [Meaning]) {
    for (index, title) in titles.enumerated() {
      guard case .phone(var column) = meanings[index], title.words.last == "value" else { continue }
      let stem = title.words.dropLast()
      guard
        let label = titles.firstIndex(where: {
          $0.words.dropLast() == stem && ["label", "type"].contains($0.words.last)
        })
      else { continue }
      column.label = label
      meanings[index] = .phone(column)
      meanings[label] = .none
    }
  }

  /// How the columns are read, in a person's words.
  var summary: String {
    func list(_ wanted: (Meaning) -> Bool) -> String {
      zip(titles, meanings).filter { wanted($0.1) }.map(\.0.text).joined(separator: ", ")
    }
    var parts: [String] = []
    let phones = zip(titles, meanings).compactMap { title, meaning -> (Int, String)? in
      if case .phone(let column) = meaning { (column.rank, title.text) } else { nil }
    }
    parts.append("phone: " + phones.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: ", then "))
    for (name, wanted) in [
      ("name", { [.firstName, .lastName, .name].contains($0) }), ("key", { $0 == .ref }),
      ("owner", { if case .owner = $0 { true } else { false } }), ("tags", { $0 == .tags }),
      ("opt-out", { if case .optOut = $0 { true } else { false } }),
      ("merge fields", { if case .attribute = $0 { true } else { false } }),
    ] as [(String, (Meaning) -> Bool)] {
      let found = list(wanted)
      if !found.isEmpty { parts.append("\(name): \(found)") }
    }
    return parts.joined(separator: "; ")
  }

  /// Why a row is no contact, in a person's words.
  struct Unusable: Error, Equatable {
    var reason: String
  }

  /// A row as a contact, and what there is to say of it.
  struct Reading: Equatable {
    var input = ContactInput()
    var notes: [String] = []
  }

  /// A contact from one row.
  ///
  /// - Parameters:
  ///   - place: the file and the line, as evidence of an opt-out.
  ///   - owner: finds a rep by name or id; throws `Unusable` where there is none.
  func contact(
    _ fields: [String], at place: String = "", extraTags: [String], defaultOwner: RepID?,
    owner: (String) throws -> RepID
  ) throws -> Reading {
    var reading = Reading()
    var phones: [(rank: Int, text: String)] = []
    var tags = extraTags
    var attributes: [String: String] = [:]
    var name = ""
    reading.input.repID = defaultOwner
    for (index, (meaning, field)) in zip(meanings, fields).enumerated() {
      let text = CSVReader.trimmed(field)
      if text.isEmpty { continue }
      switch meaning {
      case .none: continue
      case .ref: reading.input.ref = text
      case .firstName: reading.input.firstName = text
      case .lastName: reading.input.lastName = text
      case .name: name = text
      case .phone(let column):
        guard let rank = rank(of: column, fields) else {
          attributes[titles[index].field] = text
          continue
        }
        phones += Self.values(text).map { (rank, $0) }
      case .owner(let isOurs):
        do {
          reading.input.repID = try owner(text)
        } catch let unusable as Unusable {
          if isOurs { throw unusable }
          attributes[titles[index].field] = text
          reading.notes.append(unusable.reason)
        }
      case .tags: tags += Self.tags(text)
      case .optOut(let column): take(text, column, titles[index], at: place, &reading, &attributes)
      case .attribute(let name): attributes[name] = text
      }
    }
    if reading.input.firstName == nil, reading.input.lastName == nil, !name.isEmpty {
      // "Alice Abbott": the first word is the given name.
      let parts = name.split(separator: " ", maxSplits: 1)
      reading.input.firstName = parts.first.map(String.init)
      if parts.count > 1 { reading.input.lastName = CSVReader.trimmed(String(parts[1])) }
    }
    // Of one rank, in the order of the columns.
    let sorted = phones.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
    reading.input.phones = sorted.map(\.element.text)
    reading.input.tags = tags.isEmpty ? nil : tags
    reading.input.attributes = attributes.isEmpty ? nil : attributes
    return reading
  }

  private func rank(of column: PhoneColumn, _ fields: [String]) -> Int? {
    guard let label = column.label else { return column.rank }
    let text = CSVReader.trimmed(fields[label])
    guard let rank = PhoneColumn.rank(label: text) else { return nil }
    // "Phone 2" is no second choice by its number: its label counts.
    return text.isEmpty ? 10 : rank
  }

  private func take(
    _ text: String, _ column: OptOutColumn, _ title: ColumnTitle, at place: String,
    _ reading: inout Reading, _ attributes: inout [String: String]
  ) {
    switch column.answer(text) {
    case .nothing: break
    case .optedOut, .unclear:
      if column.answer(text) == .unclear {
        reading.notes.append("\(title.text): \"\(text.prefix(40))\" is taken for an opt-out")
      }
      if reading.input.optOutEvidence == nil {
        reading.input.optOutEvidence = "\(place): \(title.text) = \(text)"
      }
    case .unknown:
      attributes[title.field] = text
      reading.notes.append("\(title.text): \"\(text.prefix(40))\" says neither yes nor no to texts")
    }
  }

  /// Several phones in one field, as Google Contacts and our own lists separate them. Nothing else separates phones: a `/` or a comma may be
  /// part of one.
  private static func values(_ text: String) -> [String] {
    text.replacing(":::", with: "|").split(whereSeparator: { $0 == ";" || $0 == "|" }).reduce(into: []) {
      values, part in
      let value = CSVReader.trimmed(String(part))
      // "tel:+1…;ext=5" is one phone.
      if value.hasPrefix("ext="), let last = values.popLast() {
        values.append("\(last);\(value)")
      } else if !value.isEmpty {
        values.append(value)
      }
    }
  }

  /// Tags, separated by `;` or `|`; by `:::` in files of Google Contacts, where `* ` begins a label of its own; in quotes and with
  /// commas in files of Mailchimp.
  private static func tags(_ text: String) -> [String] {
    let isQuoted = text.hasPrefix("\"")
    return text.replacing(":::", with: "|").split(whereSeparator: {
      $0 == ";" || $0 == "|" || isQuoted && $0 == ","
    }).compactMap { part in
      var tag = CSVReader.trimmed(String(part))
      if tag.hasPrefix("* ") { tag.removeFirst(2) }
      if isQuoted { tag = CSVReader.trimmed(tag.filter { $0 != "\"" }) }
      return tag.isEmpty || tag.lowercased() == "mycontacts" ? nil : tag
    }
  }
}
