import Carriers
import NetIO
import SMPP

@testable import Configuration

/// What must hold for any text in the place of the configuration.
/// - Returns: what does not hold; nil where all does.
func violationInConfiguration(_ text: String, _ secrets: SecretSource) -> String? {
  func parse(_ text: String) -> Result<Configuration, ConfigurationError> {
    do throws(ConfigurationError) {
      return .success(try Configuration.parse(text, file: "t.json5", secrets: secrets))
    } catch {
      return .failure(error)
    }
  }
  switch parse(text) {
  case .success(let configuration): return violation(in: configuration)
  case .failure(let error):
    if let violation = violation(in: error, of: text) { return violation }
    // A line more in front moves the place, and nothing else; a byte order mark is one at the very start alone.
    if text.unicodeScalars.first == "\u{FEFF}" { return nil }
    var moved = error
    if let line = error.line { moved.line = line + 1 }
    guard case .failure(let second) = parse("\n" + text), second.description == moved.description else {
      return "the place is not the text's: \(error)"
    }
    return nil
  }
}

/// One line with the file and a place that is in it, and never a secret.
private func violation(in error: ConfigurationError, of text: String) -> String? {
  guard error.file == "t.json5", let line = error.line, let column = error.column else {
    return "no place: \(error)"
  }
  let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
  guard lines.indices.contains(line - 1), (1...lines[line - 1].count + 1).contains(column) else {
    return "a place outside the text: \(error)"
  }
  if error.problem.isEmpty || error.problem == "not JSON5" { return "it says nothing: \(error)" }
  if error.description.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
    return "more than one line"
  }
  if error.description.contains("tr1ckle"), !text.contains("tr1ckle") { return "it tells the secret" }
  return nil
}

/// What was taken is within the bounds that the example configuration names.
private func violation(in configuration: Configuration) -> String? {
  guard configuration.state.hasPrefix("/"), configuration.socket.path.hasPrefix("/"),
    configuration.socket.path.utf8.count <= 107, !configuration.socket.roles.isEmpty,
    configuration.socket.mode & 0o002 == 0
  else { return "a state or a socket that cannot be" }
  if configuration.carriers.map(\.name) != configuration.carriers.map(\.name).sorted() {
    return "carriers out of order"
  }
  for carrier in configuration.carriers {
    let profile = carrier.profile
    guard (1...1000).contains(profile.window), profile.rate > 0, profile.rate.isFinite else {
      return "a window or a rate that cannot be"
    }
    let times = [
      profile.enquireLinkAfter, profile.enquireLinkAnswerWithin, profile.responseTimeout,
      profile.bindTimeout,
    ]
    guard times.allSatisfy({ $0 >= .milliseconds(100) }),
      profile.inactivityTimeout > profile.enquireLinkAfter,
      profile.closeAfterUnanswered >= profile.responseTimeout, profile.jitterGuard >= .zero
    else { return "a time that cannot be" }
    guard profile.serviceType.count <= 5 else { return "a service_type over its field" }
    if let connect = carrier.connect {
      guard (1...15).contains(connect.systemID.utf8.count), connect.systemType.utf8.count <= 12,
        !connect.hosts.isEmpty, connect.hosts.allSatisfy({ $0.port > 0 })
      else { return "a name over its field, or no host" }
    }
    for account in carrier.listen?.accounts ?? []
    where !(1...15).contains(account.systemID.utf8.count) || account.sessions < 1 {
      return "an account that cannot be"
    }
  }
  return nil
}
