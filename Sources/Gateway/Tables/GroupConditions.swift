import Contract
import Store

/// Who is in a group that is no list: the contacts that fulfil all conditions.
struct GroupConditions: Equatable {
  let conditions: [GroupCondition]
  /// As the store has them.
  let json: String

  init(_ conditions: [GroupCondition]) throws(APIError) {
    self.conditions = conditions
    do { json = String(decoding: try ContractJSON.encode(conditions), as: UTF8.self) } catch {
      // Types of our own, which can be encoded.
      throw .internalError
    }
  }

  /// nil: the group is a list.
  init?(stored: String?, group: Int64) throws(StoreError) {
    guard let stored else { return nil }
    guard let conditions = try? ContractJSON.decode([GroupCondition].self, from: Array(stored.utf8)),
      conditions.allSatisfy(\.saysOneThing)
    else {
      throw .damaged("audience_group", row: group)
    }
    self.conditions = conditions
    json = stored
  }

  // MARK: SQL

  /// Whether the contact `c` fulfils them; its values are bound from the parameter ?`first` on, in the order of ``values``.
  func sql(from first: Int) -> String {
    var next = first
    return conditions.map { condition in
      let (sql, values) = Self.sql(condition, from: next)
      next += values.count
      return "(\(sql))"
    }.joined(separator: " AND ")
  }

  var values: [Value] { conditions.flatMap { Self.sql($0, from: 1).values } }

  /// What is a number in JSON; no date, and nothing with a zero in front, as postal codes have.
  private static func number(_ text: String) -> Double? {
    guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?/) != nil else { return nil }
    return Double(text)
  }

  private static func sql(_ condition: GroupCondition, from first: Int) -> (String, values: [Value]) {
    var values: [Value] = []
    func parameter(_ value: Value) -> String {
      values.append(value)
      return "?\(first + values.count - 1)"
    }
    func list(_ items: [Value]) -> String { items.map(parameter).joined(separator: ", ") }
    var sql: String
    if let tags = condition.tags {
      sql = """
        EXISTS (SELECT 1 FROM contact_tag g JOIN tag n ON n.id = g.tag_id
          WHERE g.contact_id = c.id AND n.name IN (\(list(tags.map { .text($0) }))))
        """
    } else if let reps = condition.repIDs {
      sql = "c.owner_rep IN (\(list(reps.map { .int($0.value) })))"
    } else if let name = condition.attribute {
      let value =
        "(SELECT trim(a.value) FROM json_each(c.attributes) a WHERE a.key = \(parameter(.text(name))))"
      var parts = ["\(value) <> ''"]
      if let words = condition.is {
        parts.append(
          "lower(\(value)) IN (\(words.map { "lower(trim(\(parameter(.text($0)))))" }.joined(separator: ", ")))"
        )
      }
      for (bound, sign) in [(condition.atLeast, ">="), (condition.atMost, "<=")] {
        guard let bound else { continue }
        if let number = number(bound) {
          let isNumber = "CASE WHEN json_valid(\(value)) THEN json_type(\(value)) IN ('integer', 'real') END"
          parts.append("\(isNumber) AND CAST(\(value) AS REAL) \(sign) \(parameter(.real(number)))")
        } else {
          parts.append("\(value) \(sign) \(parameter(.text(bound)))")
        }
      }
      sql = parts.joined(separator: " AND ")
    } else if let since = condition.createdSince {
      sql = "c.created >= \(parameter(.int(since.milliseconds)))"
    } else if let before = condition.createdBefore {
      sql = "c.created < \(parameter(.int(before.milliseconds)))"
    } else {
      assertionFailure("a condition says one thing")
      return ("0", [])
    }
    // What is not there does not fulfil anything.
    sql = "ifnull(\(sql), 0)"
    return (condition.not == true ? "NOT \(sql)" : sql, values)
  }
}

extension GroupCondition {
  /// Exactly one of what a condition can be about. What is stored, or comes from a caller, has been asked.
  var saysOneThing: Bool {
    let said = [
      tags != nil, repIDs != nil, attribute != nil, createdSince != nil, createdBefore != nil,
    ]
    return said.count { $0 } == 1
  }

  /// Without blanks at the ends of names, as contacts have them.
  var trimmed: GroupCondition {
    var condition = self
    condition.tags = tags?.map(\.trimmed)
    condition.attribute = attribute?.trimmed
    return condition
  }
}
