import Store

@testable import Gateway

extension World {
  /// What the parts of the rules hold in memory, as text: equal texts, equal memory.
  func memory() throws -> [String] {
    var reader = MemoryReader()
    reader.read(try gateway.parts, at: "parts")
    return reader.lines
  }
}

/// Walks through values and objects by reflection. What the store itself holds is left out.
private struct MemoryReader {
  private(set) var lines: [String] = []
  private var seen: Set<ObjectIdentifier> = []

  mutating func read(_ value: Any, at path: String) {
    if value is Database || value is Statement || path.count > 400 { return }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .class, !seen.insert(ObjectIdentifier(value as AnyObject)).inserted { return }
    switch mirror.displayStyle {
    case .dictionary, .set:
      // Their order says nothing.
      let items = mirror.children.map { child in
        var reader = MemoryReader()
        reader.seen = seen
        reader.read(child.value, at: "")
        return reader.lines.joined(separator: ";")
      }
      lines.append("\(path) {\(items.sorted().joined(separator: ", "))}")
    case nil where mirror.children.isEmpty: lines.append("\(path) \(value)")
    default:
      if mirror.children.isEmpty { lines.append("\(path) \(value)") }
      for (index, child) in mirror.children.enumerated() {
        read(child.value, at: path + "." + (child.label ?? String(index)))
      }
    }
    // What a class inherits.
    if let inherited = mirror.superclassMirror {
      for child in inherited.children { read(child.value, at: path + "." + (child.label ?? "")) }
    }
  }
}
