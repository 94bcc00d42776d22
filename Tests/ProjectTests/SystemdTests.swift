import Foundation
import NetIO
import TestSupport
import Testing

/// The units as installed, but for the binary, which is not: `verify` looks for it.
private func withUnits<R>(_ body: (URL) throws -> R) throws -> R {
  let directory = try TemporaryDirectory()
  for name in ["tollgate.service", "tollgate.socket", "tollgate-mail.service"] {
    let text = try Project.text("systemd/" + name).replacingOccurrences(
      of: "/usr/bin/tollgate", with: "/usr/bin/true")
    try directory.write(name, text.utf8)
  }
  return try withExtendedLifetime(directory) { try body(directory.url) }
}

@Test func systemdFindsNothingWrongWithTheUnits() throws {
  let result = try withUnits {
    try Shell.run(
      [
        "systemd-analyze", "verify", "--man=no", "./tollgate.service", "./tollgate.socket",
        "./tollgate-mail.service",
      ], in: $0)
  }
  #expect(result.output == "")
  #expect(result.status == 0)
}

/// 1.2 of 10: the rest is the network it exists for, the machine's users by whom roles go, and a root directory.
@Test func systemdCallsTheServicesExposureLow() throws {
  let result = try withUnits {
    try Shell.run(
      [
        "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=12", "./tollgate.service",
      ], in: $0)
  }
  #expect(result.status == 0, "\(result.output)")
}

/// sendmail is setuid or setgid: what forbids that, or implies what does where User= is set, may not be in its unit (systemd.exec(5),
/// NoNewPrivileges=).
@Test func theMailUnitLetsSendmailBeWhatItIs() throws {
  let unit = try Project.text("systemd/tollgate-mail.service")
  let settings = unit.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "=" } }
  for implying in [
    "NoNewPrivileges", "DynamicUser", "LockPersonality", "MemoryDenyWriteExecute", "PrivateDevices",
    "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
    "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "SystemCallArchitectures", "SystemCallFilter", "SystemCallLog", "RestrictFileSystems",
  ] {
    #expect(!settings.contains(Substring(implying)), "\(implying)")
  }
  for line in [
    "ExecStart=/usr/bin/tollgate mail\n", "User=tollgate-mail",
    "SupplementaryGroups=tollgate", "ProtectHome=yes", "LimitCORE=0", "SWIFT_BACKTRACE=enable=no",
    "RestartPreventExitStatus=77 78",
  ] {
    #expect(unit.contains(line))
  }
  // The daemon itself goes without.
  #expect(try Project.text("systemd/tollgate.service").contains("NoNewPrivileges=yes"))
}

@Test func theUserAndTheDirectoriesAreMade() throws {
  let directory = try TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  let root = directory.url
  try FileManager.default.createDirectory(
    at: root.appending(path: "etc/tollgate"), withIntermediateDirectories: true)
  // Users and groups that are there already, root above all.
  for name in ["passwd", "group"] {
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: "/etc/" + name), to: root.appending(path: "etc/" + name))
  }
  let sysusers = try Shell.run(
    [
      "systemd-sysusers", "--root=\(root.path)", "--dry-run",
      Project.root.appending(path: "systemd/tollgate.sysusers").path,
    ])
  #expect(sysusers.status == 0, "\(sysusers.output)")
  let passwd = root.appending(path: "etc/passwd")
  let users = try String(contentsOf: passwd, encoding: .utf8)
  try (users + "tollgate:x:995:995::/var/lib/tollgate:/usr/sbin/nologin\n").write(
    to: passwd, atomically: true, encoding: .utf8)
  let group = root.appending(path: "etc/group")
  let groups = try String(contentsOf: group, encoding: .utf8)
  try (groups + "tollgate:x:995:\n").write(to: group, atomically: true, encoding: .utf8)
  let tmpfiles = try Shell.run([
    "systemd-tmpfiles", "--root=\(root.path)", "--create",
    Project.root.appending(path: "systemd/tollgate.tmpfiles").path,
  ])
  #expect(tmpfiles.status == 0, "\(tmpfiles.output)")
  let mode = try FileManager.default.attributesOfItem(atPath: root.appending(path: "etc/credstore").path)[
    .posixPermissions]
  #expect(mode as? Int == 0o700)
}

@Test func theUnitSaysWhatTheConfigurationAndTheExitCodesSay() throws {
  let service = try Project.text("systemd/tollgate.service")
  let socket = try Project.text("systemd/tollgate.socket")
  let configuration = try Project.text("Config/tollgate.json5")
  for line in [
    "Type=notify", "WatchdogSec=", "RestartPreventExitStatus=65 73 78", "LimitCORE=0",
    "SWIFT_BACKTRACE=enable=no",
    "StateDirectory=tollgate", "RuntimeDirectory=tollgate", "LoadCredential=bandwidth.password",
  ] {
    #expect(service.contains(line))
  }
  #expect(configuration.contains("credential: \"bandwidth.password\""))
  #expect(configuration.contains("path: \"/run/tollgate/tollgate.sock\""))
  #expect(socket.contains("ListenStream=/run/tollgate/tollgate.sock"))
  #expect(socket.contains("SocketMode=0660"))
  #expect(configuration.contains("mode: \"0660\""))
}
