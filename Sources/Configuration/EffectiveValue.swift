extension Configuration {
  /// One value in force and where it came from: a line of `tollgate config check`.
  ///
  /// They are noted by `ObjectReader` as keys are read, so that what is read and what is shown cannot differ.
  public struct EffectiveValue: Sendable, Equatable {
    /// `carriers.bandwidth.window`.
    public var path: String
    let value: JSONTree
    /// What holds where nothing is set: `the carrier's own`.
    let unset: String?
    public var origin: Origin

    /// Whether there is no value: what holds then is said in words.
    package var isUnset: Bool { if case .null = value { true } else { false } }

    /// Where a value came from.
    public enum Origin: Sendable, Equatable {
      /// The configuration itself.
      case file(line: Int)
      /// A built-in profile.
      case builtIn(profile: String)
      /// A profile under `profiles` of the configuration.
      case profile(String, line: Int)
      /// Nobody set it.
      case byDefault
    }

    /// The value as an operator would write it, without quotes.
    public var text: String {
      switch value {
      case .null: "(\(unset ?? "not set"))"
      case .string(""): "\"\""
      default: value.text
      }
    }

    /// Where it came from, in words.
    public var from: String {
      switch origin {
      case .file(let line): "line \(line)"
      case .builtIn(let profile): "profile \(profile)"
      case .profile(let profile, let line): "profile \(profile), line \(line)"
      case .byDefault: "default"
      }
    }
  }
}

extension Configuration.EffectiveValue: Encodable {
  private enum Key: String, CodingKey { case path, value, from, line, profile }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(path, forKey: .path)
    try container.encode(value, forKey: .value)
    switch origin {
    case .file(let line):
      try container.encode("file", forKey: .from)
      try container.encode(line, forKey: .line)
    case .builtIn(let profile):
      try container.encode("profile", forKey: .from)
      try container.encode(profile, forKey: .profile)
    case .profile(let profile, let line):
      try container.encode("profile", forKey: .from)
      try container.encode(profile, forKey: .profile)
      try container.encode(line, forKey: .line)
    case .byDefault:
      try container.encode("default", forKey: .from)
    }
  }
}

/// The values of one reading, in the order in which they were read.
final class ReadValues {
  private var entries: [Configuration.EffectiveValue] = []
  private var places: [String: Int] = [:]

  /// Notes a value; a later note of the same path takes the place of the first, which was the raw one.
  func note(
    _ path: String, _ value: JSONTree, unset: String? = nil, _ origin: Configuration.EffectiveValue.Origin
  ) {
    let entry = Configuration.EffectiveValue(path: path, value: value, unset: unset, origin: origin)
    if let place = places[path] {
      entries[place] = entry
    } else {
      places[path] = entries.count
      entries.append(entry)
    }
  }

  /// Everything noted. An object shows by what is in it, and by itself only where nothing of it was read.
  var all: [Configuration.EffectiveValue] {
    var parents: Set<Substring> = []
    for entry in entries {
      var path = entry.path[...]
      while let dot = path.lastIndex(of: ".") {
        path = path[..<dot]
        guard parents.insert(path).inserted else { break }
      }
    }
    return entries.filter { !parents.contains($0.path[...]) }
  }
}
