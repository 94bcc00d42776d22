import FoundationEssentials

/// The JSON Schemas (draft 2020-12) of every method and event. In the sources one file a subject, with `$ref` between
/// files; here one document with every definition, so that each `$ref` stays inside it.
public enum Schemas {
  private static let files: [[UInt8]] = [
    PackageResources.common_json, PackageResources.envelope_json, PackageResources.session_json,
    PackageResources.messages_json, PackageResources.campaigns_json,
    PackageResources.campaign_control_json, PackageResources.numbers_json, PackageResources.reps_json,
    PackageResources.contacts_json, PackageResources.groups_json, PackageResources.consent_json,
    PackageResources.conversations_json, PackageResources.operations_json, PackageResources.trace_json,
    PackageResources.pause_json, PackageResources.go_live_json, PackageResources.receipts_json,
    PackageResources.why_json,
    PackageResources.verify_json, PackageResources.unknown_json,
    PackageResources.clock_json,
    PackageResources.message_events_json, PackageResources.state_events_json,
  ]

  /// Every definition by name: `message.send.params`, `message.send.result`, `sms.message.received.v1`, `phone`.
  public static let definitions: [String: JSONValue] = {
    var all: [String: JSONValue] = [:]
    for file in files {
      guard case .object(let document)? = try? ContractJSON.decode(JSONValue.self, from: file),
        case .object(let definitions)? = document["$defs"]
      else { continue }
      for (name, definition) in definitions { all[name] = local(definition) }
    }
    return all
  }()

  /// One definition with everything it refers to, as a document of its own; nil where there is none of that name.
  public static func document(_ name: String) -> JSONValue? {
    guard definitions[name] != nil else { return nil }
    var used: [String: JSONValue] = [:]
    var open = [name]
    while let next = open.popLast() {
      guard used[next] == nil, let definition = definitions[next] else { continue }
      used[next] = definition
      open.append(contentsOf: references(in: definition))
    }
    return .object([
      "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
      "$id": .string("urn:tollgate:schema:" + name),
      "$ref": .string("#/$defs/" + name),
      "$defs": .object(used),
    ])
  }

  /// All definitions as one document.
  public static var document: JSONValue {
    .object([
      "$schema": .string("https://json-schema.org/draft/2020-12/schema"),
      "$id": .string("urn:tollgate:schema"), "$defs": .object(definitions),
    ])
  }

  /// Turns `common.json#/$defs/phone` into `#/$defs/phone`.
  private static func local(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(var object):
      for (key, inner) in object {
        if key == "$ref", case .string(let reference) = inner, let hash = reference.firstIndex(of: "#") {
          object[key] = .string(String(reference[hash...]))
        } else {
          object[key] = local(inner)
        }
      }
      return .object(object)
    case .array(let items): return .array(items.map(local))
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
