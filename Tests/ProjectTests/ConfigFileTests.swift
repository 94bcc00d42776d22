import Contract
import Daemon
import Foundation
import Testing

@testable import tollgate

/// The shipped configuration, with the credential systemd would pass.
private func shipped() throws -> Configuration {
  let directory = FileManager.default.temporaryDirectory.path + "/tollgate-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: directory) }
  try Data("tr1ckle\n".utf8).write(to: URL(fileURLWithPath: directory + "/bandwidth.password"))
  return try Configuration.load(
    Project.root.appending(path: "Config/tollgate.json5").path,
    secrets: SecretSource(credentialsDirectory: directory))
}

@Test func theShippedConfigurationIsAccepted() throws {
  let configuration = try shipped()
  #expect(configuration.carriers.map(\.name) == ["bandwidth"])
}

@Test func theShippedConfigurationShowsTheDefaults() throws {
  let shipped = try shipped()
  #expect(shipped.state == Configuration.defaultState)
  #expect(shipped.socket.path == Configuration.defaultSocketPath)
  #expect(shipped.limits == Configuration.Limits())
  #expect(shipped.alerts == Configuration.Alerts())
  #expect("\(shipped.brand.optOutScope)" == "brand")
  #expect(shipped.unknown == Configuration.Unknown())
  let bare = try Configuration.parse(
    """
    { socket: { roles: { admin: { users: ["root"] } } }, brand: { name: "A", help: "STOP" },
      carriers: { bandwidth: { connect: { host: "h" }, system_id: "acme", password: { credential: "p" }, rate: 30 } } }
    """, file: "bare", secrets: SecretSource(credentialsDirectory: nil, mayBeUnseen: true))
  #expect(shipped.carriers.first?.profile == bare.carriers.first?.profile)
}

@Test func theDemosPeopleAreAllUsable() throws {
  let folder = Project.root.appending(path: "Config/demo").path
  var columns: ContactColumns?
  var people = 0
  try CSVTable.read(
    folder + "/contacts.csv", header: { columns = try ContactColumns($0) },
    row: { row in
      let contact = try columns?.contact(row.fields, extraTags: [], defaultOwner: nil) { _ in .init(1) }
      #expect(contact?.repID != nil)
      // 555-0100 to 555-0199 belong to nobody.
      #expect(contact?.phones?.first?.contains(/^\+1\d{3}55501\d\d$/) == true)
      people += 1
    }, fault: { Issue.record("line \($0.line): \($0.reason)") })
  #expect(people >= 40)
}
