import Carriers
import FoundationEssentials

/// The profiles a carrier may name: the built-in ones, and those under `profiles` of the configuration.
struct ProfileShelf {
  /// Profiles a carrier or a profile may name, and how deep they may name each other.
  static let maximumNames = 4
  static let maximumDepth = 8
  /// Profiles of one configuration.
  static let maximumCount = 64

  private var own: [String: ObjectReader.Layer] = [:]

  init() {}

  /// Reads `profiles`, and checks each by reading it as a carrier would.
  init(_ list: ObjectReader.Layer, country: Country) throws(ConfigurationError) {
    let reader = ObjectReader(list, values: nil)
    guard list.members.count <= Self.maximumCount else {
      throw reader.error("", "expected at most \(Self.maximumCount) profiles, found \(list.members.count)")
    }
    for name in reader.names {
      try reader.checkName(name)
      guard CarrierKind.named(name) == nil else {
        throw reader.error(name, "the profile \(name) is built in; choose another name")
      }
      guard var layer = list.object(name) else { throw reader.error(name, "expected an object { … }") }
      layer.source = .profile(name)
      own[name] = layer
    }
    for name in reader.names {
      guard let layer = own[name] else { continue }
      var profile = ObjectReader(layer, values: nil)
      try lay(&profile)
      profile.lay(on: [Self.contract])
      _ = try CarrierProfile(&profile, country: country)
      try profile.finish()
    }
  }

  /// A profile need not say what only a contract can.
  private static let contract = ObjectReader.Layer(
    members: ["rate": .integer(1)], file: "", path: [], places: .none)

  /// Reads `profile` of a carrier, or of a profile, and lays it on what that names.
  func lay(_ reader: inout ObjectReader) throws(ConfigurationError) {
    reader.lay(on: try layers(try reader.profileNames(), of: reader, depth: 0))
  }

  private func layers(
    _ names: [String], of reader: ObjectReader, depth: Int
  ) throws(ConfigurationError) -> [ObjectReader.Layer] {
    var layers: [ObjectReader.Layer] = []
    for name in names {
      if let kind = CarrierKind.named(name) {
        layers.append(try Self.layer(kind))
      } else if let layer = own[name] {
        guard depth < Self.maximumDepth else {
          throw reader.error("profile", "profiles name each other in a circle")
        }
        var inner = ObjectReader(layer, values: nil)
        layers.append(layer)
        layers += try self.layers(try inner.profileNames(), of: inner, depth: depth + 1)
      } else {
        let known = CarrierKind.all.map(\.name) + own.keys.sorted()
        throw reader.error(
          "profile", "expected one of \(known.joined(separator: ", ")), found \"\(name.prefix(40))\"")
      }
    }
    return layers
  }

  /// A built-in profile is read from the text an operator could have written.
  static func layer(_ kind: CarrierKind) throws(ConfigurationError) -> ObjectReader.Layer {
    let file = "profile \(kind.name)"
    var layer = try ObjectReader.Layer.parse(kind.settings, file: file)
    layer.source = .builtIn(kind.name)
    return layer
  }
}

extension ObjectReader {
  /// `profile`: a name, or several of which the first counts most.
  fileprivate mutating func profileNames() throws(ConfigurationError) -> [String] {
    guard let tree = take("profile") else {
      noteDefault("profile", .string(CarrierKind.standard.name))
      return []
    }
    let items: [JSONTree] = if case .array(let items) = tree { items } else { [tree] }
    guard (1...ProfileShelf.maximumNames).contains(items.count) else {
      throw error("profile", "expected 1 to \(ProfileShelf.maximumNames) names, found \(items.count)")
    }
    var names: [String] = []
    for item in items {
      guard case .string(let name) = item else {
        throw error("profile", "expected the name of a profile or a list of names, found \(item.kind)")
      }
      names.append(name)
    }
    return names
  }
}
