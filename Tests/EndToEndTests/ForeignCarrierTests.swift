import Contract
import Foundation
import SMPP
import Testing

extension Interop {
  @Suite(.serialized)
  struct ForeignCarriers {
    /// A carrier we did not write, and how we bind to it.
    struct Case: CustomTestStringConvertible, Sendable {
      var implementation: Peer.Implementation
      var bind: String
      var testDescription: String { "\(implementation) \(bind)" }
    }

    /// smpp34 refuses the answers of a receiver with generic_nack, so it gets a transceiver only.
    static let cases = [
      Case(implementation: .smpp34, bind: "transceiver"),
      Case(implementation: .twisted, bind: "transceiver"),
      Case(implementation: .twisted, bind: "transmitter_receiver"),
      Case(implementation: .netSMPP, bind: "transceiver"),
      Case(implementation: .netSMPP, bind: "transmitter_receiver"),
    ]

    @Test("A group of 100 goes out, 100 answers come in, each in its own conversation", arguments: cases)
    func group(_ peerCase: Case) async throws {
      try await blocking { try Self.run(peerCase) }
    }

    @Test(
      "The carriers serve a client that is not ours either, and we read all of it as tshark does",
      arguments: [Peer.Implementation.smpp34, .twisted, .netSMPP], [false, true])
    func sound(_ implementation: Peer.Implementation, _ pair: Bool) async throws {
      if pair && implementation == .smpp34 { return }
      try await blocking {
        let peer = try Peer(implementation, expecting: 20)
        defer { peer.destroy() }
        let capture = try Capture(filter: "tcp port \(peer.port)")
        defer { capture.destroy() }
        let client = try PeerClient(
          .smpplib, port: peer.port, bind: pair ? "pair" : "transceiver")
        defer { client.destroy() }
        try client.bind(sessions: pair ? 2 : 1)
        try client.flood(.init(from: "12025550000", to: "18885550100", count: 20))
        try client.await(answers: 20, texts: 20, receipts: 20)
        // smpp34 closes instead of answering an unbind.
        if implementation != .smpp34 { try client.unbind() }
        let seen = try client.finish()
        #expect(Set(seen.answers.map(\.message_id)).count == 20)
        #expect(try peer.finish().submits.count == 20)
        let report = try CaptureCheck.check(try capture.finish(), port: peer.port)
        #expect(report.count(.submitSM) == 20)
        #expect(report.count(.deliverSMResp) == 40)
        report.expectAgreement()
      }
    }

    private static func run(_ peerCase: Case) throws {
      let count = 100
      // The text has a character of GSM 03.38's extension table and one that is not ASCII.
      let text = "Hi {{first_name}}, open house on Sunday at 2 pm, 5 € parking. Café after. Coming?"
      let peer = try Peer(peerCase.implementation, expecting: count)
      defer { peer.destroy() }
      let capture = try Capture(filter: "tcp port \(peer.port)")
      defer { capture.destroy() }
      let gateway = try GatewayProcess(carriers: [
        .init(port: peer.port, bind: peerCase.bind, window: 10, rate: 500)
      ])
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 200)
      let contacts = try World.contacts(app, 0..<count, owner: rep)
      let campaign = try World.campaign(
        app, from: rep, Audience(contactIDs: contacts), text: text, key: "open-house", expecting: count)

      try peer.waitUntilDone()
      let answers = try app.events("\(count) answers") { events -> [MessageReceived]? in
        let answers = events.compactMap(\.event.received)
        return answers.count >= count ? answers : nil
      }
      _ = try app.events("all delivered") { events in
        events.compactMap(\.event.progress).first {
          $0.campaignID == campaign && $0.counts.delivered == count
        }
      }

      #expect(answers.count == count)
      #expect(Set(answers.map(\.from)) == Set(try (0..<count).map { try World.number(World.phone($0)) }))
      #expect(Set(answers.map(\.conversationID)).count == count)
      for answer in answers {
        #expect(answer.text == "Answer from \(digits(answer.from).suffix(4))")
        #expect(digits(answer.to) == "18885550101")
        #expect(answer.repID == rep)
        #expect(answer.campaignID == campaign)
        #expect(answer.contactIDs.count == 1)
      }
      let conversations = try World.conversations(app)
      #expect(conversations.count == count)
      #expect(
        conversations.allSatisfy { $0.repID == rep && $0.messageCount == 2 && $0.campaignID == campaign })
      #expect(try World.counts(app, campaign).delivered == count)

      #expect(try gateway.terminate() == .code(0))
      let summary = try peer.finish()
      #expect(summary.submits.count == count)
      #expect(Set(summary.submits.map(\.to)).count == count)
      #expect(summary.submits.allSatisfy { digits($0.from) == "18885550101" })
      #expect(summary.receipts_acknowledged == count)
      #expect(summary.answers_acknowledged == count)
      #expect(summary.refused == 0)
      #expect(summary.errors.isEmpty)
      #expect(summary.unbinds == summary.binds.count)
      #expect(app.faults.isEmpty)

      let report = try CaptureCheck.check(try capture.finish(), port: peer.port)
      // submit_sm and deliver_sm (receipt, answer), each with its response.
      #expect(report.count(.submitSM) == count)
      #expect(report.count(.submitSMResp) == count)
      #expect(report.count(.deliverSM) == 2 * count)
      #expect(report.count(.deliverSMResp) == 2 * count)
      report.expectAgreement()
    }
  }
}
