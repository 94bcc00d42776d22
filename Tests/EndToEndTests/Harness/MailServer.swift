import Foundation
import Glibc

/// A real MTA, Debian's exim, with a configuration, a queue and one mailbox of its own: its command `sendmail` queues, and its daemon
/// delivers what is queued into a Maildir.
final class MailServer {
  static let program = "/usr/sbin/exim4"

  private let directory: URL
  /// What the configuration of the gateway names.
  var sendmail: String { directory.appendingPathComponent("sendmail").path }
  private var daemon: Child?

  init() throws {
    if access(Self.program, X_OK) != 0 { try Locations.foreignImplementations.get() }
    directory = try Locations.temporaryDirectory()
    // exim is another user as soon as it can.
    chmod(directory.path, 0o755)
    for folder in ["spool", "log", "box"] {
      let path = directory.appendingPathComponent(folder).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      chmod(path, 0o777)
    }
    let text = """
      spool_directory = \(directory.path)/spool
      log_file_path = \(directory.path)/log/%slog
      pid_file_path = \(directory.path)/spool/exim.pid
      primary_hostname = mail.acme.example
      qualify_domain = acme.example
      local_interfaces = 127.0.0.1
      daemon_smtp_ports = \(try Self.freePort())
      queue_only
      untrusted_set_sender = *
      deliver_drop_privilege
      keep_environment =
      tls_advertise_hosts =
      begin acl
      begin routers
      box:
        driver = accept
        transport = box
      begin transports
      box:
        driver = appendfile
        directory = \(directory.path)/box/Maildir
        create_directory
        maildir_format
        mode = 0644
        directory_mode = 0755
        envelope_to_add
        return_path_add
      begin retry
      * * F,2h,1m
      """
    try (text + "\n").write(
      to: directory.appendingPathComponent("exim.conf"), atomically: false, encoding: .utf8)
    try replaceSendmail("exec \(Self.program) -C \(directory.path)/exim.conf \"$@\"")
  }

  deinit {
    stop()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Another command in the place of the server's own; nil: the server's own.
  func replaceSendmail(_ script: String?) throws {
    let text = script ?? "exec \(Self.program) -C \(directory.path)/exim.conf \"$@\""
    // At once: it may be started at any moment.
    let new = directory.appendingPathComponent("sendmail.new").path
    try "#!/bin/sh\n\(text)\n".write(toFile: new, atomically: false, encoding: .utf8)
    chmod(new, 0o755)
    guard rename(new, sendmail) == 0 else { throw HarnessError.system("rename") }
  }

  /// Looks at the queue every second.
  func start() throws {
    daemon = try Child("exim", [Self.program, "-C", directory.path + "/exim.conf", "-bdf", "-q1s"])
  }

  func stop() {
    daemon?.destroy()
    daemon = nil
  }

  /// The messages that were delivered.
  var messages: [String] {
    let new = directory.appendingPathComponent("box/Maildir/new")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: new.path)) ?? []
    return names.sorted().compactMap {
      try? String(contentsOf: new.appendingPathComponent($0), encoding: .utf8)
    }
  }

  func wait(for count: Int, within limit: Duration = .seconds(30)) throws -> [String] {
    let deadline = ContinuousClock.now + limit
    while messages.count < count {
      guard ContinuousClock.now < deadline else {
        let log =
          (try? String(contentsOf: directory.appendingPathComponent("log/mainlog"), encoding: .utf8)) ?? ""
        throw HarnessError(
          "\(messages.count) of \(count) e-mails came in \(limit)\n\(log)\(daemon?.transcript ?? "")")
      }
      usleep(20_000)
    }
    return messages
  }

  private static func freePort() throws -> UInt16 {
    let carrier = try ScriptedCarrier { _, _ in }
    defer { carrier.close() }
    return carrier.port
  }
}
