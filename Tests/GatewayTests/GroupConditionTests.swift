import Contract
import TestSupport
import Testing

@testable import Gateway

extension GroupCondition {
  /// Whether a contact fulfils it, plainly.
  func fits(_ contact: ContactView) -> Bool {
    let isSo: Bool
    if let tags {
      isSo = !Set(tags).isDisjoint(with: contact.tags)
    } else if let repIDs {
      isSo = contact.repID.map(repIDs.contains) ?? false
    } else if let attribute {
      let value = (contact.attributes[attribute] ?? "").filter { $0 != " " }
      isSo =
        !value.isEmpty && (`is`?.contains { $0.lowercased() == value.lowercased() } ?? true)
        && (atLeast.map { Self.isAtLeast(value, $0) } ?? true)
        && (atMost.map { Self.isAtLeast($0, value, $0) } ?? true)
    } else if let createdSince {
      isSo = contact.createdAt >= createdSince
    } else if let createdBefore {
      isSo = contact.createdAt < createdBefore
    } else {
      isSo = false
    }
    return isSo != (not ?? false)
  }

  /// As numbers where the bound is one.
  private static func isAtLeast(_ a: String, _ b: String, _ bound: String? = nil) -> Bool {
    guard Double(bound ?? b) != nil else { return a >= b }
    guard let a = Double(a), let b = Double(b) else { return false }
    return a >= b
  }
}

/// Who is in a group follows from its conditions, whenever the group is used.
@Suite(.worlds) struct GroupConditionTests {
  private func create(_ world: World, _ name: String, _ conditions: [GroupCondition]) throws -> GroupView {
    try world.call(.groupCreate(GroupCreate(name: name, conditions: conditions)))
  }

  private func members(_ world: World, _ group: GroupView, as caller: Requester = World.admin) throws
    -> [ContactID]
  {
    let page: Page<ContactView> = try world.ask(
      .contactList(ContactList(group: .id(group.groupID), limit: 200)), as: caller)
    return page.items.map(\.contactID)
  }

  @Test func aConditionIsWhatItSaysWhateverContactsThereAre() throws {
    let world = try World()
    let reps = [try world.addAnna(), try world.addRep("Ben", number: Cast.bensNumber)]
    var random = SeededGenerator(seed: 7)
    func any<T>(_ items: [T]) -> T { items.randomElement(using: &random).unsafelyUnwrapped }
    let values = ["new", " New ", "sold", "30", "4", "-2.5", "2026-11-22", "2026-12-01", " ", "x30"]
    for index in 0..<60 {
      world.now += 1_000
      var attributes: [String: String] = [:]
      for name in ["status", "age", "it's \"odd\""] where Bool.random(using: &random) {
        attributes[name] = any(values)
      }
      try world.addContact(
        "+1202555\(1000 + index)", owner: Bool.random(using: &random) ? any(reps) : nil,
        attributes: attributes, tags: Bool.random(using: &random) ? [any(["vip", "Vip", "lead"])] : nil)
    }
    let middle = Timestamp(milliseconds: world.now - 30_000)
    func condition() -> GroupCondition {
      let name = any(["status", "age", "it's \"odd\"", "none"])
      var condition = any([
        GroupCondition(tags: ["vip", "lead"]), GroupCondition(tags: ["vip"]),
        GroupCondition(repIDs: [reps[0]]), GroupCondition(repIDs: reps),
        GroupCondition(createdSince: middle), GroupCondition(createdBefore: middle),
        GroupCondition(attribute: name), GroupCondition(attribute: name, is: ["NEW", "30"]),
        GroupCondition(attribute: name, atLeast: "5"), GroupCondition(attribute: name, atMost: "30"),
        GroupCondition(attribute: name, atLeast: "-3", atMost: "4.0"),
        GroupCondition(attribute: name, atLeast: "2026-11-23"),
      ])
      condition.not = any([nil, false, true])
      return condition
    }
    let all: Page<ContactView> = try world.ask(.contactList(ContactList(limit: 200)))
    var sizes: Set<Int> = []
    for index in 0..<150 {
      let conditions = (0...Int.random(in: 0...2, using: &random)).map { _ in condition() }
      let group = try create(world, "g\(index)", conditions)
      let expected = all.items.filter { contact in conditions.allSatisfy { $0.fits(contact) } }.map(
        \.contactID)
      #expect(try members(world, group) == expected, "\(conditions)")
      sizes.insert(expected.count)
    }
    #expect(sizes.count > 20)
  }

  @Test func aPlanKeepsWhoFulfilsThemAtThatMomentInSlices() throws {
    let world = try World()
    let anna = try world.addAnna()
    for index in 0..<450 {
      try world.addContact("+1202555\(1000 + index)", owner: anna, tags: index % 3 == 0 ? ["vip"] : nil)
    }
    let group = try create(world, "vips", [GroupCondition(tags: ["vip"])])
    #expect(group.memberCount == nil && group.conditions == [GroupCondition(tags: ["vip"])])
    let plan: CampaignPlanResult = try world.call(world.plan("Hello", Audience(group: .name("vips"))))
    #expect(plan.recipients == 150 && plan.skipped.isEmpty)
    // Who comes later is in the next plan, and not in this one.
    let _: Changed = try world.call(.contactTag(ContactTag(contactIDs: [ContactID(2)], tag: "vip")))
    let _: Changed = try world.call(.contactUntag(ContactUntag(contactIDs: [ContactID(1)], tag: "vip")))
    #expect(try world.recipients(of: plan.campaignID).map(\.contactID).contains(ContactID(1)))
    let next: CampaignPlanResult = try world.call(world.plan("Hello", Audience(group: .name("vips"))))
    let then = try world.recipients(of: next.campaignID).compactMap(\.contactID)
    #expect(next.recipients == 150 && then.contains(ContactID(2)) && !then.contains(ContactID(1)))
    try world.restart()
    let view: GroupView = try world.ask(.groupGet(GroupGet(group: .name("vips"))))
    #expect(view.conditions == group.conditions && view.memberCount == nil)
  }

  @Test func whatIsNoConditionIsRefusedAndAGroupByConditionsHasNoList() throws {
    let world = try World()
    let anna = try world.addAnna()
    let contact = try world.addContact(Cast.customer, owner: anna)
    func code(_ conditions: [GroupCondition], _ contacts: [ContactID]? = nil) throws -> ErrorCode? {
      try world.code(
        of: .groupCreate(GroupCreate(name: "g", contactIDs: contacts, conditions: conditions)))
    }
    let vip = GroupCondition(tags: ["vip"])
    for bad in [
      [], [GroupCondition()], [GroupCondition(tags: ["vip"], attribute: "age")],
      [GroupCondition(tags: ["vip"], atLeast: "3")], [GroupCondition(tags: [])],
      [GroupCondition(repIDs: [])], Array(repeating: vip, count: 21),
    ] { #expect(try code(bad) == .invalidParams, "\(bad)") }
    #expect(try code([vip], [contact]) == .invalidParams)
    #expect(try code([GroupCondition(repIDs: [RepID(99)])]) == .notFound)
    let group = try create(world, "vips", [vip])
    let ref = GroupRef.id(group.groupID)
    #expect(try world.refusal(of: .groupAdd(GroupAdd(group: ref, contactIDs: [contact]))) == .wrongState)
    #expect(
      try world.refusal(of: .groupRemove(GroupRemove(group: ref, contactIDs: [contact]))) == .wrongState)
  }

  @Test func blanksAtTheEndsOfNamesMeanNothingAndPostalCodesAreText() throws {
    let world = try World()
    let (sold, code) = (
      try world.addContact("+12025550110", attributes: ["zip": "02134"], tags: ["sold"]),
      try world.addContact("+12025550111", attributes: ["zip": "2134"])
    )
    let open = try create(world, "open", [GroupCondition(tags: [" sold "], not: true)])
    #expect(try members(world, open) == [code])
    let boston = try create(
      world, "boston", [GroupCondition(attribute: " zip ", atLeast: "02000", atMost: "02999")])
    #expect(try members(world, boston) == [sold])
    #expect(
      try world.code(of: .groupCreate(GroupCreate(name: "g", conditions: [GroupCondition(attribute: " ")])))
        == .invalidParams)
  }

  @Test func aRoleOfSomeNumbersSeesInItOnlyTheOwnContacts() throws {
    let world = try World()
    let anna = try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    let own = try world.addContact("+12025550110", owner: anna, tags: ["vip"])
    try world.addContact("+12025550111", owner: ben, tags: ["vip"])
    let app = Requester(role: "app", uid: 7, numbers: [try world.number(Cast.annasNumber)])
    let group: GroupView = try world.call(
      .groupCreate(GroupCreate(name: "vips", conditions: [GroupCondition(tags: ["vip"])])), as: app)
    #expect(group.repID == anna)
    #expect(try members(world, group, as: app) == [own])
    let plan: CampaignPlanResult = try world.call(
      world.plan("Hello", Audience(group: .id(group.groupID))), as: app)
    #expect(plan.recipients == 1)
    let bens = Command.groupCreate(GroupCreate(name: "bens", conditions: [GroupCondition(repIDs: [ben])]))
    #expect(try world.code(of: bens, as: app) == .notFound)
  }
}
