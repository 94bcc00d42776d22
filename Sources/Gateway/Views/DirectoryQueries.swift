import Contract
import Store

extension Queries {
  // MARK: Numbers and reps

  func numberGet(_ params: NumberGet, _ scope: AccessScope) throws -> NumberView {
    guard let view = try views.number(number(at: params.number, scope)) else {
      throw APIError.notFound("number", params.number)
    }
    return view
  }

  func numberList(_ params: NumberList, _ scope: AccessScope) throws -> Page<NumberView> {
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        let place = ChangeWalk.start(since: params.since, after)
        return try params.since == nil
          ? all(
            "SELECT address, id FROM number WHERE address > ?1 ORDER BY address LIMIT ?2",
            [.int(after?.first ?? .min), .int(Int64(count))]
          ) { WalkKey(place: PageCursor($0.int(0), $0.int(1))) }
          : all(ChangeWalk.changed("number"), [.int(place.first), .int(place.second), .int(Int64(count))]) {
            WalkKey(place: PageCursor($0.int(0), $0.int(1)))
          }
      },
      item: { place -> NumberView? in
        guard let view = try views.number(place.second), scope.sees(view.number) else { return nil }
        return params.repID.map { $0 == view.repID } ?? true ? view : nil
      })
  }

  func repGet(_ params: RepGet, _ scope: AccessScope) throws -> RepView {
    guard let view = try rep(params.repID.value, scope) else { throw APIError.notFound("rep", params.repID) }
    return view
  }

  func repList(_ params: RepList, _ scope: AccessScope) throws -> Page<RepView> {
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        if params.since != nil {
          let place = ChangeWalk.start(since: params.since, after)
          return try all(
            ChangeWalk.changed("rep", "ifnull(name = ?4 COLLATE NOCASE, 1)"),
            [.int(place.first), .int(place.second), .int(Int64(count)), .init(params.name)]
          ) { WalkKey(place: PageCursor($0.int(0), $0.int(1)), fits: $0.bool(2)) }
        }
        return try all(
          params.name == nil
            ? "SELECT id FROM rep WHERE id > ?1 AND ?3 IS NULL ORDER BY id LIMIT ?2"
            : "SELECT id FROM rep WHERE id > ?1 AND name = ?3 COLLATE NOCASE ORDER BY id LIMIT ?2",
          [.int(after?.first ?? 0), .int(Int64(count)), .init(params.name)]
        ) { WalkKey(place: PageCursor($0.int(0), $0.int(0))) }
      },
      item: { place -> RepView? in
        guard let view = try rep(place.second, scope) else { return nil }
        return params.active.map { $0 == view.active } ?? true ? view : nil
      })
  }

  /// A rep with the numbers the caller may see; to one who sees only some numbers, nil without any of them.
  private func rep(_ id: Int64, _ scope: AccessScope) throws -> RepView? {
    guard var view = try views.rep(id) else { return nil }
    guard !scope.isFull else { return view }
    view.numbers.removeAll { !scope.sees($0) }
    if let home = view.homeNumber, !scope.sees(home) { view.homeNumber = nil }
    return view.numbers.isEmpty ? nil : view
  }

  // MARK: Contacts and groups: of the company, not of a number

  func contactGet(_ params: ContactGet, _ scope: AccessScope) throws -> ContactView {
    guard try ContactTable(database).isSeen(contact: params.contactID.value, by: scope),
      let view = try views.contact(params.contactID.value)
    else {
      throw APIError.notFound("contact", params.contactID)
    }
    return view
  }

  func contactList(_ params: ContactList, _ scope: AccessScope) throws -> Page<ContactView> {
    var conditions: [String] = []
    var values: [Value] = []
    // What changed is walked in the order of its changes.
    var source: String? =
      params.since == nil ? nil : "SELECT id FROM (\(ChangeWalk.changed("contact")))"
    let taken = source == nil ? 2 : 3
    /// The first filter is walked by its index, the others are looked at.
    func filter(_ walked: String, _ looked: String, _ value: Value) {
      values.append(value)
      let place = "?\(values.count + taken)"
      if source == nil {
        source = walked.replacing("VALUE", with: place)
      } else {
        conditions.append(looked.replacing("VALUE", with: place))
      }
    }
    if let ref = params.ref {
      filter(
        "SELECT id FROM contact WHERE external = VALUE AND id > ?1 ORDER BY id LIMIT ?2",
        "c.external = VALUE",
        .text(ref))
    }
    if let phone = params.phone {
      filter(
        "SELECT contact_id AS id FROM contact_phone WHERE phone = VALUE AND contact_id > ?1 ORDER BY contact_id LIMIT ?2",
        "EXISTS (SELECT 1 FROM contact_phone WHERE phone = VALUE AND contact_id = c.id)",
        .int(try phones.anyPhone(phone, field: "phone").digits))
    }
    if let group = params.group {
      let id = try visible(group, scope)
      if let fitting = try ContactTable(database).group(id)?.conditions {
        conditions.append(fitting.sql(from: values.count + taken + 1))
        values += fitting.values
      } else {
        filter(
          "SELECT contact_id AS id FROM group_member WHERE group_id = VALUE AND contact_id > ?1 ORDER BY contact_id LIMIT ?2",
          "EXISTS (SELECT 1 FROM group_member WHERE group_id = VALUE AND contact_id = c.id)", .int(id))
      }
    }
    if let tag = params.tag {
      filter(
        "SELECT contact_id AS id FROM contact_tag WHERE tag_id = VALUE AND contact_id > ?1 ORDER BY contact_id LIMIT ?2",
        "EXISTS (SELECT 1 FROM contact_tag WHERE tag_id = VALUE AND contact_id = c.id)",
        .int(try database.int("SELECT id FROM tag WHERE name = ?1", .text(tag)) ?? 0))
    }
    if let owner = params.repID {
      filter(
        "SELECT id FROM contact WHERE owner_rep = VALUE AND id > ?1 ORDER BY id LIMIT ?2",
        "c.owner_rep = VALUE",
        .int(owner.value))
    }
    let fits = conditions.isEmpty ? "1" : conditions.map { "(\($0))" }.joined(separator: " AND ")
    let walked = source ?? "SELECT id FROM contact WHERE id > ?1 ORDER BY id LIMIT ?2"
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        guard params.since != nil else {
          return try all(
            "SELECT c.id, \(fits) FROM (\(walked)) w CROSS JOIN contact c ON c.id = w.id ORDER BY c.id",
            [.int(after?.first ?? 0), .int(Int64(count))] + values
          ) { WalkKey(place: PageCursor($0.int(0), $0.int(0)), fits: $0.bool(1)) }
        }
        let place = ChangeWalk.start(since: params.since, after)
        return try all(
          "SELECT c.updated, c.id, \(fits) FROM (\(walked)) w CROSS JOIN contact c ON c.id = w.id ORDER BY c.updated, c.id",
          [.int(place.first), .int(place.second), .int(Int64(count))] + values
        ) { WalkKey(place: PageCursor($0.int(0), $0.int(1)), fits: $0.bool(2)) }
      },
      item: {
        try ContactTable(database).isSeen(contact: $0.second, by: scope) ? views.contact($0.second) : nil
      })
  }

  private func visible(_ group: GroupRef, _ scope: AccessScope) throws -> Int64 {
    let id: Int64? =
      switch group {
      case .id(let id): try database.int("SELECT id FROM audience_group WHERE id = ?1", .int(id.value))
      case .name(let name): try database.int("SELECT id FROM audience_group WHERE name = ?1", .text(name))
      }
    guard let id, try ContactTable(database).isSeen(group: id, by: scope) else {
      throw APIError.notFound("group", group)
    }
    return id
  }

  func groupGet(_ params: GroupGet, _ scope: AccessScope) throws -> GroupView {
    guard let view = try views.group(visible(params.group, scope)) else {
      throw APIError.notFound("group", params.group)
    }
    return view
  }

  func groupList(_ params: GroupList, _ scope: AccessScope) throws -> Page<GroupView> {
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "audience_group", since: params.since, after, count, self)
      },
      item: { place -> GroupView? in
        guard try ContactTable(database).isSeen(group: place.second, by: scope),
          let view = try views.group(place.second)
        else { return nil }
        return params.repID.map { $0 == view.repID } ?? true ? view : nil
      })
  }
}

extension Queries {
  func testPhoneList() throws -> TestPhones {
    TestPhones(
      live: try isLive(), phones: try DirectoryTable(database).testPhones().compactMap { E164(digits: $0) })
  }

  func isLive() throws(StoreError) -> Bool { try SettingTable(database)[.live] == "yes" }
}
