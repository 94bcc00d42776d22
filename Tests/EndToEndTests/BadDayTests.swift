import Contract
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Bad days of the machine under the gateway: each has a defined answer, and nothing acknowledged is lost by any.
  @Suite(.serialized)
  struct BadDays {
    private static func send(_ app: App, _ rep: RepID, _ index: Int, notAfter: Timestamp? = nil) throws
      -> MessageID
    {
      try app.call(
        MessageSend(
          from: .rep(rep), to: .phone(try World.number(World.phone(index))), text: "Text \(index)",
          idempotencyKey: "text-\(index)", notAfter: notAfter)
      ).messageID
    }

    private static func awaitState(_ app: App, _ message: MessageID, _ state: TextMessageState) throws {
      _ = try app.events("\(message) is \(state)") { events in
        events.first { $0.event.stateChanged?.messageID == message && $0.event.stateChanged?.state == state }
      }
    }

    // MARK: The disk

    @Test(
      "A full disk: commands are busy, carriers keep their texts, answers are kept, and all goes on when there is room",
      .enabled(if: SmallDisk.isPossible))
    func diskFull() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier { turn, submit in
          // The first three wait for their answers until the disk is full.
          if submit.index >= 3 { turn.answer(submit) }
        }
        defer { carrier.close() }
        let gateway = try GatewayProcess(
          carriers: [.init(port: carrier.port, window: 10)], limits: "disk_free_mib: 12")
        defer { gateway.destroy() }
        let disk = try SmallDisk(at: gateway.directory.path + "/state", mebibytes: 32)
        defer { disk.destroy() }
        try gateway.start()
        let app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 500)
        try app.subscribe("crm")

        // The alarm comes while all is well.
        try disk.fill(leaving: 10 << 20)
        let child = try #require(gateway.child)
        _ = try child.errorLine { $0.contains("alert=disk_low") }
        let first = try (0..<3).map { try Self.send(app, rep, $0) }
        _ = try carrier.wait("three submits") { $0.submitCount >= 3 ? true : nil }

        try disk.fill()
        var accepted: [MessageID] = []
        var index = 3
        while true {
          do {
            accepted.append(try Self.send(app, rep, index))
          } catch let refused as App.Refused {
            #expect(refused.code == ErrorCode.busy.rawValue)
            break
          }
          index += 1
          guard index < 20_000 else { throw HarnessError("the disk was never full") }
        }
        _ = try child.errorLine { $0.contains("event=store_failed") && $0.contains("full") }
        // The carrier hears that its text is not taken, and keeps it.
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(source: digits(World.phone(1)), destination: "18885550101", text: Array("Full".utf8))
          )
          for submit in turn.record.submits.prefix(3) { turn.answer(submit) }
        }
        let refusal = try carrier.wait("the refusal") { $0.deliveries.first?.status }
        #expect(refusal == 0x64, "ESME_RX_T_APPN")
        // Queries are answered, and sessions live.
        #expect(try app.call(Status()).binds.allSatisfy { $0.state == .bound })

        disk.clear()
        _ = try child.errorLine(within: .seconds(30)) { $0.contains("event=store_recovered") }
        for message in first + accepted { try Self.awaitState(app, message, .sent) }
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(source: digits(World.phone(2)), destination: "18885550101", text: Array("Room".utf8))
          )
        }
        _ = try app.events("the text") { events in events.first { $0.event.received?.text == "Room" } }
        let again = try Self.send(app, rep, 30_000)
        try Self.awaitState(app, again, .sent)
        _ = try child.errorLine { $0.contains("alert=disk_low") && $0.contains("again") }
        let submits = carrier.record.read { $0.submits }
        #expect(Set(submits.map(\.message.destination)).count == submits.count, "something was sent twice")
        #expect(!app.events.contains { $0.event.received?.text == "Full" })
        #expect(try World.unknown(app).isEmpty)
        #expect(try gateway.terminate() == .code(0))
        try gateway.run(["integrity"])
      }
    }

    @Test(
      "A store on a read-only file system ends the start with 73 and one line",
      .enabled(if: SmallDisk.isPossible))
    func readOnlyStart() async throws {
      try await blocking {
        let gateway = try GatewayProcess(carriers: [.init(port: try freePort())])
        defer { gateway.destroy() }
        let disk = try SmallDisk(at: gateway.directory.path + "/state", mebibytes: 16)
        defer { disk.destroy() }
        try gateway.start()
        #expect(try gateway.terminate() == .code(0))
        try disk.remount(readOnly: true)
        #expect(throws: HarnessError.self) { try gateway.start() }
        #expect(try gateway.child?.waitForExit() == .code(73))
        #expect(gateway.child?.errorLines.count { $0.contains("event=start_failed") } == 1)
        try disk.remount(readOnly: false)
        try gateway.start()
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("A store that turns read-only is waited for: busy until it can be written")
    func readOnlyLater() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
        defer { gateway.destroy() }
        try gateway.start()
        let app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try app.subscribe("crm")
        let tracer = try StraceLog.injector(
          into: gateway, thread: "writer", "inject=pwrite64:error=EROFS", trace: "pwrite64")
        defer { tracer.destroy() }
        let refused = try #require(throws: App.Refused.self) { try Self.send(app, rep, 1) }
        #expect(refused.code == ErrorCode.busy.rawValue)
        tracer.send(signal: SIGINT)
        try tracer.waitForExit()
        _ = try gateway.child?.errorLine { $0.contains("event=store_recovered") }
        let message = try Self.send(app, rep, 2)
        try Self.awaitState(app, message, .sent)
        #expect(carrier.record.read { $0.submitCount } == 1)
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("A sync that fails ends the process with 74, and the next start has all that was answered")
    func syncFails() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
        defer { gateway.destroy() }
        try gateway.start()
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        let before = try Self.send(app, rep, 1)
        let tracer = try StraceLog.injector(
          into: gateway, thread: "writer", "inject=fdatasync,fsync:error=EIO", trace: "fdatasync,fsync")
        defer { tracer.destroy() }
        #expect(throws: (any Error).self, "nothing is answered") { try Self.send(app, rep, 2) }
        #expect(try gateway.child?.waitForExit() == .code(74))
        let lines = gateway.child?.errorLines.filter { $0.contains("event=store_failed") } ?? []
        #expect(lines.count == 1, "\(lines)")
        try gateway.start()
        app = try App(gateway.socket)
        try app.subscribe("crm")
        #expect(
          [.sent, .unknown, .queued].contains(try app.call(MessageGet(messageID: before)).state))
        let after = try Self.send(app, rep, 3)
        try Self.awaitState(app, after, .sent)
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("A damaged page ends the process with 65, at the start or when it is met, and integrity says which")
    func damage() async throws {
      try await blocking {
        let gateway = try GatewayProcess(carriers: [.init(port: try freePort())])
        defer { gateway.destroy() }
        try gateway.start()
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try World.contacts(app, 0..<3000, owner: rep)
        #expect(try gateway.terminate() == .code(0))
        let sound = gateway.directory.appendingPathComponent("sound").path
        try FileManager.default.copyItem(atPath: gateway.store, toPath: sound)
        let pages =
          try Int(#require(FileManager.default.attributesOfItem(atPath: sound)[.size] as? Int)) / 4096

        // Met by a reader: the pages of the contacts, which the start does not read.
        try gateway.start()
        app = try App(gateway.socket)
        for page in (pages / 2)...pages { try Damage.page(page, of: gateway.store) }
        _ = try? app.call(ContactList(limit: 200))
        _ = try? app.call(ContactList(cursor: PageCursor(1500), limit: 200))
        #expect(try gateway.child?.waitForExit() == .code(65))
        #expect(
          gateway.child?.errorLines.count { $0.contains("event=store_failed") && $0.contains("corrupt") } == 1
        )
        let integrity = try gateway.run(["integrity"], expecting: .code(65))
        #expect(!integrity.lines.isEmpty)

        // Met by the start.
        for page in 2...pages { try Damage.page(page, of: gateway.store) }
        for part in ["-wal", "-shm"] { unlink(gateway.store + part) }
        #expect(throws: HarnessError.self) { try gateway.start() }
        #expect(try gateway.child?.waitForExit() == .code(65))
        #expect(gateway.child?.errorLines.count { $0.contains("event=start_failed") } == 1)

        unlink(gateway.store)
        try FileManager.default.copyItem(atPath: sound, toPath: gateway.store)
        try gateway.start()
        #expect(try gateway.terminate() == .code(0))
      }
    }

    // MARK: The clock

    @Test(
      "A clock that jumps by hours ends nothing: texts with a time limit wait for a person, all others go on")
    func clockJump() async throws {
      try await blocking {
        let clock = try FakeClock()
        defer { clock.destroy() }
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
        defer { gateway.destroy() }
        try gateway.start(environment: clock.environment)
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try app.subscribe("crm")
        func inTwoHours() -> Timestamp {
          Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + 7_200_000)
        }

        // Ten minutes are nothing.
        clock.set(.seconds(600))
        let small = try Self.send(app, rep, 1, notAfter: inTwoHours())
        try Self.awaitState(app, small, .sent)
        clock.set(.zero)
        let back = try Self.send(app, rep, 2, notAfter: inTwoHours())
        try Self.awaitState(app, back, .sent)
        #expect(gateway.child?.errorLines.contains { $0.contains("clock_jumped") } == false)

        // Five hours are not.
        clock.set(.seconds(5 * 3600))
        let held = try Self.send(app, rep, 3, notAfter: inTwoHours())
        _ = try gateway.child?.errorLine { $0.contains("alert=clock_jumped") }
        let free = try Self.send(app, rep, 4)
        try Self.awaitState(app, free, .sent)
        #expect(try app.call(Status()).clockHeld != nil)
        #expect(try app.call(MessageGet(messageID: held)).state == .queued)

        // It stays so over a restart; a person says that the clock is right, and the text's time is over.
        #expect(try gateway.terminate() == .code(0))
        try gateway.start(environment: clock.environment)
        app = try App(gateway.socket)
        try app.subscribe("crm")
        let other = try Self.send(app, rep, 5)
        try Self.awaitState(app, other, .sent)
        #expect(try app.call(Status()).clockHeld != nil)
        #expect(try app.call(MessageGet(messageID: held)).state == .queued)
        try gateway.run(["clock", "accept"])
        try Self.awaitState(app, held, .expired)
        #expect(try app.call(Status()).clockHeld == nil)

        // Backwards, and back again by itself.
        clock.set(.seconds(2 * 3600))
        let late = try Self.send(
          app, rep, 6, notAfter: Timestamp(milliseconds: inTwoHours().milliseconds + 5 * 3_600_000))
        _ = try gateway.child?.errorLine { $0.contains("alert=clock_jumped") && $0.contains("jumped from") }
        let passing = try Self.send(app, rep, 7)
        try Self.awaitState(app, passing, .sent)
        #expect(try app.call(MessageGet(messageID: late)).state == .queued)
        clock.set(.seconds(5 * 3600))
        _ = try gateway.child?.errorLine { $0.contains("alert=clock_jumped") && $0.contains("come back") }
        try Self.awaitState(app, late, .sent)

        // Backwards, and right: time goes on from there.
        clock.set(.zero)
        _ = try app.call(Status())
        let behind = try Self.send(app, rep, 8)
        try Self.awaitState(app, behind, .sent)
        try gateway.run(["clock", "accept"])
        let last = try Self.send(app, rep, 9, notAfter: inTwoHours())
        try Self.awaitState(app, last, .sent)
        let submits = carrier.record.read { $0.submits.map { digits($0.message.destination) } }
        #expect(!submits.contains(digits(World.phone(3))), "a text left after its time")
        #expect(try gateway.terminate() == .code(0))
      }
    }

    // MARK: Limits of the process

    @Test(
      "At the descriptor limit new connections are closed at once, those that are there live, and it ends with the limit"
    )
    func descriptors() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let listeningPort = try freePort()
        let gateway = try GatewayProcess(carriers: [
          .init(port: carrier.port), .init(name: "regional", port: listeningPort, listens: true),
        ])
        defer { gateway.destroy() }
        try gateway.start()
        let app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try app.subscribe("crm")
        try carrier.waitForBinds(1)
        let process = try #require(gateway.child?.processID)
        let many = try ProcessLimit.set(.descriptors, of: process, to: gateway.freeDescriptor() + 3)
        // What is left is taken by apps.
        var apps: [App] = []
        while let another = try? App(gateway.socket) {
          apps.append(another)
          guard apps.count < 200 else { throw HarnessError("the limit was never reached") }
        }
        defer { withExtendedLifetime(apps) {} }

        let stranger = try RawWire.connect(to: listeningPort)
        try stranger.awaitEnd()
        _ = try gateway.child?.errorLine { $0.contains("event=turned_away no descriptor is left") }
        let message = try Self.send(app, rep, 1)
        try Self.awaitState(app, message, .sent)

        try ProcessLimit.set(.descriptors, of: process, to: many)
        let wire = try RawWire.connect(to: listeningPort)
        let body =
          Array(GatewayProcess.systemID.utf8) + [0] + Array(GatewayProcess.password.utf8) + [
            0, 0, 0x34, 0, 0, 0,
          ]
        let sequence = try wire.request(RawPDU.bindTransceiver, body)
        #expect(try wire.next(RawPDU.bindTransceiver | RawPDU.response, sequence: sequence).status == 0)
        _ = try App(gateway.socket).call(Status())
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("At the memory limit the process ends as by a kill, and the next one has all that was answered")
    func memory() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        defer { carrier.close() }
        let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
        defer { gateway.destroy() }
        try gateway.start()
        var app = try App(gateway.socket)
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
        try carrier.waitForBinds(1)
        let process = try #require(gateway.child?.processID)
        _ = try ProcessLimit.set(.addressSpace, of: process, to: 1 << 20)
        var answered: [MessageID] = []
        for index in 0..<20_000 {
          guard let message = try? Self.send(app, rep, index) else { break }
          answered.append(message)
        }
        let exit = try gateway.child?.waitForExit()
        #expect(exit != .code(0))
        guard case .signal? = exit else {
          Issue.record("it ended with \(exit.map(String.init(describing:)) ?? "nothing")")
          return
        }
        try gateway.start()
        app = try App(gateway.socket)
        for message in answered {
          let state = try app.call(MessageGet(messageID: message)).state
          #expect([.queued, .sending, .sent, .unknown].contains(state))
        }
        #expect(try gateway.terminate() == .code(0))
      }
    }
  }
}

/// Limits of a running process (prlimit(2), by the command of util-linux).
enum ProcessLimit {
  enum Kind: String {
    case descriptors = "nofile"
    case addressSpace = "as"
  }

  /// Sets the soft limit, and gives the one before.
  @discardableResult
  static func set(_ kind: Kind, of process: pid_t, to value: Int) throws -> Int {
    let show = try Child(
      "prlimit",
      ["prlimit", "--pid", "\(process)", "--\(kind.rawValue)", "--output=SOFT", "--noheadings", "--raw"])
    try show.waitForExit()
    let before = show.lines.first.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 0
    let change = try Child("prlimit", ["prlimit", "--pid", "\(process)", "--\(kind.rawValue)=\(value):"])
    guard try change.waitForExit() == .code(0) else { throw HarnessError(change.transcript) }
    return before
  }
}
