import Contract
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Backups of a store that is written, and what becomes of carriers and apps when one is put back.
  @Suite(.serialized)
  struct Backups {
    private struct Report: Decodable {
      var octets: Int64
      var snapshot_ms: Int
      var pages_changed: Int
    }

    @Test("A backup under load is whole, private and never over a file; put back, it starts where it was")
    func underLoad() async throws {
      try await blocking {
        let recipients = 4000
        let carrier = try ScriptedCarrier { turn, submit in
          turn.answer(submit)
          if submit.index % 3 == 0 {
            turn.deliver(
              ShortMessage(
                source: submit.message.destination, destination: submit.message.source,
                text: Array("Yes \(submit.index)".utf8)))
          }
        }
        defer { carrier.close() }
        let window = 50
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port, window: window, rate: 1000)])
        defer { gateway.destroy() }
        try gateway.start()
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 800)
        let contacts = try World.contacts(app, 0..<recipients, owner: rep)
        let campaign = try World.campaign(
          app, from: rep, Audience(contactIDs: contacts), text: "Hi {{first_name}}", key: "load",
          expecting: recipients)
        _ = try carrier.wait("the campaign under way") { $0.submitCount > 200 ? true : nil }

        let file = gateway.directory.appendingPathComponent("copy").path
        let taken = try gateway.run(["backup", file, "--json"])
        let sentThen = carrier.record.read { $0.submitCount }
        #expect(sentThen < recipients, "the campaign was over before the backup was")
        let report = try JSONDecoder().decode(Report.self, from: Data((taken.lines.first ?? "").utf8))
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(Int64(status.st_size) >= report.octets)
        try gateway.run(["backup", file], expecting: .code(73))
        try gateway.run(["integrity", file])
        try gateway.run(["restore", file], expecting: .code(75))
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: gateway.directory.path).filter {
            $0.contains("copy")
          } == ["copy"], "something was left beside it")

        // Sending did not stop for it; and what was claimed in the copy has been written.
        let claimedThen = sentThen + window
        _ = try carrier.wait("more of the campaign") { $0.submitCount >= claimedThen ? true : nil }
        try gateway.kill9()
        try gateway.run(["restore", file], expecting: .code(73))
        try gateway.run(["restore", file, "--move-aside"])
        try gateway.start()
        app = try App(gateway.socket)
        let now = try app.call(Status())
        #expect(now.paused && now.pauseNote?.contains("restored from a backup") == true)
        // Of one moment: every recipient is in one state, and none in two.
        let states = try World.recipients(app, campaign).map(\.state)
        #expect(states.count == recipients)
        let done = states.count { $0 == .sent || $0 == .unknown || $0 == .delivered }
        #expect(done <= claimedThen)
        #expect(states.allSatisfy { [.sent, .unknown, .queued].contains($0) })
        #expect(try gateway.terminate() == .code(0))
        try gateway.run(["integrity"])
      }
    }

    @Test(
      "After a restore nothing is sent unasked, no id names two things, and a cursor of the lost time is told so"
    )
    func afterRestore() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
        defer { gateway.destroy() }
        try gateway.start()
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try World.contacts(app, 0..<3, owner: rep)
        try app.subscribe("crm")
        let first = try app.events("an event") { $0.first }
        _ = try app.call(FeedAck(consumer: "crm", cursor: first.cursor))

        // Five texts wait when the backup is taken.
        _ = try app.call(Pause(note: "night"))
        let waiting = try (0..<5).map { n in
          try app.call(
            MessageSend(
              from: .rep(rep), to: .phone(try World.number(World.phone(n))), text: "Waits \(n)",
              idempotencyKey: "waits-\(n)")
          ).messageID
        }
        let file = gateway.directory.appendingPathComponent("copy").path
        try gateway.run(["backup", file])

        // What the backup does not know: they are sent, somebody answers, a contact is added.
        _ = try app.call(Resume())
        _ = try carrier.wait("five texts") { $0.submitCount == 5 ? true : nil }
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(
              source: digits(World.phone(1)), destination: "18885550101", text: Array("Later".utf8)))
        }
        let later = try app.events("the answer") { events in
          events.first { $0.event.received?.text == "Later" }
        }
        let lost = try #require(World.contacts(app, 7..<8, owner: rep).first)
        let idsBefore = Set(app.events.map(\.event.id))
        #expect(try gateway.terminate() == .code(0))

        try gateway.run(["restore", file, "--move-aside"])
        try gateway.start()
        try carrier.waitForBinds(1)
        app = try App(gateway.socket)
        #expect(try app.call(Status()).paused)
        for message in waiting {
          #expect(try app.call(MessageGet(messageID: message)).state == .queued)
        }
        let refused = try #require(throws: App.Refused.self) {
          try app.subscribe("rebuilt", from: .cursor(later.cursor))
        }
        #expect(refused.code == ErrorCode.cursorLost.rawValue)
        // At its own cursor it goes on: what it had not acknowledged comes again, then what happened.
        try app.subscribe("crm")
        _ = try app.events("the restore") { events in
          events.first { EventType($0.event.type) == .alertRaised && !idsBefore.contains($0.event.id) }
        }
        #expect(app.events.first.map { $0.cursor > first.cursor } == true)
        let added = try #require(World.contacts(app, 8..<9, owner: rep).first)
        #expect(added > lost, "\(added) names two contacts")
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(
              source: digits(World.phone(2)), destination: "18885550101", text: Array("Anew".utf8)))
        }
        let anew = try app.events("a new text") { events in
          events.first { $0.event.received?.text == "Anew" }
        }
        #expect(!idsBefore.contains(anew.event.id))
        #expect(anew.cursor > later.cursor)
        #expect(try #require(anew.event.received).messageID > #require(later.event.received).messageID)
        #expect(carrier.record.read { $0.submitCount } == 5, "something was sent unasked")

        // A person has looked, and lets them go.
        _ = try app.call(Resume())
        _ = try carrier.wait("five texts more") { $0.submitCount == 10 ? true : nil }
        // Once a store goes on, a restart is a restart.
        #expect(try gateway.terminate() == .code(0))
        try gateway.start()
        app = try App(gateway.socket)
        #expect(!(try app.call(Status())).paused)
        // What the lost time leaves out of the feed is no gap to who looks for one.
        try gateway.run(["verify"])
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("What is no backup, is damaged, or is the store of a running daemon is not restored")
    func refused() async throws {
      try await blocking {
        let gateway = try GatewayProcess(carriers: [.init(port: try freePort())])
        defer { gateway.destroy() }
        try gateway.start()
        let file = gateway.directory.appendingPathComponent("copy").path
        try gateway.run(["backup", file])
        #expect(try gateway.terminate() == .code(0))
        // A plain copy of the file has no mark of when it was taken.
        let plain = gateway.directory.appendingPathComponent("plain").path
        try FileManager.default.copyItem(atPath: gateway.store, toPath: plain)
        try gateway.run(["restore", plain, "--move-aside"], expecting: .code(65))
        let text = gateway.directory.appendingPathComponent("text").path
        try String(repeating: "no database ", count: 1000).write(
          toFile: text, atomically: false, encoding: .utf8)
        try gateway.run(["restore", text, "--move-aside"], expecting: .code(65))
        try Damage.page(2, of: file)
        try gateway.run(["restore", file, "--move-aside"], expecting: .code(65))
        try gateway.run(["restore", file + ".none", "--move-aside"], expecting: .code(74))
        // None of it touched the store.
        try gateway.run(["integrity"])
        try gateway.start()
        #expect(try gateway.terminate() == .code(0))
      }
    }
  }
}

/// A disk that brings back other octets than were written.
enum Damage {
  /// Overwrites a page of a file, from 1, with what no page can hold.
  static func page(_ number: Int, of file: String) throws {
    let descriptor = open(file, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw HarnessError.system(file) }
    defer { close(descriptor) }
    let garbage = [UInt8](repeating: 0xA5, count: 4096)
    guard pwrite(descriptor, garbage, 4096, (number - 1) * 4096) == 4096 else {
      throw HarnessError.system(file)
    }
  }
}
