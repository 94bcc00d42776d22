import CommandFrame
import Contract

/// What the columns of a contacts file mean, and a contact from each row. Pure.
struct ContactColumns {
  enum Meaning: Equatable {
    case ref, firstName, lastName, name, phone, phones, owner, tags
    case attribute(String)
    /// A column without a title: passed over.
    case none
  }

  let meanings: [Meaning]

  /// Titles as `CSVTable.normalised` leaves them.
  init(_ titles: [String]) throws {
    var meanings: [Meaning] = []
    for title in titles {
      let meaning = Self.meaning(of: title)
      if meaning != .none, meaning != .phone, meanings.contains(meaning) {
        throw Failure(.data, "two columns are called \(title)")
      }
      meanings.append(meaning)
    }
    guard meanings.contains(.phone) || meanings.contains(.phones) else {
      throw Failure(
        .data, "no column is called phone; found: \(titles.joined(separator: ", "))",
        hint:
          "the first line names the columns: phone, first_name, last_name, owner, tags, ref; others are merge fields"
      )
    }
    guard meanings.count <= CSVReader.maximumFields else { throw Failure(.data, "too many columns") }
    self.meanings = meanings
  }

  private static func meaning(of title: String) -> Meaning {
    switch title {
    case "": .none
    case "ref", "id", "external_id", "contact_id", "key": .ref
    case "first_name", "first", "firstname", "given_name": .firstName
    case "last_name", "last", "lastname", "family_name", "surname": .lastName
    case "name", "full_name", "contact": .name
    case "phone", "mobile", "cell", "phone_number", "mobile_phone", "cell_phone", "telephone", "phone_1":
      .phone
    case "phone_2", "phone2", "second_phone", "other_phone", "phone_3", "phone3": .phone
    case "phones": .phones
    case "owner", "rep", "agent", "sales_rep": .owner
    case "tags", "tag", "labels": .tags
    default: .attribute(title)
    }
  }

  /// Why a row is no contact, in a person's words.
  struct Unusable: Error, Equatable {
    var reason: String
  }

  /// A contact from one row.
  ///
  /// - Parameter owner: finds a rep by name or id; throws `Unusable` where there is none.
  func contact(
    _ fields: [String], extraTags: [String], defaultOwner: RepID?, owner: (String) throws -> RepID
  ) throws -> ContactInput {
    var input = ContactInput()
    var phones: [String] = []
    var tags = extraTags
    var attributes: [String: String] = [:]
    input.repID = defaultOwner
    for (meaning, field) in zip(meanings, fields) {
      let text = CSVTable.trimmed(field)
      if text.isEmpty { continue }
      switch meaning {
      case .none: continue
      case .ref: input.ref = text
      case .firstName: input.firstName = text
      case .lastName: input.lastName = text
      case .name:
        // "Alice Abbott": the first word is the given name.
        let parts = text.split(separator: " ", maxSplits: 1)
        if input.firstName == nil { input.firstName = parts.first.map(String.init) }
        if input.lastName == nil, parts.count > 1 { input.lastName = String(parts[1]) }
      case .phone: phones.append(text)
      case .phones: phones += Self.list(text)
      case .owner: input.repID = try owner(text)
      case .tags: tags += Self.list(text)
      case .attribute(let name): attributes[name] = text
      }
    }
    guard !phones.isEmpty else { throw Unusable(reason: "phone: is empty") }
    guard phones.count <= 8 else {
      throw Unusable(reason: "phones: expected at most 8, found \(phones.count)")
    }
    for phone in phones {
      let digits = phone.utf8.count { $0 >= 0x30 && $0 <= 0x39 }
      guard (7...15).contains(digits), phone.utf8.allSatisfy(Self.isPhoneOctet) else {
        throw Unusable(reason: "phone: \"\(phone.prefix(40))\" is not a phone number")
      }
    }
    guard tags.count <= 32 else { throw Unusable(reason: "tags: expected at most 32, found \(tags.count)") }
    for tag in tags where tag.utf8.count > 64 {
      throw Unusable(reason: "tags: a tag is longer than 64 octets")
    }
    input.phones = phones
    input.tags = tags.isEmpty ? nil : tags
    input.attributes = attributes.isEmpty ? nil : attributes
    return input
  }

  /// Several values in one field, separated by `;` or `|`.
  private static func list(_ text: String) -> [String] {
    text.split(whereSeparator: { $0 == ";" || $0 == "|" }).map { CSVTable.trimmed(String($0)) }.filter {
      !$0.isEmpty
    }
  }

  /// Digits and what people write around them.
  private static func isPhoneOctet(_ octet: UInt8) -> Bool {
    (octet >= 0x30 && octet <= 0x39) || " +-().".utf8.contains(octet)
  }
}
