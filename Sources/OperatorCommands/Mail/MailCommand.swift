import CommandFrame
import Configuration
import Contract
import Glibc
import NetIO
import SocketClient

/// `tollgate mail`: hands alerts that wait as e-mails to the mail server.
package enum MailCommand {
  package static let command = Command(
    name: "mail", summary: "hand alerts by e-mail to this machine's mail server",
    details: """
      Runs until it is stopped; systemd/tollgate-mail.service starts it. Takes each e-mail that waits and runs
      `sendmail -i -f FROM -- TO` (alerts.email.sendmail in the configuration). An e-mail that the server cannot take for now is tried
      again after a minute, then after twice as long each time, until alerts.email.expire_s is over. Its role needs
      may: ["email.*"] and sees: ["text"]. Run it once for each daemon: two would send everything twice.
      """,
    options: [
      Option("once", "hand over what is due now, and end"),
      Option("sendmail", argument: "PATH", "the mail server's command (default: the configuration's)"),
    ],
    examples: [
      Example("tollgate mail --once", "send what waits, for example from a script"),
      Example("tollgate mail list --state failed", "what the mail server refused"),
    ],
    subcommands: [list], run: run)

  /// While nothing is due: the longest that an alert waits for us, in microseconds.
  private static let idle: useconds_t = 500_000
  /// E-mails that are taken at a time.
  private static let portion = 50

  private static func run(_ invocation: Invocation) throws -> ExitStatus {
    Signals.ignoreBrokenPipes()
    let mail = try mail(invocation)
    let sendmail = Sendmail(path: invocation.value("sendmail") ?? mail.sendmail, timeout: mail.timeout)
    let daemon = try DaemonConnection(invocation)
    let carrier = Carrier(daemon: daemon, sendmail: sendmail, printsJSON: invocation.has("json"))
    while true {
      let page = try daemon.call(EmailList(due: true, limit: portion))
      for email in page.items { try carrier.carry(email) }
      if page.items.isEmpty {
        if invocation.has("once") { return .ok }
        usleep(idle)
      }
    }
  }

  /// The file's settings; the defaults where there is no file and none was named.
  private static func mail(_ invocation: Invocation) throws -> Configuration.Mail {
    if invocation.value("config") == nil, access(Configuration.defaultPath, R_OK) != 0 {
      return Configuration.Mail()
    }
    do throws(ConfigurationError) {
      return try Configuration.mail(in: invocation.value("config") ?? Configuration.defaultPath)
    } catch {
      throw Failure(.configuration, error.description)
    }
  }

  /// Between the daemon and the mail server. Where we end between the two, the next start hands the same message over again, with the
  /// same Message-ID.
  private struct Carrier {
    let daemon: DaemonConnection
    let sendmail: Sendmail
    let printsJSON: Bool

    func carry(_ email: EmailView) throws {
      guard let from = email.sender else {
        throw Failure(
          .configuration, "e-mails wait, and nothing says who they are from",
          hint: "set alerts.email in the daemon's configuration")
      }
      guard let to = email.to, let subject = email.subject, let text = email.text else {
        throw Failure(
          .permission, "this role does not see addresses and words",
          hint: "give it sees: [\"text\"] in socket.roles")
      }
      let message = MailMessage(
        from: from, to: to, subject: subject, text: text, date: email.createdAt,
        id: "\(email.emailID).\(daemon.client.hello.store)")
      let result = try sendmail.send(message.octets, from: from, to: to)
      let settled = try daemon.call(
        EmailSettle(
          emailID: email.emailID, outcome: result.outcome, exitStatus: result.status,
          idempotencyKey: "mail-\(email.emailID)-\(email.attempts)"))
      if printsJSON { return try JSONOutput.line(settled) }
      try Output.line(
        "\(email.emailID) \(email.repID) \(result.outcome.rawValue) exit_status=\(result.status)")
    }
  }

  static let list = Command(
    name: "list", summary: "list alerts by e-mail, and what became of them",
    options: [
      Option("state", argument: "STATE", "only these: waiting, sent, failed or expired"), Pages.since,
      Pages.limit,
    ],
    examples: [Example("tollgate mail list", "what waits, and what ended within the last 7 days")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let state = try invocation.value("state").map { word in
      guard let state = EmailState(rawValue: word) else {
        throw Failure(
          .usage, "--state: expected one of " + EmailState.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return state
    }
    let result = try Pages.read(invocation, daemon, EmailList(state: state))
    try Pages.print(invocation, result, none: "no e-mails") {
      var table = Table("id", "rep", "state", ">attempts", ">exit", "raised", "next attempt")
      for email in result.items {
        table.add(
          .init(email.emailID.description), .init(email.repID.description),
          .init(email.state.rawValue, email.state == .sent ? .green : .yellow), .init("\(email.attempts)"),
          .init(email.exitStatus.map { "\($0)" } ?? "-"), .init(Words.time(email.createdAt)),
          .init(email.nextAttemptAt.map { Words.time($0) } ?? "-"))
      }
      return table
    }
    return .ok
  }
}
