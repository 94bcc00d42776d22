import Testing

@testable import Contract

/// One word, one meaning, one type: whoever knows a name from one method knows it in every other.
@Suite struct NameTests {
  /// Names that stand for values of several shapes, each with the reason.
  private static let exceptions = [
    "items": "the rows of a list, whatever the list is of",
    "results": "the outcomes of a bulk call, in the order of the call",
    "alert_by": "a word; in `rep.import` what stands in a line, which is refused alone",
    "numbers": "addresses; in `number.import` numbers as people type them, with their routes",
  ]

  /// The lines of JSON-RPC and CloudEvents: their names are not ours.
  private static let foreign: Set = ["request", "reply", "error", "event"]

  /// What a value is: its JSON type; a time, a word of a list and an object by what they are.
  private func shape(_ schema: JSONValue) -> String {
    if let name = schema["$ref"]?.string?.split(separator: "/").last.map(String.init) {
      if name == "timestamp" { return "time" }
      let target = Schemas.definitions[name] ?? .null
      return target["properties"] != nil ? name : shape(target)
    }
    if let options = schema["anyOf"]?.array {
      return Set(options.filter { $0["type"] != .string("null") }.map(shape)).sorted().joined(
        separator: " or ")
    }
    if schema["enum"] != nil { return "word" }
    switch schema["type"]?.string {
    case "array": return "list of \(shape(schema["items"] ?? .null))"
    case "object":
      if let value = schema["additionalProperties"], case .object = value { return "map of \(shape(value))" }
      return "object of \((schema["properties"]?.object ?? [:]).keys.sorted())"
    case let type?: return type
    case nil: return "anything"
    }
  }

  /// Every property at any depth, with its shape and where it is.
  private func properties(of schema: JSONValue, in owner: String) -> [(
    name: String, shape: String, owner: String
  )] {
    switch schema {
    case .array(let items): return items.flatMap { properties(of: $0, in: owner) }
    case .object(let object):
      let own = (object["properties"]?.object ?? [:]).filter { $0.value["const"] == nil }
        .map { (name: $0.key, shape: shape($0.value), owner: owner) }
      return own + object.flatMap { properties(of: $0.value, in: owner) }
    default: return []
    }
  }

  private var all: [(name: String, shape: String, owner: String)] {
    Schemas.definitions.filter { !Self.foreign.contains($0.key) }.flatMap { name, schema in
      properties(of: schema, in: name)
    } + Schemas.errors.flatMap { name, error in properties(of: error["data"] ?? .null, in: name) }
  }

  @Test func aNameHasOneShapeInTheWholeContract() {
    let shapes = Dictionary(grouping: all, by: \.name)
    #expect(shapes.count > 150)
    for (name, uses) in shapes {
      let found = Set(uses.map(\.shape))
      if Self.exceptions[name] != nil {
        #expect(found.count > 1, "\(name) is no exception any more")
      } else {
        #expect(
          found.count == 1,
          "\(name) is \(uses.map { "\($0.shape) in \($0.owner)" }.sorted().joined(separator: "; "))")
      }
    }
  }

  @Test func whatANameEndsWithSaysWhatItIs() {
    for use in all {
      let name = use.name
      let wanted: String? =
        if name.hasSuffix("_at") || name.hasSuffix("since") || name.hasSuffix("_before")
          || name == "not_after"
        {
          "time"
        } else if name.hasSuffix("_count") || name.hasSuffix("_s") || name.hasSuffix("_ms")
          || name.hasSuffix("_us")
        {
          "integer"
        } else if name.hasSuffix("_ids") {
          "list of string"
        } else if name.hasPrefix("is_") || name.hasPrefix("has_") || name.hasPrefix("show_") {
          "boolean"
        } else {
          nil
        }
      if let wanted { #expect(use.shape == wanted, "\(name) of \(use.owner)") }
    }
  }

  @Test func aRepIsARepAndAnIDIsAnID() {
    let names = Set(all.map(\.name))
    // What somebody owns has a `rep_id`; there is no second word for it.
    #expect(names.isDisjoint(with: ["owner", "owner_id", "agent", "user_id"]))
    #expect(names.isSuperset(of: ["rep_id", "home", "home_number", "member_count", "opted_out_of_brand"]))
    #expect(names.isDisjoint(with: ["members", "opted_out", "keywords"]))
  }
}
