import Configuration
import Contract
import Foundation
import NetIO
import TestSupport
import Testing

@testable import OperatorCommands

@Test func theShippedConfigurationIsAccepted() throws {
  let configuration = try withTemporaryDirectory { directory in
    // The credential that systemd would pass.
    try directory.write("bandwidth.password", "tr1ckle\n".utf8)
    return try Configuration.load(
      Project.root.appending(path: "Config/tollgate.json5").path,
      secrets: SecretSource(credentialsDirectory: directory.path))
  }
  #expect(configuration.carriers.map(\.name) == ["bandwidth"])
}

/// The shipped configuration with its second carrier, which stands there as a comment.
private func shippedWithBothCarriers() throws -> String {
  var isInside = false
  let lines = try Project.text("Config/tollgate.json5").components(separatedBy: "\n")
  return lines.map { line in
    if line == "    // regional: {" { isInside = true }
    defer { if line == "    // }," { isInside = false } }
    return isInside ? line.replacing("    // ", with: "    ", maxReplacements: 1) : line
  }.joined(separator: "\n")
}

/// What the example cannot leave as it is where nobody says anything.
private let chosenByTheExample: Set<String> = [
  "socket.group", "socket.roles.admin.users", "socket.roles.admin.may", "socket.roles.admin.sees",
  "brand.name", "brand.help", "brand.stop_confirmation",
  "brand.start_confirmation", "profiles", "carriers.bandwidth.connect.host", "carriers.bandwidth.sessions",
  "carriers.bandwidth.system_id", "carriers.bandwidth.password.credential", "carriers.bandwidth.rate",
  "carriers.bandwidth.statuses", "carriers.bandwidth.charsets", "carriers.bandwidth.parameters",
  "carriers.regional.accounts.regional.password.credential", "carriers.regional.accounts.regional.from",
  "carriers.regional.rate",
]

@Test func theShippedConfigurationNamesEveryKeyAndShowsItsDefault() throws {
  let text = try shippedWithBothCarriers()
  let unseen = SecretSource(credentialsDirectory: nil, mayBeUnseen: true)
  let example = try Configuration.parse(text, file: "example", secrets: unseen)
  let bare = try Configuration.parse(
    """
    { socket: { roles: { admin: { users: ["root"] } } }, brand: { name: "A", help: "STOP" },
      carriers: {
        bandwidth: { connect: { host: "h" }, system_id: "a", password: { credential: "p" }, rate: 30 },
        regional: { listen: {}, rate: 30, accounts: { regional: { password: { credential: "p" } } } } } }
    """, file: "bare", secrets: unseen)
  let shown = Dictionary(uniqueKeysWithValues: example.effective.map { ($0.path, $0) })
  for setting in bare.effective where !chosenByTheExample.contains(setting.path) {
    let key = try #require(setting.path.split(separator: ".").last)
    let isSet =
      if case .file? = shown[setting.path]?.origin { true } else { false }
    #expect(text.contains("\(key): "), "\(setting.path) is not named")
    if isSet {
      #expect(shown[setting.path]?.text == setting.text, "\(setting.path)")
    } else if !setting.path.hasPrefix("carriers.regional.") {
      #expect(
        setting.isUnset, "\(setting.path) is \(setting.text) where nobody says anything, and is not shown")
    }
  }
  #expect(example.carriers.map(\.profile) == bare.carriers.map(\.profile))
  #expect(example.limits == bare.limits)
}

@Test func theDemosPeopleAreAllUsable() throws {
  let folder = Project.root.appending(path: "Config/demo").path
  var columns: ContactColumns?
  var people = 0
  try CSVTable.read(
    folder + "/contacts.csv", header: { columns = try ContactColumns($0) },
    row: { row in
      let contact = try columns?.contact(row.fields, extraTags: [], defaultOwner: nil) { _ in .init(1) }
      #expect(contact?.input.repID != nil)
      // 555-0100 to 555-0199 belong to nobody.
      #expect(contact?.input.phones?.first?.contains(/^\+1\d{3}55501\d\d$/) == true)
      people += 1
    }, fault: { Issue.record("line \($0.line): \($0.reason)") })
  #expect(people >= 40)
}
