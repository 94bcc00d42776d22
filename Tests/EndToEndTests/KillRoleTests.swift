import Contract
import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// `kill -9` at random moments under load, with a carrier we bind to and one that is bound to us, texts in both directions and
  /// opt-outs by both. After every restart the store is verified, and what carriers and apps have seen is held together.
  ///
  /// TOLLGATE_KILLS=200 kills so often; TOLLGATE_KILL_SEED gives other moments.
  @Suite(.serialized)
  struct KillsInBothRoles {
    static let kills = ProcessInfo.processInfo.environment["TOLLGATE_KILLS"].flatMap { Int($0) } ?? 6
    static let seed =
      ProcessInfo.processInfo.environment["TOLLGATE_KILL_SEED"].flatMap { UInt64($0) } ?? 0xB0_7401E5
    static let window = 10
    /// Both carriers have one session.
    static let sessions = 2
    static let phonesPerKill = 40

    @Test(
      "Killed again and again under load, both directions and both roles: nothing lost, doubled, reordered or after STOP"
    )
    func both() async throws {
      try await blocking {
        let story = try Story(seed: Self.seed, kills: Self.kills)
        defer { story.end() }
        try story.run()
      }
    }

    /// When the process is hit, counted from the life's beginning.
    enum Moment: Sendable {
      /// So many of our texts have reached a carrier.
      case texts(Int)
      /// So many texts of phones are on their way.
      case said(Int)
      /// On entering the nth call of a kind, once so many texts have reached a carrier.
      case call(String, Int, afterTexts: Int)

      static func random(_ random: inout SeededGenerator) -> Moment {
        let texts = Int.random(in: 1...50, using: &random)
        let count = Int.random(in: 1...12, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .texts(texts)
        case 1: return .said(min(count, 10))
        case 2: return .call("pwrite64", count, afterTexts: texts)
        case 3: return .call("fdatasync", min(count, 4), afterTexts: texts)
        default: return .call("write,writev,sendto,sendmsg", count, afterTexts: texts)
        }
      }
    }

    /// What both carriers' threads know of the life under way.
    struct Life {
      var moment: Moment?
      var process: pid_t = 0
      var texts = 0
      var said = 0
      var isHit = false
      var tracer: Child?

      /// Hits the process when its time has come.
      mutating func strike() {
        guard let moment, !isHit, process > 0 else { return }
        switch moment {
        case .texts(let count): if texts >= count { hit() }
        case .said(let count): if said >= count { hit() }
        case .call(let calls, let count, let after):
          guard texts >= after else { return }
          isHit = true
          tracer = try? StraceLog.killer(of: process, at: calls, count: count)
        }
      }

      private mutating func hit() {
        isHit = true
        Glibc.kill(process, SIGKILL)
      }
    }

    /// An opt-out: who said it, to whom, and in which life it was answered.
    struct Stop {
      var phone: String
      var byOurBind: Bool
      /// Its place among the deliveries or submissions.
      var index: Int?
      var life: Int
    }

    final class Story {
      let kills: Int
      var random: SeededGenerator
      let life = Monitor(Life())
      let carrier: ScriptedCarrier
      let client: ScriptedClient
      let gateway: GatewayProcess
      let recipients: Int
      let ann = "+18885550101"
      let ben = "+18885550102"
      var reps: [RepID] = []
      var campaigns: [CampaignID] = []
      var notes: [MessageID] = []
      var noteCount = 0
      var stops: [Stop] = []
      /// Places in what each carrier has seen, at the start of each life.
      var submitsAtLife: [Int] = []
      var deliveriesAtLife: [Int] = []
      var unknownBefore = 0
      /// Kills whose moment did not come.
      var late = 0
      /// The feed as a consumer keeps it: by sequence.
      var feed: [Int64: App.Event.Envelope] = [:]
      var feedEnd: Int64 = 0

      init(seed: UInt64, kills: Int) throws {
        self.kills = kills
        recipients = max(400, kills * KillsInBothRoles.phonesPerKill)
        random = SeededGenerator(seed: seed)
        let life = self.life
        carrier = try ScriptedCarrier { turn, submit in
          life.change {
            $0.texts += 1
            $0.strike()
          }
          turn.answer(submit)
          if submit.index % 5 == 0 {
            turn.deliver(
              ShortMessage(
                source: submit.message.destination, destination: submit.message.source,
                text: Array("Sure \(submit.index)".utf8)))
          }
        }
        let listeningPort = try freePort()
        client = try ScriptedClient(port: listeningPort) { client, delivery in
          life.change {
            $0.texts += 1
            $0.strike()
          }
          client.answer(delivery)
        }
        gateway = try GatewayProcess(carriers: [
          .init(port: carrier.port, window: window, rate: 500),
          .init(name: "regional", port: listeningPort, listens: true, window: window, rate: 500),
        ])
      }

      func end() {
        gateway.destroy()
        carrier.close()
        client.close()
      }

      func run() throws {
        try begin()
        for index in 0..<kills {
          try start()
          let app = try App(gateway.socket)
          try look(app, "kill \(index - 1)")
          let moment = Moment.random(&random)
          life.change { $0.moment = moment }
          load(app, index)
          let child = gateway.child
          // A moment that never comes, since the campaigns are over: any other will do.
          if (try? child?.waitForExit(within: .seconds(10))) == nil {
            late += 1
            try gateway.kill9()
          }
          #expect(child?.exit == .signal(SIGKILL), "kill \(index), \(moment)")
        }
        #expect(late <= kills / 4, "\(late) of \(kills) moments never came")
        try start()
        let app = try App(gateway.socket)
        try look(app, "the last kill")
        try finish(app)
      }

      // MARK: Lives

      private func begin() throws {
        try gateway.start()
        let app = try App(gateway.socket)
        reps = [
          try World.rep(app, "Ann", number: ann, rate: 200),
          try World.rep(app, "Ben", number: ben, rate: 200, carrier: "regional"),
        ]
        for (place, rep) in reps.enumerated() {
          try World.contacts(
            app, place * recipients..<(place + 1) * recipients, owner: rep, tag: "rep-\(place)")
          campaigns.append(
            try World.campaign(
              app, from: rep, Audience(tag: "rep-\(place)"), text: "Hi {{first_name}}, rep \(place)",
              key: "campaign-\(place)", expecting: recipients))
        }
        try gateway.kill9()
      }

      private func start() throws {
        life.change { $0 = Life() }
        submitsAtLife.append(carrier.record.read { $0.submits.count })
        deliveriesAtLife.append(client.record.read { $0.deliveries.count })
        try gateway.start()
        let process = gateway.child?.processID ?? 0
        life.change { $0.process = process }
        try client.bind()
      }

      /// Texts in both directions by both carriers, until it is hit.
      private func load(_ app: App, _ index: Int) {
        // Inbound first: a thread of its own for each carrier, and an opt-out by each.
        for place in 0..<4 {
          say("In \(index).\(place)", from: World.phone(900_001), byOurBind: true)
          say("In \(index).\(place)", from: World.phone(900_002), byOurBind: false)
        }
        for byOurBind in [true, false] {
          // Of either rep's contacts: an opt-out is for the whole brand.
          let phone = World.phone(Int.random(in: 0..<2 * recipients, using: &random))
          let place = say("STOP", from: phone, byOurBind: byOurBind)
          stops.append(Stop(phone: digits(phone), byOurBind: byOurBind, index: place, life: index))
        }
        // Notes of one thread each, in order: answered means kept.
        for _ in 0..<4 {
          for (place, rep) in reps.enumerated() {
            let sent = try? app.call(
              MessageSend(
                from: .rep(rep), to: .phone(World.number(World.phone(950_000 + place))),
                text: "Note \(noteCount)", idempotencyKey: "note-\(place)-\(noteCount)"), within: .seconds(20)
            )
            if let sent { notes.append(sent.messageID) }
          }
          noteCount += 1
        }
      }

      /// A phone writes to the number of the carrier's rep. Gives its place among that carrier's texts.
      @discardableResult
      private func say(_ text: String, from phone: String, byOurBind: Bool) -> Int? {
        let message = ShortMessage(
          source: digits(phone), destination: digits(byOurBind ? ann : ben), text: Array(text.utf8))
        defer {
          life.change {
            $0.said += 1
            $0.strike()
          }
        }
        guard byOurBind else { return client.submit(message) }
        let place = Monitor<Int?>(nil)
        carrier.perform { turn in
          let index = turn.deliver(message)
          place.change { $0 = index }
        }
        return place.wait(within: .seconds(10)) { $0 }
      }

      // MARK: What is looked at after each kill

      /// Sending rests meanwhile, so that the campaigns last.
      private func look(_ app: App, _ what: String) throws {
        _ = try app.call(Pause())
        defer { _ = try? app.call(Resume()) }
        let unknown = try World.unknown(app).count
        #expect(
          unknown - unknownBefore <= KillsInBothRoles.window * KillsInBothRoles.sessions,
          "\(what) left \(unknown - unknownBefore) unknown")
        unknownBefore = unknown
        try readFeed(app)
        try gateway.run(["verify"])
      }

      /// Reads the feed on from the last acknowledged event: no event is missing, and none says other things than before.
      private func readFeed(_ app: App) throws {
        let newest = try app.call(Status()).feed.newest.sequence
        try app.subscribe("crm")
        _ = try app.events("the feed up to \(newest)", within: .seconds(60)) { events in
          events.last.map { $0.cursor.sequence >= newest } == true ? true : nil
        }
        for event in app.events {
          let sequence = event.cursor.sequence
          if let known = feed[sequence] {
            #expect(
              known.id == event.event.id && known.received == event.event.received
                && known.stateChanged == event.event.stateChanged, "event \(sequence) is another now")
          } else {
            #expect(sequence == feedEnd + 1, "the feed leaps from \(feedEnd) to \(sequence)")
            feed[sequence] = event.event
            feedEnd = sequence
          }
        }
        _ = try app.call(FeedAck(consumer: "crm", cursor: Cursor(feedEnd)))
      }

      // MARK: The end

      private func finish(_ app: App) throws {
        for campaign in campaigns {
          _ = try app.events("the end of \(campaign)", within: .seconds(300)) { events in
            events.compactMap(\.event.progress).first { $0.campaignID == campaign && $0.state == .completed }
          }
        }
        _ = try carrier.wait("every text of a phone answered", within: .seconds(60)) { record in
          record.deliveries.allSatisfy { $0.status != nil } ? true : nil
        }
        let client = client
        guard
          client.record.wait(
            within: .seconds(60),
            for: { $0.submissions.allSatisfy { $0.status != nil } ? true : nil }) != nil
        else { throw HarnessError("texts that were submitted are not answered") }
        for note in notes {
          let state = try app.call(MessageGet(messageID: note)).state
          #expect([.sent, .delivered, .unknown].contains(state), "an accepted note is \(state)")
        }
        let last = try app.call(Status()).feed.newest.sequence
        _ = try app.events("the feed's end") { events in
          events.last.map { $0.cursor.sequence >= last } == true ? true : nil
        }
        for event in app.events where event.cursor.sequence > feedEnd {
          #expect(event.cursor.sequence == feedEnd + 1)
          feedEnd = event.cursor.sequence
          feed[feedEnd] = event.event
        }
        try checkOutbound(app)
        checkInbound()
        checkStops()
        try gateway.run(["verify"])
        let faults = carrier.record.read { $0.faults } + client.record.read { $0.faults }
        #expect(faults.isEmpty, "\(faults.prefix(5))")
        #expect(try gateway.terminate() == .code(0))
        try gateway.run(["integrity"])
      }

      private struct Seen {
        var place: Int
        var destination: String
        var text: String
        var isAnswered: Bool
      }

      private func seen() -> [[Seen]] {
        func text(_ message: ShortMessage) -> String { String(decoding: message.text, as: UTF8.self) }
        return [
          carrier.record.read { record in
            record.submits.map {
              Seen(
                place: $0.index, destination: digits($0.message.destination), text: text($0.message),
                isAnswered: !$0.messageID.isEmpty)
            }
          },
          client.record.read { record in
            record.deliveries.map {
              Seen(
                place: $0.index, destination: digits($0.message.destination), text: text($0.message),
                isAnswered: $0.isAnswered)
            }
          },
        ]
      }

      /// Copies at a phone are at most one, those that are sent were seen, and the notes of a thread came in order.
      private func checkOutbound(_ app: App) throws {
        var unknown = 0
        for (place, all) in seen().enumerated() {
          let notes = all.filter { $0.destination == digits(World.phone(950_000 + place)) }
            .compactMap { Int($0.text.dropFirst("Note ".count)) }
          #expect(notes == notes.sorted(), "notes were reordered: \(notes)")
          #expect(Set(notes).count == notes.count, "a note came twice")
          let campaign = Dictionary(grouping: all.filter { $0.text.hasPrefix("Hi ") }, by: \.destination)
          for (phone, copies) in campaign where copies.count > 1 {
            Issue.record("\(phone) got the text of rep \(place) \(copies.count) times")
          }
          let recipients = try World.recipients(app, campaigns[place])
          #expect(recipients.count == self.recipients)
          for recipient in recipients {
            let phone = recipient.to.map { digits($0) } ?? ""
            switch recipient.state {
            case .sent, .delivered: #expect(campaign[phone] != nil, "\(phone) is sent, and was not seen")
            case .unknown: unknown += 1
            case .cancelled: #expect(campaign[phone] == nil, "\(phone) is cancelled, and was seen")
            default: Issue.record("\(phone) is \(recipient.state)")
            }
          }
        }
        #expect(unknown <= KillsInBothRoles.window * KillsInBothRoles.sessions * kills)
      }

      /// What was acknowledged is told once, and each thread's texts in their order.
      private func checkInbound() {
        let told = feed.keys.sorted().compactMap { feed[$0]?.received }
        func key(_ from: String, _ to: String, _ text: String) -> String {
          "\(digits(from))>\(digits(to)) \(text)"
        }
        let names = told.map { key($0.from.description, $0.to.description, $0.text) }
        // A phone may say STOP twice in the story; everything else is said once.
        let once = names.filter { !$0.hasSuffix("STOP") }
        #expect(Set(once).count == once.count, "a text is told twice")
        var said = carrier.record.read { record in
          record.deliveries.filter { $0.status == 0 }.map {
            key($0.message.source, $0.message.destination, String(decoding: $0.message.text, as: UTF8.self))
          }
        }
        said += client.record.read { record in
          record.submissions.filter { $0.status == 0 }.map {
            key($0.message.source, $0.message.destination, String(decoding: $0.message.text, as: UTF8.self))
          }
        }
        let missing = Set(said).subtracting(names)
        #expect(missing.isEmpty, "acknowledged and not told: \(missing.prefix(5))")
        for phone in [World.phone(900_001), World.phone(900_002)] {
          let order = told.filter { digits($0.from) == digits(phone) }.map { text -> Int in
            let parts = text.text.dropFirst("In ".count).split(separator: ".").compactMap { Int($0) }
            return parts.count == 2 ? parts[0] * 10 + parts[1] : -1
          }
          #expect(order == order.sorted(), "texts of \(phone) are told out of order: \(order)")
          #expect(order.count == kills * 4)
        }
      }

      /// After an opt-out was answered nothing goes to its phone: by that session at once, by the other from the next life on.
      private func checkStops() {
        let all = seen()
        var violations: [String] = []
        for stop in stops {
          guard let index = stop.index else { continue }
          let own = stop.byOurBind ? 0 : 1
          let answered =
            stop.byOurBind
            ? carrier.record.read { $0.deliveries[index].answeredAfter }
            : client.record.read { $0.submissions[index].answeredAfter }
          let life = (stop.byOurBind ? submitsAtLife : deliveriesAtLife).lastIndex { $0 <= answered } ?? 0
          for seen in all[own] where seen.place >= answered && seen.destination == stop.phone {
            violations.append("\(seen.text) to \(stop.phone) after its STOP")
          }
          let others = own == 0 ? deliveriesAtLife : submitsAtLife
          guard life + 1 < others.count else { continue }
          for seen in all[1 - own] where seen.place >= others[life + 1] && seen.destination == stop.phone {
            violations.append("\(seen.text) to \(stop.phone) by the other carrier in a later life")
          }
        }
        #expect(violations.isEmpty, "\(violations.prefix(5))")
      }
    }
  }
}
