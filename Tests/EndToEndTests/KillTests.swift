import Contract
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// `kill -9` at the worst moments: nothing acknowledged is lost, nothing goes out twice.
  @Suite(.serialized)
  struct Kills {
    static let window = 10
    static let recipients = 2000
    static let kills = 20

    /// Where the process is hit, once the carrier has so many submit_sm of this life. The numbers are drawn from the seed.
    struct Hit: Sendable {
      enum Moment: Sendable {
        /// On entering the nth call that writes to a socket: segments are claimed on disk, their octets never leave.
        case beforeWrite(Int)
        /// Before the carrier answers this submit_sm or any after it.
        case betweenWriteAndAnswer
        /// On entering the nth write to the database's log: answers are read and not yet committed.
        case betweenAnswerAndCommit(Int)
      }

      var afterSubmits: Int
      var moment: Moment
    }

    static func hits(seed: UInt64) -> [Hit] {
      var random = SeededGenerator(seed: seed)
      return (0..<kills).map { index in
        let moment: Hit.Moment =
          switch index % 3 {
          case 0: .beforeWrite(Int.random(in: 1...12, using: &random))
          case 1: .betweenWriteAndAnswer
          default: .betweenAnswerAndCommit(Int.random(in: 1...12, using: &random))
          }
        return Hit(afterSubmits: Int.random(in: 3...60, using: &random), moment: moment)
      }.shuffled(using: &random)
    }

    @Test(
      "20 kills during a campaign of 2,000: nothing acknowledged is lost, nothing is sent twice, and verify agrees"
    )
    func campaign() async throws {
      try await blocking { try Self.run(seed: 0x7011_6A7E) }
    }

    /// What the carrier's script has to know of the life under way.
    private struct Life {
      var hit: Hit?
      var process: pid_t = 0
      var submits = 0
      var isHit = false
      var isSilent = false
      var tracer: Child?
    }

    /// Hits the process when its time has come.
    private static func strike(_ life: inout Life) {
      life.submits += 1
      guard let hit = life.hit, !life.isHit, life.submits >= hit.afterSubmits else { return }
      life.isHit = true
      switch hit.moment {
      case .betweenWriteAndAnswer:
        life.isSilent = true
        Glibc.kill(life.process, SIGKILL)
      case .beforeWrite(let count):
        life.tracer = try? StraceLog.killer(of: life.process, at: "write,writev,sendto,sendmsg", count: count)
      case .betweenAnswerAndCommit(let count):
        life.tracer = try? StraceLog.killer(of: life.process, at: "pwrite64", count: count)
      }
    }

    private static func run(seed: UInt64) throws {
      let life = Monitor(Life())
      let carrier = try ScriptedCarrier { turn, submit in
        let isSilent = life.change { life in
          strike(&life)
          return life.isSilent
        }
        if isSilent { return }
        turn.answer(submit)
        // Every fifth contact answers at once; what is acknowledged must be in the feed, once.
        if submit.index % 5 == 0 {
          turn.deliver(
            ShortMessage(
              source: submit.message.destination, destination: submit.message.source,
              text: Array("Yes, \(submit.message.destination.suffix(5))".utf8)))
        }
      }
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port, window: window, rate: 500)])
      defer { gateway.destroy() }
      try gateway.start()
      var app = try App(gateway.socket)
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 200)
      let contacts = try World.contacts(app, 0..<recipients, owner: rep)
      let campaign = try World.campaign(
        app, from: rep, Audience(contactIDs: contacts), text: "Hi {{first_name}}, are you still looking?",
        key: "main",
        expecting: recipients)
      try gateway.kill9()

      var acknowledged: [MessageID] = []
      var unknownBefore = 0
      /// What the life before left open is listed; this one adds nothing to it while it lives.
      func listUnknown(after what: String) throws {
        let unknown = try World.unknown(app).count
        #expect(unknown - unknownBefore <= window, "\(what) left \(unknown - unknownBefore) unknown")
        unknownBefore = unknown
        // While it sends again: what moves is no fault.
        let findings = try World.findings(app)
        #expect(findings.isEmpty, "after \(what): \(findings.prefix(3))")
      }
      for (index, hit) in hits(seed: seed).enumerated() {
        try startLife(gateway, life)
        app = try App(gateway.socket)
        try listUnknown(after: "the life before \(index)")
        life.change { $0.hit = hit }
        // One command a life: answered means kept, whatever comes.
        let sent = try? app.call(
          MessageSend(
            from: .rep(rep), to: .phone(try World.number(World.phone(50_000 + index))),
            text: "Personal note \(index)",
            idempotencyKey: "note-\(index)"), within: .seconds(20))
        if let sent { acknowledged.append(sent.messageID) }
        #expect(
          try gateway.child?.waitForExit(within: .seconds(30)) == .signal(SIGKILL), "kill \(index), \(hit)")
      }

      try startLife(gateway, life)
      app = try App(gateway.socket)
      try listUnknown(after: "the last kill")
      try app.subscribe("crm")
      _ = try app.events("the campaign's end") { events in
        events.compactMap(\.event.progress).first { $0.campaignID == campaign && $0.state == .completed }
      }
      _ = try carrier.wait("every answer acknowledged") { record in
        record.deliveries.allSatisfy { $0.status == 0 } ? true : nil
      }
      try check(app, campaign, acknowledged, carrier)
      #expect(try gateway.terminate() == .code(0))
    }

    private static func startLife(_ gateway: GatewayProcess, _ life: Monitor<Life>) throws {
      life.change { $0 = Life() }
      try gateway.start()
      let process = gateway.child?.processID ?? 0
      life.change { $0.process = process }
    }

    private static func check(
      _ app: App, _ campaign: CampaignID, _ acknowledged: [MessageID], _ carrier: ScriptedCarrier
    ) throws {
      let record = carrier.record.read { $0 }
      let seen = Dictionary(grouping: record.submits, by: { digits($0.message.destination) })
      for (phone, submits) in seen where submits.count > 1 {
        Issue.record("\(phone) got its message \(submits.count) times")
      }

      let recipients = try World.recipients(app, campaign)
      #expect(recipients.count == Self.recipients)
      var states: [TextMessageState: Int] = [:]
      for recipient in recipients {
        states[recipient.state, default: 0] += 1
        let phone = recipient.to.map { digits($0) } ?? ""
        let submit = seen[phone]?.first
        switch recipient.state {
        case .sent, .delivered:
          #expect(
            submit.map { !$0.messageID.isEmpty } == true, "\(phone) is sent, and was not answered")
        case .unknown: break
        default: Issue.record("\(phone) is \(recipient.state)")
        }
        if submit != nil && submit?.messageID.isEmpty == true {
          #expect(recipient.state == .unknown, "\(phone) was never answered and is \(recipient.state)")
        }
      }
      #expect(states[.sent, default: 0] + states[.unknown, default: 0] == Self.recipients)
      #expect(states[.unknown, default: 0] <= window * kills)
      // Each kill before an answer leaves at least the one that was waited for.
      #expect(states[.unknown, default: 0] >= kills / 3)
      let listed = try World.unknown(app).filter { $0.campaignID == campaign }
      #expect(listed.count == states[.unknown, default: 0])

      for id in acknowledged {
        let note = try app.call(MessageGet(messageID: id))
        #expect([.sent, .unknown].contains(note.state), "an accepted note is \(note.state)")
        let story = try app.call(MessageWhy(messageID: id))
        #expect(story.spans.reduce(0) { $0 + $1.ms } == story.lifeMs, "\(story)")
      }
      #expect(try World.findings(app).isEmpty)
      // Acknowledged inbound: each text once, whichever life took it.
      let received = app.events.compactMap(\.event.received)
      #expect(Set(received.map(\.from)).count == received.count)
      #expect(
        Set(received.map { digits($0.from) }) == Set(record.deliveries.map { digits($0.message.source) }))
      #expect(record.faults.isEmpty, "\(record.faults.prefix(3))")
    }
  }
}
