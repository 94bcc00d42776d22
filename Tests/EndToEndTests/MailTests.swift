import Contract
import Foundation
import Glibc
import SMPP
import Testing

extension EndToEnd {
  @Suite(.serialized)
  struct Mail {
    private static let mobile = "+12025550199"
    private static let desk = "https://desk.acme.example"

    /// A gateway with a rep who wants both, a carrier that answers, and an MTA that is not running yet.
    private final class Stage {
      let carrier: ScriptedCarrier
      let gateway: GatewayProcess
      let server: MailServer
      let app: App
      private var mailer: Child?

      init() throws {
        server = try MailServer()
        carrier = try ScriptedCarrier { turn, submit in turn.answer(submit) }
        gateway = try GatewayProcess(
          carriers: [.init(port: carrier.port)], ready: "all",
          more: """
            alerts: { quiet_s: 10, email: { from: "alerts@acme.example", sendmail: "\(server.sendmail)" } },
            desk: { address: "\(Mail.desk)" },
            """)
        try gateway.start()
        app = try App(gateway.socket)
        _ = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        let rep = try app.call(
          RepUpdate(
            repID: RepID(1), mobile: TypedPhone(try World.number(Mail.mobile)),
            email: EmailAddress("ann@acme.example"), alertBy: .both))
        guard rep.hasEmail, rep.alertBy == .both else { throw HarnessError("\(rep)") }
        _ = try app.call(MemberAdd(login: "ann", name: "Ann", roles: [.rep], repID: RepID(1)))
        let contact = ContactInput(phones: [World.phone(1)], firstName: "Zoë 🎉", repID: RepID(1))
        _ = try app.call(ContactUpsert(contacts: [contact]))
      }

      deinit {
        mailer?.destroy()
        gateway.destroy()
        carrier.close()
      }

      /// `tollgate mail`, as its unit starts it.
      @discardableResult
      func startMailer() throws -> Child {
        let child = try Child(
          "tollgate mail", [Locations.tollgate, "mail", "--config", gateway.configuration])
        mailer = child
        return child
      }

      func text(_ words: String, from index: Int = 1) {
        let message = ShortMessage(
          source: digits(World.phone(index)), destination: "18885550101", text: Array(words.utf8))
        carrier.perform { turn in turn.deliver(message) }
      }

      /// How long it takes until the rep's mobile has so many alerts.
      func alerts(_ count: Int) throws -> Duration {
        let begin = ContinuousClock.now
        _ = try carrier.wait("\(count) alerts by text") { record -> Bool? in
          record.submits(to: digits(Mail.mobile)).count >= count ? true : nil
        }
        return ContinuousClock.now - begin
      }

      func wait(_ state: EmailState, _ count: Int) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try app.call(EmailList(state: state)).items.count != count {
          guard ContinuousClock.now < deadline else {
            throw HarnessError(
              "not \(count) \(state): \(try app.call(EmailList()).items)\n\(mailer?.transcript ?? "")")
          }
          usleep(20_000)
        }
      }
    }

    private static func header(_ name: String, of message: String) -> [String] {
      let head = message.components(separatedBy: "\n\n")[0].replacingOccurrences(of: "\n ", with: " ")
      return head.components(separatedBy: "\n").filter { $0.hasPrefix(name + ": ") }
        .map { String($0.dropFirst(name.count + 2)) }
    }

    @Test(
      "A text from a phone arrives as an e-mail in a real mailbox, with its headers, its words and a link")
    func arrives() async throws {
      try await blocking {
        let stage = try Stage()
        try stage.server.start()
        try stage.startMailer()
        stage.text("Is it still for sale?")
        let message = try stage.server.wait(for: 1)[0]
        let words = "Acme Homes: new message from Zoë 🎉"
        #expect(Self.header("From", of: message) == ["<alerts@acme.example>"])
        #expect(Self.header("To", of: message) == ["<ann@acme.example>"])
        #expect(Self.header("Envelope-to", of: message) == ["ann@acme.example"])
        #expect(Self.header("Return-path", of: message) == ["<alerts@acme.example>"])
        #expect(Self.header("Auto-Submitted", of: message) == ["auto-generated"])
        #expect(
          Self.header("Subject", of: message) == ["=?UTF-8?B?\(Data(words.utf8).base64EncodedString())?="])
        let id = try #require(Self.header("Message-ID", of: message).first)
        #expect(id.hasPrefix("<eml_1.") && id.hasSuffix("@acme.example>"))
        let body = message.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n\n")
        #expect(body.hasPrefix("Acme Homes: new message from Zo=C3=AB =F0=9F=8E=89\n\n\(Mail.desk)/a/"))
        try stage.wait(.sent, 1)
        // The link opens the conversation, once.
        let token = try #require(LinkToken(String(body.split(separator: "/a/")[1].prefix(16))))
        let redeem = SessionRedeem(token: token, device: "a phone")
        let opening = try stage.app.call(redeem)
        #expect(opening.outcome == .opened && opening.session?.conversationID == ConversationID(1))
        #expect(try stage.app.call(redeem).outcome == .wrong)
        _ = try stage.alerts(1)
      }
    }

    @Test("With the MTA down texts are as quick as ever, and the e-mail arrives once it is back")
    func serverIsDown() async throws {
      try await blocking {
        let stage = try Stage()
        try stage.startMailer()
        stage.text("one")
        #expect(try stage.alerts(1) < .seconds(5))
        try stage.wait(.sent, 1)
        #expect(stage.server.messages.isEmpty)
        try stage.server.start()
        #expect(try stage.server.wait(for: 1).count == 1)
        // Once: what the server has does not come a second time.
        try stage.wait(.waiting, 0)
        #expect(stage.server.messages.count == 1)
      }
    }

    @Test(
      "With a sendmail that hangs and a killed tollgate mail, texts are as quick as ever and no e-mail is lost"
    )
    func mailerIsKilled() async throws {
      try await blocking {
        let stage = try Stage()
        try stage.server.start()
        let begun = stage.gateway.directory.appendingPathComponent("begun").path
        try stage.server.replaceSendmail("cat > /dev/null; echo $$ > \(begun); exec sleep 600")
        let mailer = try stage.startMailer()
        stage.text("one")
        #expect(try stage.alerts(1) < .seconds(5))
        let deadline = ContinuousClock.now + .seconds(20)
        while access(begun, R_OK) != 0, ContinuousClock.now < deadline { usleep(10_000) }
        // Other texts pass meanwhile.
        let sent = ContinuousClock.now
        _ = try stage.app.call(
          MessageSend(
            from: .rep(RepID(1)), to: .phone(TypedPhone(try World.number(World.phone(2)))), text: "Hello",
            idempotencyKey: "k"))
        _ = try stage.carrier.wait("the other text") { record -> Bool? in
          record.submits(to: digits(World.phone(2))).isEmpty ? nil : true
        }
        #expect(ContinuousClock.now - sent < .seconds(5))
        mailer.destroy()
        #expect(mailer.exit == .signal(SIGKILL))
        if let text = try? String(contentsOfFile: begun, encoding: .utf8),
          let hung = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
          kill(hung, SIGKILL)
        }
        try stage.wait(.waiting, 1)
        try stage.server.replaceSendmail(nil)
        try stage.startMailer()
        let message = try stage.server.wait(for: 1)
        #expect(Self.header("Message-ID", of: message[0]).first?.hasPrefix("<eml_1.") == true)
        try stage.wait(.sent, 1)
        #expect(stage.server.messages.count == 1)
      }
    }
  }
}
