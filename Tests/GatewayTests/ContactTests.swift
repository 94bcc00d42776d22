import Contract
import Testing

@testable import Gateway

/// Contacts from forms, lists and other systems: who they are, and what stays of them.
@Suite(.worlds) struct ContactTests {
  private let other = "+12025550144"

  private func upsert(_ world: World, _ inputs: ContactInput..., dryRun: Bool? = nil) throws
    -> ContactUpsertResult
  {
    try world.call(.contactUpsert(ContactUpsert(contacts: inputs, dryRun: dryRun)))
  }

  private func contacts(_ world: World) throws -> [ContactView] {
    let page: Page<ContactView> = try world.ask(.contactList(ContactList()))
    return page.items
  }

  private func only(_ world: World) throws -> ContactView {
    let all = try contacts(world)
    #expect(all.count == 1)
    return try #require(all.first)
  }

  // MARK: What is not given stays

  /// jetpack 28886: adding a phone took the other one away.
  @Test func aPhoneThatIsNotGivenStays() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer, other]))
    _ = try upsert(world, ContactInput(phones: [other], tags: ["vip"]))
    let contact = try only(world)
    #expect(contact.phones.map(\.description) == [Cast.customer, other] && contact.tags == ["vip"])
    _ = try upsert(world, ContactInput(phones: [other, "+12025550145"]))
    #expect(try only(world).phones.map(\.description) == [Cast.customer, other, "+12025550145"])
  }

  @Test func aSystemThatNamesTheContactSaysWhichPhoneIsPreferred() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(ref: "7", phones: [Cast.customer]))
    _ = try upsert(world, ContactInput(ref: "7", phones: [other]))
    #expect(try only(world).phones.map(\.description) == [other, Cast.customer])
  }

  @Test func replacingIsAskedFor() throws {
    let world = try World()
    _ = try upsert(
      world,
      ContactInput(phones: [Cast.customer, other], firstName: "Ana", tags: ["a"], attributes: ["x": "1"]))
    _ = try upsert(
      world,
      ContactInput(
        phones: [other], firstName: "Nora", tags: ["b"], attributes: ["y": "2"],
        replace: [.phones, .names, .tags, .attributes]))
    let contact = try only(world)
    #expect(contact.phones.map(\.description) == [other] && contact.firstName == "Nora")
    #expect(contact.tags == ["b"] && contact.attributes == ["y": "2"])
  }

  // MARK: Who it is

  /// chatwoot 12325: one phone became many contacts.
  @Test func aBlankIsCompletedAndLetterCaseMeansNothing() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer], tags: ["nl"]))
    _ = try upsert(world, ContactInput(phones: ["(202) 555-0143"], firstName: "Nora"))
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "NORA", lastName: "Kim"))
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "nora kim"))
    _ = try upsert(world, ContactInput(phones: [Cast.customer], lastName: " kim "))
    _ = try upsert(world, ContactInput(phones: [Cast.customer]))
    let contact = try only(world)
    #expect(contact.firstName == "Nora" && contact.lastName == "Kim" && contact.tags == ["nl"])
  }

  @Test func aSecondPersonOnOnePhoneNeedsARef() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "Nora"))
    let refused = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "Ben"))
    #expect(refused.results[0].reason == .duplicate)
    #expect(refused.results[0].detail?.contains("needs a ref") == true)
    let added = try upsert(world, ContactInput(ref: "b", phones: [Cast.customer], firstName: "Ben"))
    #expect(added.created == 1)
    // Whom a bare phone means is no longer clear; a name says it.
    let unclear = try upsert(world, ContactInput(phones: [Cast.customer], tags: ["vip"]))
    #expect(unclear.results[0].reason == .duplicate)
    let clear = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "ben", tags: ["vip"]))
    #expect(clear.results[0].contactID == added.results[0].contactID)
  }

  @Test func aContactWithARefIsFoundByItsPhoneAndOwner() throws {
    let world = try World()
    let (anna, ben) = (try world.addRep("Anna"), try world.addRep("Ben"))
    let first = try upsert(
      world, ContactInput(ref: "1", phones: [Cast.customer], firstName: "Ana", repID: anna),
      ContactInput(ref: "2", phones: [Cast.customer], firstName: "Bob", repID: ben))
    for (owner, item) in [(anna, first.results[0]), (ben, first.results[1])] {
      let found = try upsert(world, ContactInput(phones: [Cast.customer], repID: owner, tags: ["vip"]))
      #expect(found.results[0].contactID == item.contactID && found.updated == 1)
    }
    #expect(try contacts(world).count == 2)
  }

  @Test func aContactThatIsKnownByItsPhoneGetsItsRef() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "Nora"))
    _ = try upsert(world, ContactInput(ref: "crm-1", phones: [Cast.customer], firstName: "nora"))
    #expect(try only(world).ref == "crm-1")
    // Another key is another person.
    _ = try upsert(world, ContactInput(ref: "crm-2", phones: [Cast.customer], firstName: "Nora"))
    #expect(try contacts(world).map(\.ref) == ["crm-1", "crm-2"])
  }

  @Test func aSecondPhoneFindsThePersonToo() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer, other], firstName: "Nora"))
    _ = try upsert(world, ContactInput(phones: ["+12025550145", other], firstName: "Nora"))
    #expect(try only(world).phones.count == 3)
    // An office has a phone of several people.
    let ben = try upsert(world, ContactInput(phones: ["+12025550146", other], firstName: "Ben"))
    #expect(ben.created == 1)
  }

  // MARK: What does not fit

  @Test func whatDoesNotFitIsNamedAndTheContactKept() throws {
    let world = try World()
    let result = try upsert(
      world,
      ContactInput(
        phones: [Cast.customer, "202-555-0160/7"], firstName: "Nora",
        lastName: String(repeating: "x", count: 201), tags: ["ok", String(repeating: "t", count: 201)],
        attributes: ["notes": String(repeating: "n", count: 1_001), "city": "Bonn"]))
    #expect(result.created == 1)
    #expect(result.results[0].leftOut?.map(\.field) == ["phones", "last_name", "notes", "tags"])
    let contact = try only(world)
    #expect(contact.attributes == ["city": "Bonn"] && contact.tags == ["ok"] && contact.lastName == nil)
    #expect(contact.phones.count == 1)
  }

  @Test func aContactsAttributesTagsAndPhonesStayBounded() throws {
    let world = try World()
    for round in 0..<3 {
      let result = try upsert(
        world,
        ContactInput(
          ref: "1", phones: (0..<8).map { "+120255510\(10 + round * 8 + $0)" },
          tags: (0..<40).map { "t\(round).\($0)" },
          attributes: Dictionary(uniqueKeysWithValues: (0..<40).map { ("a\(round).\($0)", "x") })))
      #expect((result.results[0].leftOut == nil) == (round == 0))
    }
    let contact = try only(world)
    #expect(contact.phones.count == 10 && contact.tags.count == 50 && contact.attributes.count == 64)
  }

  @Test func whatWasReadFromWhatIsSaid() throws {
    let world = try World()
    let result = try upsert(
      world, ContactInput(phones: ["(202) 555-0143", "+44 (0)20 7946 0030", "2025550151.0"]))
    let phones = try #require(result.results[0].phoneReadings)
    #expect(phones.map(\.phone.description) == [Cast.customer, "+442079460030", "+12025550151"])
    #expect(phones.map(\.differs) == [false, true, true])
  }

  // MARK: Opt-outs of a list

  @Test func anOptOutThatComesWithAContactHoldsAtOnce() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.send("Hello", to: other)
    let result = try upsert(
      world,
      ContactInput(
        phones: [Cast.customer, other], repID: anna, optOutEvidence: "list.csv, line 2: Do Not Call = 1"))
    #expect(result.created == 1 && result.optOutCount == 2 && result.results[0].optOutCount == 2)
    #expect(try world.refusal(of: world.message("Hi")) == .optedOut)
    #expect(try world.claim().isEmpty)
    let consent: ConsentGetResult = try world.ask(
      .consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(consent.records.map(\.source) == [.import])
    #expect(consent.records[0].evidence == "list.csv, line 2: Do Not Call = 1")
    // The same list again records nothing.
    let again = try upsert(world, ContactInput(phones: [Cast.customer], optOutEvidence: "list.csv, line 2"))
    #expect(again.results[0].optOutCount == 0)
    let after: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(after.records.count == 1)
  }

  @Test func anOptOutHoldsEvenIfTheContactIsRefused() throws {
    let world = try World()
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "Nora"))
    let result = try upsert(
      world, ContactInput(phones: [Cast.customer], firstName: "Ben", optOutEvidence: "list"),
      ContactInput(phones: ["202-555-0160/7"], optOutEvidence: "list"))
    #expect(result.refused == 2 && result.optOutCount == 2)
    for phone in [Cast.customer, "+12025550160"] {
      let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(phone))))
      #expect(consent.optedOutOfBrand)
    }
  }

  @Test func aListOfOptOutsIsRecordedAtOnce() throws {
    let world = try World()
    try world.addAnna()
    try world.send("Hello")
    func record(_ dryRun: Bool?) throws -> ConsentImportResult {
      try world.call(
        .consentImport(
          ConsentImport(
            optOuts: ["(202) 555-0143", "+44 (0)20 7946 0030", "ask Anna", Cast.annasNumber].map {
              OptOutInput(phone: $0, evidence: "optouts.csv")
            }, dryRun: dryRun)))
    }
    let dry = try record(true)
    #expect(dry.results.map(\.status) == [.recorded, .recorded, .refused, .refused] && dry.cancelled == 0)
    let real = try record(nil)
    #expect(real.results.map(\.status) == dry.results.map(\.status) && real.cancelled == 1)
    #expect(try record(nil).results.map(\.status) == [.known, .known, .refused, .refused])
  }

  // MARK: The dry run

  @Test func aDryRunDecidesAsTheImportDoesAndChangesNothing() throws {
    let world = try World()
    let anna = try world.addAnna()
    _ = try upsert(world, ContactInput(phones: [Cast.customer], firstName: "Nora", tags: ["old"]))
    let inputs = [
      ContactInput(
        phones: [Cast.customer], firstName: "nora", repID: anna, tags: ["new"], optOutEvidence: "list"),
      ContactInput(phones: [other], firstName: "Ben"), ContactInput(phones: [other], firstName: "Carl"),
      ContactInput(ref: "c", phones: [other], firstName: "Carl"), ContactInput(phones: ["5550142"]),
      ContactInput(phones: ["+12025550145"], attributes: ["notes": String(repeating: "n", count: 1_150)]),
      ContactInput(ref: "c", firstName: "Karl"),
    ]
    let before = try contacts(world)
    // Whether a batch has written events says nothing of the contacts.
    func memory() throws -> [String] { try world.memory().filter { !$0.contains(".feed.grew ") } }
    let remembered = try memory()
    let dry: ContactUpsertResult = try world.call(
      .contactUpsert(ContactUpsert(contacts: inputs, dryRun: true)))
    #expect(try contacts(world) == before)
    #expect(try memory() == remembered)
    let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(!consent.optedOutOfBrand)
    let real: ContactUpsertResult = try world.call(.contactUpsert(ContactUpsert(contacts: inputs)))
    #expect(dry == real)
    #expect(
      real.results.map(\.status) == [.updated, .created, .refused, .created, .refused, .created, .updated])
  }
}
