import Contract
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// STOP is a barrier in the gateway's own wire order, whatever was on its way.
  @Suite(.serialized)
  struct StopBarrier {
    /// How we are bound, and by which number the campaign goes.
    struct Case: CustomTestStringConvertible, Sendable {
      var bind: String
      var number: String
      var isTollFree: Bool { number.hasPrefix("+1888") }
      var testDescription: String { "\(bind), \(isTollFree ? "toll-free" : "long code")" }

      /// The toll-free network confirms the word STOP alone, without punctuation, and no other.
      func confirmations(of word: String) -> Int {
        isTollFree && word.filter { !$0.isWhitespace }.lowercased() == "stop" ? 0 : 1
      }
    }

    static let cases = [
      Case(bind: "transceiver", number: "+18885550101"),
      Case(bind: "transceiver", number: "+12025550142"),
      Case(bind: "transmitter_receiver", number: "+18885550101"),
      Case(bind: "transmitter_receiver", number: "+12025550142"),
    ]
    /// Four cases, 200 in all; TOLLGATE_STOPS=75 has 300.
    static let stops = ProcessInfo.processInfo.environment["TOLLGATE_STOPS"].flatMap { Int($0) } ?? 50
    static let segments = 6
    /// At least half of all, so in each case too.
    static let withTheLoop = stops / 2
    static let words = [
      "STOP", "stop", "Stop.", " stop ", "STOPALL", "Unsubscribe", "QUIT", "cancel", "End", "STOP!",
    ]

    @Test("After the answer to a STOP nothing more goes to that phone but one confirmation", arguments: cases)
    func barrier(_ stopCase: Case) async throws {
      try await blocking { try Self.run(stopCase, seed: 0x5709 + UInt64(stopCase.number.count)) }
    }

    private static func run(_ stopCase: Case, seed: UInt64) throws {
      // Six segments to each phone, at a rate that has about that many claimed ahead: when the nth one arrives, the rest
      // of that message mostly waits in the loop for its time.
      let text = String(repeating: "The house on the hill is open on Sunday from two to five. ", count: 15)
      var random = SeededGenerator(seed: seed)
      let stopAt = Dictionary(
        uniqueKeysWithValues: (0..<stops).map {
          (digits(World.phone($0)), Int.random(in: 1...4, using: &random))
        })
      let word = Dictionary(
        uniqueKeysWithValues: (0..<stops).map {
          (digits(World.phone($0)), words[Int.random(in: 0..<words.count, using: &random)])
        })
      let answerFirst = Dictionary(
        uniqueKeysWithValues: (0..<stops).map { (digits(World.phone($0)), Bool.random(using: &random)) })
      let seen = Monitor<[String: Int]>([:])
      let carrier = try ScriptedCarrier { turn, submit in
        let phone = digits(submit.message.destination)
        let count = seen.change { seen in
          seen[phone, default: 0] += 1
          return seen[phone, default: 0]
        }
        if answerFirst[phone] != false { turn.answer(submit) }
        if count == stopAt[phone] {
          turn.deliver(
            ShortMessage(
              source: submit.message.destination, destination: submit.message.source,
              text: Array(word[phone, default: "STOP"].utf8)))
        }
        if answerFirst[phone] == false { turn.answer(submit) }
      }
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [
        .init(port: carrier.port, bind: stopCase.bind, window: 50, rate: 200)
      ])
      defer { gateway.destroy() }
      let path = gateway.directory.appendingPathComponent("strace.log").path
      try gateway.start(
        tracer: StraceLog.tracer(calls: "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg", to: path))
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: stopCase.number, rate: 150)
      let contacts = try World.contacts(app, 0..<stops, owner: rep)
      #expect(try app.call(MessageEstimate(text: text)).segments == segments)
      let campaign = try World.campaign(
        app, from: rep, Audience(contactIDs: contacts), text: text, key: "long", expecting: stops)
      _ = try app.events("every opt-out") { events in
        Set(events.compactMap(\.event.consent?.phone)).count == stops ? true : nil
      }
      _ = try app.events("the campaign's end") { events in
        events.compactMap(\.event.progress).first { $0.campaignID == campaign && $0.state == .completed }
      }
      _ = try carrier.wait("an answer to each STOP") { record in
        record.deliveries.count { $0.status == 0 } == stops ? true : nil
      }
      let confirmations = word.values.reduce(0) { $0 + stopCase.confirmations(of: $1) }
      _ = try carrier.wait("\(confirmations) confirmations") { record in
        record.submits.count { $0.message.part.total == 1 } >= confirmations ? true : nil
      }
      // What is refused from here on is refused for the right reason.
      let late = MessageSend(
        from: .rep(rep), to: .phone(try World.number(World.phone(0))), text: "One more",
        idempotencyKey: "late")
      let refusal = #expect(throws: App.Refused.self) { try app.call(late) }
      #expect(refusal?.data?.reason == Refusal.optedOut.rawValue)
      #expect(try gateway.terminate() == .code(0))

      // What an opt-out cancelled in the lane; whatever else of the message did not leave was in flight.
      let cancelledInLane = Dictionary(
        app.events.compactMap(\.event.consent).filter { $0.layer == .ours }.map {
          (digits($0.phone), $0.cancelled)
        },
        uniquingKeysWith: +)
      let wire = try StraceLog(path: path).smpp()
      var withTheLoop = 0
      for index in 0..<stops {
        let phone = digits(World.phone(index))
        let outcome = try wire.outcome(ofStopFrom: phone)
        let word = word[phone, default: ""]
        #expect(
          outcome.after == stopCase.confirmations(of: word),
          "phone \(index): \(outcome.after) PDUs after the answer to \(word)")
        if outcome.before < segments && cancelledInLane[phone] == 0 { withTheLoop += 1 }
      }
      #expect(withTheLoop >= Self.withTheLoop, "only \(withTheLoop) STOPs met segments in the loop")
    }
  }
}
