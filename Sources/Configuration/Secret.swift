import Glibc

/// A password or a key. It never prints itself: descriptions and mirrors show where it came from.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The octets, without the line end a text editor leaves.
  public let octets: [UInt8]
  /// Where it came from, in words: `credential bandwidth.password`.
  public let origin: String

  public init(octets: [UInt8], origin: String) {
    self.octets = octets
    self.origin = origin
  }

  public var description: String { "(\(origin))" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  /// The longest secret that is read.
  static let maximumOctets = 4096
}

/// Where `{ credential: … }` and `{ file: … }` are looked up.
public struct SecretSource: Sendable {
  /// systemd's `$CREDENTIALS_DIRECTORY`; nil outside a unit.
  public var credentialsDirectory: String?
  /// A check by hand, outside the unit, cannot see systemd's credentials: then they are taken as given.
  public var mayBeUnseen: Bool

  public init(credentialsDirectory: String?, mayBeUnseen: Bool = false) {
    self.credentialsDirectory = credentialsDirectory
    self.mayBeUnseen = mayBeUnseen
  }

  /// As this process was started.
  public static func ofProcess(mayBeUnseen: Bool = false) -> SecretSource {
    let directory = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
    return SecretSource(credentialsDirectory: directory, mayBeUnseen: mayBeUnseen)
  }
}

extension ObjectReader {
  /// A secret: `{ credential: "name" }` or `{ file: "path" }`, never a literal.
  mutating func secret(_ key: String, from source: SecretSource) throws(ConfigurationError) -> Secret {
    guard has(key) else {
      throw missing(key, expected: "a secret: { credential: \"name\" } or { file: \"path\" }")
    }
    guard isObject(key) else {
      throw error(
        key, "expected { credential: \"name\" } or { file: \"path\" }; never write a secret into this file")
    }
    var reader = try object(key)
    // The one that is not there is no setting anybody misses, and is not noted.
    let credential =
      reader.has("credential") ? try reader.optionalString("credential", octets: 1...255) : nil
    let file = reader.has("file") ? try reader.optionalString("file", octets: 1...4095) : nil
    try reader.finish()
    let secret: Secret
    switch (credential, file) {
    case (.some(let name), nil): secret = try reader.credential(name, from: source)
    case (nil, .some(let path)): secret = try reader.secretFile(path)
    default: throw error(key, "expected either credential or file")
    }
    if source.mayBeUnseen && secret.octets.isEmpty { return secret }
    if secret.octets.isEmpty { throw error(key, "the secret (\(secret.origin)) is empty") }
    if Self.samples.contains(String(decoding: secret.octets, as: UTF8.self).lowercased()) {
      throw error(
        key, "the secret (\(secret.origin)) is a sample password; replace it with the real password")
    }
    return secret
  }

  /// What people and examples write in the place of a password.
  private static let samples: Set<String> = [
    "password", "passwd", "secret", "changeme", "change-me", "change_me", "example", "sample", "xxxxxxxx",
    "todo",
    "replaceme", "replace-me", "yourpass", "your-password", "your_password", "12345678", "********",
  ]

  private func credential(_ name: String, from source: SecretSource) throws(ConfigurationError) -> Secret {
    let origin = "credential \(name)"
    guard !name.contains("/"), name != ".", name != ".." else {
      throw error("credential", "expected a credential's name, not a path")
    }
    guard let directory = source.credentialsDirectory else {
      if source.mayBeUnseen { return Secret(octets: [], origin: origin) }
      throw error(
        "credential",
        "no credential \(name): $CREDENTIALS_DIRECTORY is not set (systemd sets it from LoadCredential=)")
    }
    return Secret(
      octets: try readSecret(directory + "/" + name, key: "credential", own: false), origin: origin)
  }

  private func secretFile(_ path: String) throws(ConfigurationError) -> Secret {
    guard path.hasPrefix("/") else { throw error("file", "expected an absolute path") }
    return Secret(octets: try readSecret(path, key: "file", own: true), origin: "file \(path)")
  }

  /// Reads a small file. `own`: it must be a regular file of this user (or of root), closed to all others.
  private func readSecret(_ path: String, key: String, own: Bool) throws(ConfigurationError) -> [UInt8] {
    switch SmallFile.read(path, maximum: Secret.maximumOctets) {
    case .failure(let problem): throw error(key, "\(path) \(problem.text)")
    case .success(let file):
      if own {
        guard file.owner == geteuid() || file.owner == 0 else {
          throw error(key, "\(path) belongs to uid \(file.owner); expected our uid \(geteuid())")
        }
        guard file.mode & 0o077 == 0 else {
          throw error(
            key,
            "others may read \(path) (mode \(octal(file.mode & 0o777))); expected 0600: chmod 600 \(path)"
          )
        }
      }
      var octets = file.octets
      if octets.last == 0x0A { octets.removeLast() }
      if octets.last == 0x0D { octets.removeLast() }
      return octets
    }
  }
}

func octal(_ bits: UInt32) -> String {
  let digits = String(bits, radix: 8)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
