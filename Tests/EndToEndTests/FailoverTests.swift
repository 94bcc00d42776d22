import Contract
import Foundation
import Testing

extension EndToEnd {
  /// A number with two carriers goes on by the second when the first is lost, and loses and doubles nothing.
  @Suite(.serialized)
  struct Failover {
    static let recipients = 300
    static let lostAt = 100

    @Test(
      "When a carrier is lost, what was not written leaves by the next, and what was not answered is unknown")
    func lost() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      // The first carrier answers a hundred and falls silent; the test then takes it away.
      let silent = Monitor(false)
      let first = try ScriptedCarrier { turn, submit in
        if submit.index < lostAt { turn.answer(submit) } else { silent.change { $0 = true } }
      }
      let second = try ScriptedCarrier()
      defer { second.close() }
      let gateway = try GatewayProcess(carriers: [
        .init(name: "first", port: first.port, window: 5),
        .init(name: "second", port: second.port, window: 5),
      ])
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      defer { app.close() }
      try first.waitForBinds(1)
      try second.waitForBinds(1)
      let number = "+18885550101"
      let rep = try World.rep(app, "Anna", number: number, rate: 1000, carrier: "first")
      let routes = [
        NumberRoute(carrier: "first", priority: 0),
        NumberRoute(carrier: "second", direction: .send, priority: 1),
      ]
      _ = try app.call(NumberSetRoutes(number: try World.number(number), routes: routes))
      try World.contacts(app, 0..<recipients, owner: rep)
      let campaign = try World.campaign(
        app, from: rep, Audience(all: true), text: "Open on Sunday.", key: "failover", expecting: recipients)

      #expect(silent.wait(within: .seconds(60)) { $0 ? true : nil } == true)
      let atFirst = try first.wait("a full window without answers") {
        $0.submits.count == lostAt + 5 ? $0.submits : nil
      }
      #expect(
        second.record.read { $0.submits.isEmpty }, "nothing leaves by the fallback while the first is bound")
      first.close()

      let rest = recipients - atFirst.count
      let atSecond = try second.wait("the rest", within: .seconds(60)) {
        $0.submits.count >= rest ? $0.submits : nil
      }
      let phones = (atFirst + atSecond).map { digits($0.message.destination) }
      #expect(Set(phones).count == recipients && phones.count == recipients, "each phone once")
      #expect(
        try World.unknown(app).count == 5, "what was written and not answered is listed, and not sent again")
      #expect(try World.counts(app, campaign).unknown == 5)
    }
  }
}
