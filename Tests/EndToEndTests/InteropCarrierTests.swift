import Contract
import Foundation
import SMPP
import Testing

extension Interop {
  /// The daemon as ESME, at carriers (SMSCs) that are not ours.
  @Suite(.serialized)
  struct InteropCarriers {
    /// A carrier, how we bind to it, and what it can do; what it cannot is a limit of that library.
    struct Carrier: CustomTestStringConvertible, Sendable {
      var implementation: Peer.Implementation
      var bind: String
      /// How our long texts go to it.
      var long: String
      /// How its own long texts leave it.
      var longs: [PeerClient.Long] = [.udh, .sar]
      var codings = PeerClient.Coding.allCases
      var window = 5
      /// It answers with message ids, so receipts can follow.
      var givesIDs = true
      /// It can keep its answers back.
      var holds = true
      /// It can ask enquire_link, and unbind, at will.
      var asks = true
      var unbinds = true
      /// It shows the octets it was sent.
      var showsOctets = true
      var testDescription: String { "\(implementation) \(bind), long by \(long)" }
    }

    static let carriers = [
      // Accepts any password, refuses what a receiver answers, and closes instead of answering an unbind.
      Carrier(
        implementation: .smpp34, bind: "transceiver", long: "udh", longs: [.udh, .sar, .payload], asks: false),
      Carrier(
        implementation: .smpp34, bind: "transceiver", long: "payload", longs: [.udh, .sar, .payload],
        asks: false),
      Carrier(implementation: .twisted, bind: "transceiver", long: "udh"),
      Carrier(implementation: .twisted, bind: "transmitter_receiver", long: "sar"),
      Carrier(implementation: .netSMPP, bind: "transceiver", long: "payload", longs: [.udh, .sar, .payload]),
      Carrier(
        implementation: .netSMPP, bind: "transmitter_receiver", long: "udh16", longs: [.udh, .sar, .payload]),
      Carrier(implementation: .netSMPP, bind: "transceiver", long: "sar", longs: [.udh, .sar, .payload]),
      // Reads one PDU of a TCP segment, gives no ids, decodes by itself; its long texts are sar_ parts of 100 octets.
      Carrier(
        implementation: .smppy, bind: "transceiver", long: "udh", longs: [.sar], codings: [.gsm, .ucs2],
        window: 1,
        givesIDs: false, holds: false, asks: false, unbinds: false, showsOctets: false),
    ]

    @Test(
      "A carrier of each make is spoken to: binds, alphabets, long texts, receipts, a full window",
      arguments: carriers)
    func spokenTo(_ carrier: Carrier) async throws {
      try await blocking { try Scenario(carrier).run() }
    }

    private final class Scenario {
      let carrier: Carrier
      let peer: Peer
      let gateway: GatewayProcess
      let capture: Capture
      let app: App
      let rep: RepID
      let number = "18885550101"
      private var phones = 0
      private var sends = 0
      /// Our texts, by the phone they were for.
      private var sent: [String: String] = [:]
      private var submits = 0

      init(_ carrier: Carrier) throws {
        self.carrier = carrier
        peer = try Peer(carrier.implementation, more: ["--no-answers"])
        capture = try Capture(filter: "tcp port \(peer.port)")
        // smppy would lose what comes in one segment with an answer: nothing is asked there meanwhile.
        let enquire = carrier.window == 1 ? 30 : 1
        gateway = try GatewayProcess(carriers: [
          .init(
            port: peer.port, bind: carrier.bind, window: carrier.window, rate: 1000,
            more: "long_messages: \"\(carrier.long)\", enquire_link_s: \(enquire)")
        ])
        try gateway.start()
        app = try App(gateway.socket)
        try app.subscribe("crm")
        rep = try World.rep(app, "Ann", number: "+" + number, rate: 1000)
      }

      private var sessions: Int { carrier.bind == "transmitter_receiver" ? 2 : 1 }

      func run() throws {
        defer {
          gateway.destroy()
          peer.destroy()
          capture.destroy()
        }
        for _ in 0..<sessions { try peer.hear("BOUND") }
        try texts()
        try phoneTexts()
        if carrier.holds { try fill() }
        if carrier.asks { try peer.enquire() }
        // Of two sessions the first may be bound again before the second has unbound.
        if carrier.unbinds, sessions == 1 {
          try peer.unbind()
          // smpp34's word for it is the end of the session alone.
          for _ in 0..<sessions { try peer.hear("BOUND") }
          try phoneTexts()
        }
        #expect(try gateway.terminate() == .code(0))
        let summary = try peer.finish()
        #expect(summary.errors.isEmpty)
        #expect(summary.refused == 0)
        #expect(summary.submits.count == submits)
        if carrier.showsOctets { try checkSubmits(summary.submits) }
        #expect(app.faults.isEmpty)
        let report = try CaptureCheck.check(try capture.finish(), port: peer.port)
        #expect(report.count(.submitSM) == submits)
        #expect(report.count(.submitSMResp) == submits)
        #expect(report.count(.deliverSM) == report.count(.deliverSMResp))
        report.expectAgreement()
      }

      private func phone() -> String {
        phones += 1
        return digits(World.phone(phones))
      }

      private func send(_ text: String) throws -> MessageID {
        let phone = phone()
        sent[phone] = text
        sends += 1
        return try app.call(
          MessageSend(
            from: .rep(rep), to: .phone(try World.number("+" + phone)), text: text,
            idempotencyKey: "carrier-\(sends)")
        ).messageID
      }

      private func await(_ messages: [MessageID], _ state: TextMessageState) throws {
        let wanted = Set(messages)
        _ = try app.events("\(wanted.count) messages \(state) at \(carrier.implementation)") { events in
          let done = events.compactMap(\.event.stateChanged).filter { $0.state == state }
          return wanted.isSubset(of: done.map(\.messageID)) ? true : nil
        }
      }

      /// Ours to phones: each alphabet, short and long.
      private func texts() throws {
        var messages: [MessageID] = []
        for coding in [PeerClient.Coding.gsm, .ucs2] {
          for isLong in [false, true] {
            messages.append(try send(InteropClients.text(coding, isLong: isLong)))
            submits += isLong && carrier.long != "payload" ? 3 : 1
          }
        }
        try self.await(messages, carrier.givesIDs ? .delivered : .sent)
      }

      /// Phones' to us: each alphabet, each way of a long one.
      private func phoneTexts() throws {
        var orders: [PeerClient.Text] = carrier.codings.map {
          .init(from: phone(), to: number, text: InteropClients.text($0, isLong: false), coding: $0)
        }
        for long in carrier.longs {
          for coding in [PeerClient.Coding.gsm, .ucs2] {
            orders.append(
              .init(
                from: phone(), to: number, text: InteropClients.text(coding, isLong: true), coding: coding,
                long: long))
          }
        }
        // smppy has no GSM 03.38: ASCII and UCS-2.
        if carrier.implementation == .smppy {
          for index in orders.indices where orders[index].coding == .gsm {
            orders[index].text = String(
              repeating: "Plain text. ", count: orders[index].long == .none ? 2 : 25)
          }
        }
        let expected = Dictionary(uniqueKeysWithValues: orders.map { ($0.from, $0.text) })
        for order in orders { try peer.text(order) }
        let told = try app.events("\(orders.count) texts by \(carrier.implementation)") { events in
          let texts = events.compactMap(\.event.received).filter { expected[digits($0.from)] != nil }
          return texts.count >= orders.count ? texts : nil
        }
        #expect(told.count == orders.count)
        for text in told {
          #expect(text.text == expected[digits(text.from)])
          #expect(digits(text.to) == number)
          #expect(text.complete)
        }
      }

      /// The carrier withholds its answers: it gets a window full and no more, and then the rest.
      private func fill() throws {
        try peer.hold()
        let messages = try (0..<3 * carrier.window).map { try send("held \($0)") }
        let full = carrier.window * (carrier.bind == "transmitter_receiver" ? 1 : sessions)
        try peer.await(["submits": submits + full])
        submits += messages.count
        #expect(try peer.release() == full)
        // Receipts did not wait for the answers.
        try self.await(messages, .delivered)
      }

      private func checkSubmits(_ submits: [Peer.Submit]) throws {
        let texts = ReceivedText.whole(
          submits.map {
            ReceivedText(
              from: $0.to, to: $0.from, octets: $0.octets, data_coding: $0.data_coding,
              esm_class: $0.esm_class,
              sar: $0.sar)
          })
        #expect(texts.count == sent.count)
        for text in texts { #expect(text.text == sent[digits(text.from)]) }
        #expect(submits.allSatisfy { digits($0.from) == number })
      }
    }

    @Test(
      "A carrier that does not know our password is told of, and not asked again and again",
      arguments: [Peer.Implementation.twisted, .netSMPP, .smppy])
    func wrongCredentials(_ implementation: Peer.Implementation) async throws {
      try await blocking {
        let peer = try Peer(implementation, password: "other")
        defer { peer.destroy() }
        let gateway = try GatewayProcess(carriers: [.init(port: peer.port)])
        defer { gateway.destroy() }
        try gateway.start()
        _ = try gateway.child?.errorLine { $0.contains("carrier") && $0.contains("ESME_R") }
        #expect(try gateway.terminate() == .code(0))
        #expect(try peer.finish().binds.isEmpty)
      }
    }

    /// So many texts each way.
    struct Load: CustomTestStringConvertible, Sendable {
      var implementation: Peer.Implementation
      var count: Int
      var isTLS = false
      var testDescription: String { "\(implementation), \(count)\(isTLS ? " over TLS" : "")" }
    }

    static let loads =
      [Load(implementation: .netSMPP, count: 10_000), Load(implementation: .smpp34, count: 2000)]
      + [.twisted, .smppy].map { Load(implementation: $0, count: 500) }
      + Peer.Implementation.allCases.map {
        Load(implementation: $0, count: $0 == .netSMPP ? 10_000 : 100, isTLS: true)
      }

    @Test("Many both ways: none is lost, none comes twice", arguments: loads)
    func load(_ load: Load) async throws {
      try await blocking {
        let count = load.count
        // smppy loses what comes in one segment with an answer: there each way has its own time.
        let apart = load.implementation == .smppy
        let peer = try Peer(load.implementation, more: apart ? ["--no-answers"] : [])
        defer { peer.destroy() }
        let certificate = load.isTLS ? try TestCertificate() : nil
        let tunnel = try certificate.map { try TLSTunnel(fromTLS: peer.port, $0) }
        defer { tunnel?.destroy() }
        let gateway = try GatewayProcess(carriers: [
          .init(
            port: tunnel?.port ?? peer.port, window: apart ? 1 : 50, rate: 5000,
            tls: certificate.map { "ca: \"\($0.certificate)\"" } ?? "")
        ])
        defer { gateway.destroy() }
        try gateway.start()
        let app = try App(gateway.socket)
        // As many events as an app may have unacknowledged are fewer than all of them.
        try app.subscribe("crm", types: [.messageReceived, .campaignProgress])
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 5000)
        let contacts = try World.contacts(app, 0..<count, owner: rep)
        let campaign = try World.campaign(
          app, from: rep, Audience(contactIDs: contacts), text: "Hello {{first_name}}", key: "load",
          expecting: count)
        try peer.hear("BOUND")
        if apart {
          try peer.await(["submits": count], within: .seconds(180))
          try peer.flood(.init(from: digits(World.phone(0)), to: "18885550101", count: count))
        } else {
          try peer.await(
            ["submits": count, "answers_acknowledged": count, "receipts_acknowledged": count],
            within: .seconds(180))
        }
        let told = try app.events("\(count) answers", within: .seconds(120)) { events in
          let texts = events.compactMap(\.event.received)
          return texts.count >= count ? texts : nil
        }
        _ = try app.events("the campaign's end", within: .seconds(120)) { events in
          events.compactMap(\.event.progress).first { $0.campaignID == campaign && $0.state == .completed }
        }
        #expect(try gateway.terminate() == .code(0))
        let summary = try peer.finish()
        #expect(told.count == count)
        #expect(Set(told.map { digits($0.from) }).count == count)
        #expect(summary.submits.count == count)
        #expect(Set(summary.submits.map(\.to)).count == count)
        #expect(summary.refused == 0 && summary.errors.isEmpty)
      }
    }
  }
}
