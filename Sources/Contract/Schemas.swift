import FoundationEssentials

/// The JSON Schemas (draft 2020-12) of every method and event. In the sources one file a subject, with `$ref` between
/// files; here one table of definitions, in which each `$ref` stays.
///
/// A file's `methods` say each method once: `summary`, `params`, and `result`, or for lists `page`, the items of its pages.
/// What all of them have in common is added here: parameters refuse unknown fields, pages have `items` and `next`, and
/// the result of a method that takes an `idempotency_key` may be a repeated one.
public enum Schemas {
  private struct Table {
    var definitions: [String: JSONValue] = [:]
    var summaries: [String: String] = [:]
    var errors: [String: JSONValue] = [:]
  }

  private static let table: Table = {
    var table = Table()
    for file in files {
      guard let document = try? local(ContractJSON.decode(JSONValue.self, from: file.utf8)) else { continue }
      table.definitions.merge(document["$defs"]?.object ?? [:]) { $1 }
      table.errors.merge(document["errors"]?.object ?? [:]) { $1 }
      for (name, method) in document["methods"]?.object ?? [:] {
        table.summaries[name] = method["summary"]?.string
        table.definitions[name + ".params"] = params(method)
        table.definitions[name + ".result"] = result(method)
      }
    }
    return table
  }()

  /// Every definition by name: `message.send.params`, `message.send.result`, `sms.message.received.v1`, `phone`.
  public static var definitions: [String: JSONValue] { table.definitions }

  /// Every error by name: its code, what it means, what to do, and the schema of its data.
  package static var errors: [String: JSONValue] { table.errors }

  /// The definitions as callers get them. What we send may grow: results and events take fields, and their enumerations words, that
  /// a program does not know yet. What callers send is held to the definitions as they are.
  static let published: [String: JSONValue] = {
    let asked = used(by: Method.allCases.map { reference($0.description.paramsSchema) })
    return definitions.reduce(into: [:]) { published, definition in
      let (name, schema) = definition
      if case .object(var words) = schema, schema["enum"] != nil {
        words["description"] = .string(
          (schema["description"]?.string ?? "") + " Later versions may add words.")
        published[name] = .object(words)
      } else {
        published[name] = asked[name] == nil ? open(schema) : schema
      }
    }
  }()

  /// The same schema, with any text beside the words of each enumeration.
  private static func open(_ schema: JSONValue) -> JSONValue {
    switch schema {
    case .array(let items): return .array(items.map(open))
    case .object(var object):
      if let (_, target) = referred(by: schema), target["enum"] != nil {
        let word = object.removeValue(forKey: "$ref") ?? .null
        object["anyOf"] = .array([.object(["$ref": word]), .object(["type": .string("string")])])
        object["description"] = object["description"] ?? target["description"]
        return .object(object)
      }
      return .object(object.mapValues(open))
    default: return schema
    }
  }

  /// What a method does, in one sentence.
  public static func summary(of method: Method) -> String { table.summaries[method.rawValue] ?? "" }

  private static func params(_ method: JSONValue) -> JSONValue {
    var params = method["params"]?.object ?? [:]
    params["description"] = method["summary"]
    params["type"] = .string("object")
    params["additionalProperties"] = .bool(false)
    return .object(params)
  }

  private static func result(_ method: JSONValue) -> JSONValue {
    var result = method["result"]?.object ?? [:]
    if let page = method["page"], let item = page["$ref"], let order = page["description"]?.string {
      result = [
        "description": .string(
          "One page. " + order
            + " A page has as many items as were asked for or as a line holds; only the last page has fewer, or a page of a filter that few of very many items pass."
        ), "required": .array([.string("items")]),
        "properties": .object([
          "items": .object(["type": .string("array"), "items": .object(["$ref": item])]),
          "next": reference("page_cursor"),
        ]),
      ]
    }
    if result["$ref"] == nil { result["type"] = .string("object") }
    guard method["params"]?["properties"]?["idempotency_key"] != nil else { return .object(result) }
    return .object([
      "allOf": .array([
        .object(result), .object(["properties": .object(["replayed": reference("replayed")])]),
      ])
    ])
  }

  static func reference(_ name: String) -> JSONValue { .object(["$ref": .string("#/$defs/" + name)]) }

  /// The definition a `$ref` names; nil where the schema is no `$ref`.
  package static func referred(by schema: JSONValue) -> (name: String, schema: JSONValue)? {
    guard let reference = schema["$ref"]?.string else { return nil }
    let name = String(reference.dropFirst("#/$defs/".count))
    return (name, definitions[name] ?? .null)
  }

  /// One definition with everything it refers to, as a document of its own; nil where there is none of that name.
  public static func document(_ name: String) -> JSONValue? {
    guard definitions[name] != nil else { return nil }
    return .object([
      "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
      "$id": .string("urn:tollgate:schema:" + name),
      "$ref": .string("#/$defs/" + name),
      "$defs": .object(used(by: [reference(name)], in: published)),
    ])
  }

  /// Every definition that schemas refer to, by way of others too.
  static func used(by schemas: [JSONValue], in definitions: [String: JSONValue] = definitions) -> [String:
    JSONValue]
  {
    var used: [String: JSONValue] = [:]
    var open = schemas.flatMap(references)
    while let next = open.popLast() {
      guard used[next] == nil, let definition = definitions[next] else { continue }
      used[next] = definition
      open.append(contentsOf: references(in: definition))
    }
    return used
  }

  /// All definitions as one document.
  public static var document: JSONValue {
    .object([
      "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
      "$id": .string("urn:tollgate:schema"), "$defs": .object(published),
    ])
  }

  /// Turns `common.json#/$defs/phone` into `#/$defs/phone`.
  private static func local(_ value: JSONValue) -> JSONValue {
    replacingReferences(in: value) { reference in
      reference.firstIndex(of: "#").map { String(reference[$0...]) } ?? reference
    }
  }

  /// The same schema with other references.
  static func replacingReferences(in value: JSONValue, _ other: (String) -> String) -> JSONValue {
    switch value {
    case .object(var object):
      for (key, inner) in object {
        if key == "$ref", case .string(let reference) = inner {
          object[key] = .string(other(reference))
        } else {
          object[key] = replacingReferences(in: inner, other)
        }
      }
      return .object(object)
    case .array(let items): return .array(items.map { replacingReferences(in: $0, other) })
    default: return value
    }
  }

  private static func references(in value: JSONValue) -> [String] {
    switch value {
    case .object(let object):
      object.flatMap { key, inner -> [String] in
        if key == "$ref", case .string(let reference) = inner {
          return [String(reference.dropFirst("#/$defs/".count))]
        }
        return references(in: inner)
      }
    case .array(let items): items.flatMap(references)
    default: []
    }
  }
}
