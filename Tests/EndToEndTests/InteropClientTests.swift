import Contract
import Foundation
import SMPP
import Testing

extension Interop {
  /// The daemon as SMSC, with clients (ESMEs) that are not ours.
  @Suite(.serialized)
  struct InteropClients {
    /// A client and what it can do; what it cannot is a limit of that library.
    struct Client: CustomTestStringConvertible, Sendable {
      var implementation: PeerClient.Implementation
      var codings = PeerClient.Coding.allCases
      /// How its long texts leave it.
      var longs: [PeerClient.Long] = [.udh, .sar, .payload]
      /// Answers and receipts it shows for a long text of three parts by UDH or sar_ parameters.
      var answersOfThree = 3
      var receiptsOfThree = 3
      /// The same where transmitter and receiver are two; 0 where it forgets receipts then, those that come before it has
      /// read the response.
      var receiptsInPair: Int?
      /// It shows a long text as one.
      var joins = false
      /// The answers to deliver_sm it can keep back at once.
      var holds = window
      /// It can ask enquire_link at will.
      var asks = true
      /// It shows the status of a refused bind.
      var tellsStatus = true
      /// It shows that it was asked enquire_link.
      var showsEnquiries = true
      /// It waits for the answer to its unbind before it ends its half of the connection.
      var awaitsUnbind = true
      var testDescription: String { implementation.description }
    }

    static let clients = [
      Client(implementation: .smpplib),
      // Its splitting for sar_ parameters raises; long texts become one object again, and so do their receipts; it reads
      // nothing more while an answer is kept back.
      Client(
        implementation: .aiosmpplib, longs: [.udh, .payload], receiptsOfThree: 1, receiptsInPair: 3,
        joins: true, holds: 1,
        asks: false, awaitsUnbind: false),
      // Its core answers by itself; a refused bind is a time-out.
      // It may reset its connection right after unbind.
      Client(
        implementation: .smpp34, holds: 0, asks: false, tellsStatus: false, showsEnquiries: false,
        awaitsUnbind: false),
      // smpp.pdu3 cannot encode message_payload once it has read sc_interface_version.
      Client(implementation: .twisted, longs: [.udh, .sar], showsEnquiries: false),
      Client(implementation: .netSMPP),
      // Splits by UDH alone, has no Latin-1, and shows one answer and one receipt for a long text.
      Client(
        implementation: .kannel, codings: [.gsm, .ucs2], longs: [.udh], answersOfThree: 1, receiptsOfThree: 1,
        receiptsInPair: 0,
        joins: true, holds: 0, asks: false, showsEnquiries: false),
    ]

    /// A bind, and the way long texts go to it.
    static let binds = [
      ("transceiver", "udh"), ("pair", "sar"), ("receiver", "payload"), ("transmitter", "udh"),
    ]
    static let window = 5

    @Test(
      "A client of each make is served: binds, alphabets, long texts, receipts, a full window",
      arguments: clients)
    func served(_ client: Client) async throws {
      try await blocking { try Scenario(client).run() }
    }

    /// A text of characters that only one alphabet has, in one part or in three.
    static func text(_ coding: PeerClient.Coding, isLong: Bool) -> String {
      let base =
        switch coding {
        case .gsm: "Hello @ {you} à €5. "
        case .latin1: "Café ½ naïve þ. "
        case .ucs2: "Привет, мир 😀! "
        }
      guard isLong else { return base }
      // Three parts: 400 septets of 459, 180 units of 201.
      let units = coding == .ucs2 ? 176 : 380
      return String(repeating: base, count: units / base.utf16.count)
    }

    private final class Scenario {
      let client: Client
      let gateway: GatewayProcess
      let app: App
      let capture: Capture
      let ports: [UInt16]
      private var phones = 0
      private var sends = 0

      init(_ client: Client) throws {
        self.client = client
        ports = try binds.map { _ in try freePort() }
        capture = try Capture(filter: ports.map { "tcp port \($0)" }.joined(separator: " or "))
        gateway = try GatewayProcess(
          carriers: zip(binds, ports).map { bind, port in
            .init(
              name: bind.0, port: port, listens: true, window: window, rate: 2000,
              more: "long_messages: \"\(bind.1)\", enquire_link_s: 1")
          })
        try gateway.start()
        app = try App(gateway.socket)
        try app.subscribe("crm")
      }

      func run() throws {
        defer {
          gateway.destroy()
          capture.destroy()
        }
        for (index, bind) in binds.enumerated() {
          let number = "1888555010\(index)"
          let rep = try World.rep(app, "Rep \(index)", number: "+" + number, rate: 2000, carrier: bind.0)
          let peer = try PeerClient(client.implementation, port: ports[index], bind: bind.0)
          defer { peer.destroy() }
          let sessions = bind.0 == "pair" ? 2 : 1
          #expect(try peer.bind(sessions: sessions).count == sessions)
          var sent = Sent()
          if bind.0 != "receiver" { try submit(peer, to: number, isPair: bind.0 == "pair", &sent) }
          if bind.0 != "transmitter" {
            try deliver(peer, from: rep, in: client.joins || bind.1 == "payload" ? 1 : 3, &sent)
          }
          if client.asks { try peer.enquire() }
          if client.holds > 0, bind.0 == "transceiver" { try fill(peer, from: rep, &sent) }
          if client.showsEnquiries, bind.0 == "transmitter" { try peer.await(enquired: 1) }
          // The peer unbinds, but for the last one, which is still bound when the gateway ends.
          let isLast = index == binds.count - 1
          if isLast { #expect(try gateway.terminate() == .code(0)) } else { try peer.unbind() }
          if isLast { try peer.hear("UNBOUND BY PEER") }
          try check(try peer.finish(), sent, bind: bind.0, number: number)
        }
        #expect(app.faults.isEmpty)
        let report = try CaptureCheck.check(try capture.finish(), ports: ports)
        #expect(report.count(.submitSM) == report.count(.submitSMResp))
        if client.awaitsUnbind { #expect(report.count(.unbind) == report.count(.unbindResp)) }
        report.expectAgreement()
      }

      /// What was sent each way, to hold the peer's account against.
      struct Sent {
        var answers = 0
        var receipts = 0
        /// What the peer shows of our texts: whole ones, or their parts.
        var shown = 0
        /// Texts to the peer, by the phone they were for.
        var texts: [String: String] = [:]
      }

      /// A phone of its own for each text, so that none can stand in for another.
      private func phone() -> String {
        phones += 1
        return String(digits(World.phone(phones)))
      }

      /// The peer's texts: each alphabet, each way of a long one, with receipts.
      private func submit(_ peer: PeerClient, to number: String, isPair: Bool, _ sent: inout Sent) throws {
        var expected: [String: String] = [:]
        var orders: [PeerClient.Text] = client.codings.map {
          .init(from: phone(), to: number, text: InteropClients.text($0, isLong: false), coding: $0)
        }
        for long in client.longs {
          for coding in [PeerClient.Coding.gsm, .ucs2] {
            orders.append(
              .init(
                from: phone(), to: number, text: InteropClients.text(coding, isLong: true), coding: coding,
                long: long))
          }
        }
        for order in orders {
          expected[order.from] = order.text
          let isSplit = order.long == .udh || order.long == .sar
          sent.answers += isSplit ? client.answersOfThree : 1
          let receipts = isPair ? client.receiptsInPair ?? client.receiptsOfThree : client.receiptsOfThree
          sent.receipts += isSplit || receipts == 0 ? receipts : 1
          try peer.send(order)
        }
        let told = try app.events("\(orders.count) texts from \(client.implementation)") { events in
          let texts = events.compactMap(\.event.received).filter { expected[digits($0.from)] != nil }
          return texts.count >= orders.count ? texts : nil
        }
        #expect(told.count == orders.count)
        for text in told {
          #expect(text.text == expected[digits(text.from)])
          #expect(digits(text.to) == number)
          #expect(text.complete)
        }
        // A transmitter alone cannot be given receipts.
        try peer.await(answers: sent.answers, receipts: peer.canReceive ? sent.receipts : 0)
      }

      /// Our texts: each alphabet, short and long; a long one is shown in so many parts.
      private func deliver(_ peer: PeerClient, from rep: RepID, in parts: Int, _ sent: inout Sent) throws {
        var messages: [MessageID] = []
        for coding in [PeerClient.Coding.gsm, .ucs2] {
          for isLong in [false, true] {
            messages.append(try send(InteropClients.text(coding, isLong: isLong), from: rep, &sent))
            sent.shown += isLong ? parts : 1
          }
        }
        try awaitSent(messages)
      }

      private func send(_ text: String, from rep: RepID, _ sent: inout Sent) throws -> MessageID {
        let phone = phone()
        sent.texts[phone] = text
        sends += 1
        return try app.call(
          MessageSend(
            from: .rep(rep), to: .phone(try World.number("+" + phone)), text: text,
            idempotencyKey: "interop-\(sends)")
        ).messageID
      }

      private func awaitSent(_ messages: [MessageID]) throws {
        let wanted = Set(messages)
        _ = try app.events("\(wanted.count) messages accepted by \(client.implementation)") { events in
          let done = events.compactMap(\.event.stateChanged).filter {
            $0.state == .sent || $0.state == .delivered
          }
          return wanted.isSubset(of: done.map(\.messageID)) ? true : nil
        }
      }

      /// The peer withholds its answers: never more than a window is unanswered, and nothing is lost.
      private func fill(_ peer: PeerClient, from rep: RepID, _ sent: inout Sent) throws {
        try peer.hold()
        let messages = try (0..<3 * window).map { try send("held \($0)", from: rep, &sent) }
        try peer.await(texts: sent.shown + client.holds)
        if client.asks { try peer.enquire() }
        #expect(try peer.release() == client.holds)
        try awaitSent(messages)
      }

      private func check(_ summary: PeerClient.Summary, _ sent: Sent, bind: String, number: String) throws {
        #expect(summary.errors.isEmpty, "\(client.implementation) as \(bind)")
        #expect(summary.answers.count == sent.answers)
        #expect(summary.answers.allSatisfy { $0.status == 0 })
        let ids = summary.answers.map(\.message_id)
        #expect(Set(ids).count == ids.count, "ids are not unique")
        if bind == "transceiver" || bind == "pair" {
          if sent.receipts > 0 { #expect(summary.receipts.count == sent.receipts) }
          #expect(summary.receipts.allSatisfy { $0.state == "DELIVRD" })
          #expect(Set(summary.receipts.map(\.message_id)).isSubset(of: ids))
        }
        let texts = ReceivedText.whole(summary.texts)
        #expect(texts.count == sent.texts.count, "\(client.implementation) as \(bind) got \(texts.count)")
        for text in texts {
          #expect(text.text == sent.texts[digits(text.to)])
          #expect(digits(text.from) == number)
        }
      }
    }

    @Test("Wrong credentials are refused, and the right ones are taken after them", arguments: clients)
    func wrongCredentials(_ client: Client) async throws {
      try await blocking {
        let port = try freePort()
        let gateway = try GatewayProcess(carriers: [.init(port: port, listens: true)])
        defer { gateway.destroy() }
        try gateway.start()
        for (systemID, password) in [
          (GatewayProcess.systemID, "wrong"), ("stranger", GatewayProcess.password),
        ] {
          let peer = try PeerClient(client.implementation, port: port, systemID: systemID, password: password)
          defer { peer.destroy() }
          let status = try peer.bindRefused()
          // ESME_RBINDFAIL, ESME_RINVPASWD or ESME_RINVSYSID.
          #expect(client.tellsStatus ? [0x0D, 0x0E, 0x0F].contains(status) : status == -1)
          #expect(try peer.finish().binds.isEmpty)
        }
        let peer = try PeerClient(client.implementation, port: port)
        defer { peer.destroy() }
        try peer.bind()
        try peer.unbind()
        #expect(try gateway.terminate() == .code(0))
      }
    }

    /// So many texts each way.
    struct Load: CustomTestStringConvertible, Sendable {
      var implementation: PeerClient.Implementation
      var count: Int
      var isTLS = false
      var testDescription: String { "\(implementation), \(count)\(isTLS ? " over TLS" : "")" }
    }

    /// The fast ones carry as many as a busy day; the others enough to show that nothing is lost.
    static let loads =
      // smpp34 refuses what its short queue has no room for by a PDU one octet longer than its command_length.
      [Load(implementation: .netSMPP, count: 10_000), Load(implementation: .smpp34, count: 100)]
      + [.smpplib, .aiosmpplib, .twisted, .kannel].map { Load(implementation: $0, count: 500) }
      + PeerClient.Implementation.allCases.map {
        Load(implementation: $0, count: $0 == .netSMPP ? 10_000 : 100, isTLS: true)
      }

    @Test("Many both ways at once: none is lost, none comes twice", arguments: loads)
    func load(_ load: Load) async throws {
      try await blocking {
        let count = load.count
        let port = try freePort()
        let certificate = load.isTLS ? try TestCertificate() : nil
        let tls = certificate.map { "certificate: \"\($0.certificate)\", key: { file: \"\($0.key)\" }" }
        let gateway = try GatewayProcess(carriers: [
          .init(port: port, listens: true, window: 50, rate: 5000, tls: tls ?? "")
        ])
        defer { gateway.destroy() }
        try gateway.start()
        let tunnel = try certificate.map { try TLSTunnel(toTLS: port, $0) }
        defer { tunnel?.destroy() }
        let app = try App(gateway.socket)
        try app.subscribe("crm")
        let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 5000)
        let contacts = try World.contacts(app, 0..<count, owner: rep)
        let peer = try PeerClient(load.implementation, port: tunnel?.port ?? port)
        defer { peer.destroy() }
        try peer.bind()
        try peer.flood(.init(from: digits(World.phone(0)), to: "18885550101", count: count, window: 50))
        let campaign = try World.campaign(
          app, from: rep, Audience(contactIDs: contacts), text: "Hello {{first_name}}", key: "load",
          expecting: count)
        try peer.await(answers: count, texts: count, receipts: count, within: .seconds(180))
        let told = try app.events("\(count) texts", within: .seconds(120)) { events in
          let texts = events.compactMap(\.event.received)
          return texts.count >= count ? texts : nil
        }
        _ = try app.events("the campaign's end", within: .seconds(120)) { events in
          events.compactMap(\.event.progress).first { $0.campaignID == campaign && $0.state == .completed }
        }
        try peer.unbind()
        #expect(try gateway.terminate() == .code(0))
        let summary = try peer.finish()
        #expect(summary.errors.isEmpty)
        #expect(told.count == count)
        #expect(Set(told.map { "\(digits($0.from)) \($0.text)" }).count == count)
        #expect(summary.answers.count == count && summary.receipts.count == count)
        #expect(Set(summary.answers.map(\.message_id)).count == count)
        #expect(Set(summary.receipts.map(\.message_id)) == Set(summary.answers.map(\.message_id)))
        #expect(summary.texts.count == count)
        #expect(Set(summary.texts.map { digits($0.to) }).count == count)
      }
    }
  }
}
