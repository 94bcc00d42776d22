import Contract
import Store

/// Whom of the contacts that are known somebody means who gives a name and phones.
///
/// A `ref` decides. Without one a phone is one person: a name that is missing, there or here, is completed, and letter case means nothing. Two
/// people on one phone are told apart by a `ref`.
struct ContactIdentity {
  /// What is given of a person.
  var ref: String?
  var firstName: String
  var lastName: String
  var owner: Int64?
  /// The names that are given become those of whoever has the phone.
  var replacesNames: Bool

  /// - Parameter people: who has the first phone.
  /// - Returns: the contact; nil: it is a new one.
  func find(among people: [ContactTable.Person]) throws(APIError) -> Int64? {
    let open = people.filter { ref == nil || $0.ref == nil }
    let fitting = open.filter(fits)
    if let one = try decide(fitting) { return one }
    guard ref == nil, !people.isEmpty else { return nil }
    if replacesNames {
      guard people.count == 1 else { throw ContactIdentity.severalPeople(people.count) }
      return people[0].id
    }
    throw .refused(
      .duplicate, "phones: another person has this phone; a second person on one phone needs a ref",
      field: "phones")
  }

  /// The same by a further phone, which others may share.
  func findLoosely(among people: [ContactTable.Person]) throws(APIError) -> Int64? {
    try decide(people.filter { (ref == nil || $0.ref == nil) && fits($0) })
  }

  private func decide(_ fitting: [ContactTable.Person]) throws(APIError) -> Int64? {
    var left = fitting
    if let owner, left.contains(where: { $0.ownerRep == owner }) {
      left = left.filter { $0.ownerRep == owner }
    }
    if left.count > 1, left.contains(where: isNamesake) { left = left.filter(isNamesake) }
    guard let first = left.first else { return nil }
    // The same person twice, from before: the older one.
    let name = ContactIdentity.folded(first)
    guard left.allSatisfy({ ContactIdentity.folded($0) == name }) else {
      throw ContactIdentity.severalPeople(left.count)
    }
    return first.id
  }

  private static func severalPeople(_ count: Int) -> APIError {
    .refused(
      .duplicate, "phones: \(count) contacts have this phone; give the ref or the whole name of one",
      field: "phones")
  }

  private var folded: String { ContactIdentity.folded(firstName, lastName) }

  private func isNamesake(_ person: ContactTable.Person) -> Bool { ContactIdentity.folded(person) == folded }

  private func fits(_ person: ContactTable.Person) -> Bool {
    isNamesake(person)
      || ContactIdentity.fits(firstName, person.firstName) && ContactIdentity.fits(lastName, person.lastName)
  }

  private static func fits(_ a: String, _ b: String) -> Bool {
    let (a, b) = (folded(a, ""), folded(b, ""))
    return a.isEmpty || b.isEmpty || a == b
  }

  private static func folded(_ person: ContactTable.Person) -> String {
    folded(person.firstName, person.lastName)
  }

  private static func folded(_ first: String, _ last: String) -> String {
    "\(first) \(last)".lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
