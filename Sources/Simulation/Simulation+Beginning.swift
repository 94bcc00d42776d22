import Carriers
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import SMPP
import Settings
import SocketServer

/// How the world is set up, before anything goes wrong.
extension Simulation {
  /// What a carrier wants with every text.
  static let parameter = CarrierParameter(
    name: "class", tag: TLVTag(rawValue: 0x1400), form: .text, value: Array("A2P".utf8))

  static func configuration(of story: Story) throws -> Configuration {
    var configuration = Configuration(
      path: "/simulated", state: "/", socket: .init(path: "/socket", roles: []),
      brand: .init(name: "Acme", help: "Acme: call 1-800-555-0100."))
    configuration.limits.traceMebibytes = 0
    // Longer than all that goes wrong takes.
    configuration.rules.spans.partsWait = .seconds(180)
    configuration.rules.optOutScope = story.optOutIsBrandWide ? .brand : .number
    configuration.rules.unknown.interactive = story.unknown.interactive
    configuration.rules.unknown.campaign = story.unknown.campaign
    configuration.rules.unknown.after = story.unknown.after
    configuration.rules.email = EmailAddress("alerts@acme.example").map { .init(from: $0) }
    configuration.rules.email?.expires = .seconds(90)
    configuration.rules.desk = .init(address: "https://d.acme.example")
    configuration.rules.leads.assignment =
      [.byHand, .roundRobin, .byHand, .leastOpen][Int(story.seed % 4)]
    configuration.rules.leads.claimWithin = .seconds(20)
    configuration.rules.leads.textWithin = .seconds(10)
    configuration.rules.leads.rules = [.init(field: "product", values: ["life"], tag: "life", isHot: true)]
    for (place, traits) in story.carriers.enumerated() {
      var profile = CarrierProfile()
      profile.window = traits.window
      profile.rate = traits.rate
      profile.longMessages = LongMessages.allCases[traits.longMessages % LongMessages.allCases.count]
      profile.userMessageReference = traits.echoesReference ? .echoed : .off
      if traits.wantsParameter { profile.parameters = [Simulation.parameter] }
      profile.receipts.missingAfter = .seconds(120)
      profile.enquireLinkAfter = .seconds(10)
      profile.enquireLinkAnswerWithin = .seconds(5)
      profile.responseTimeout = .seconds(8)
      profile.closeAfterUnanswered = .seconds(25)
      let side: Configuration.Carrier.Side
      if traits.calls {
        guard let address = SocketAddress(host: "10.0.1.1", port: 2775),
          let from = AddressRange("10.0.0.0/16")
        else {
          throw SimulationError("no address")
        }
        side = .listen(
          .init(
            address: address, systemID: "tollgate",
            accounts: [
              .init(
                systemID: "carrier", password: Secret(octets: Array("call-me".utf8), origin: "simulated"),
                from: [from],
                sessions: 8)
            ]))
      } else {
        side = .connect(
          .init(
            hosts: [Endpoint(host: "10.0.0.\(place + 1)", port: 2775)],
            bind: traits.isPair ? .transmitterReceiver : .transceiver, sessions: traits.sessions,
            systemID: "acme",
            password: Secret(octets: Array("secret".utf8), origin: "simulated")))
      }
      configuration.carriers.append(.init(name: traits.name, side: side, profile: profile))
    }
    return configuration
  }

  var elapsed: Duration { clock.now - beganAt }
  var isUp: Bool { gateway != nil }

  /// Numbers, reps with their mobiles, and contacts: before anything goes wrong.
  func setUp() throws {
    let _: TestPhones = try ask(.goLive(GoLive()))
    var reps: [RepID] = []
    for (place, number) in story.numbers.enumerated() {
      let mobile = "+1303555\(9_000 + place)"
      mobiles += [String(mobile.dropFirst()), "rep\(place)@acme.example"]
      let added: RepView = try ask(
        .repAdd(
          RepAdd(
            name: "Rep \(place)", mobile: TypedPhone(mobile), email: EmailAddress("rep\(place)@acme.example"),
            alertBy: place % 2 == 0 ? .both : .text, idempotencyKey: "rep-\(place)")))
      reps.append(added.repID)
      guard let address = PhoneNumber(number.address) else {
        throw SimulationError("number \(number.address)")
      }
      let routes = number.carriers.enumerated().map { rank, carrier in
        NumberRoute(carrier: story.carriers[carrier].name, priority: rank)
      }
      let _: NumberView = try ask(
        .numberAdd(
          NumberAdd(
            number: TypedPhone(address), kind: number.isTollFree ? .tollFree : .longCode, routes: routes,
            rate: number.rate,
            repID: added.repID)))
    }
    for start in stride(from: 0, to: story.phones, by: 100) {
      let contacts = (start..<min(start + 100, story.phones)).map { phone in
        ContactInput(
          phones: [Phones.number(phone)], firstName: "C\(phone)", repID: reps[phone % reps.count],
          tags: ["all"])
      }
      let upserted: ContactUpsertResult = try ask(.contactUpsert(ContactUpsert(contacts: contacts)))
      staff.contacts += upserted.results.compactMap(\.contactID)
    }
    staff.reps = reps
    let _: KeywordView = try ask(.keywordPut(Staff.join("{{brand}}: welcome")))
    apps = [
      App("crm", world: self, seed: random.next()),
      App("billing", world: self, seed: random.next()),
    ]
    for app in apps { app.begin() }
  }

  /// A command, answered at once.
  func ask<R: Decodable>(_ command: Command) throws -> R {
    guard let gateway else { throw SimulationError("the gateway is down") }
    let token = ReplyToken(connection: 0, request: UInt64(steps) &* 1_000 &+ UInt64(nextWire))
    nextWire += 1
    gateway.assembly.commands.post(CommandRequest(token: token, command: command, caller: Desk.admin))
    for _ in 0..<1_000 {
      gateway.assembly.writer.turn()
      if let (_, reply) = replies.held.first(where: { $0.0 == token }) {
        replies.held.removeAll { $0.0 == token }
        guard case .result(let json) = reply else { throw SimulationError("\(command.method): \(reply)") }
        return try ContractJSON.decode(R.self, from: json)
      }
    }
    throw SimulationError("\(command.method) is not answered")
  }

  func decode<R: Decodable>(_ type: R.Type, _ outcome: Result<[UInt8], APIError>, _ what: String) -> R? {
    switch outcome {
    case .failure(let error):
      witness.violated("commands", "\(what): \(error)")
      return nil
    case .success(let json):
      guard let value = try? ContractJSON.decode(type, from: json) else {
        witness.violated("commands", "\(what) answers \(String(decoding: json, as: UTF8.self))")
        return nil
      }
      return value
    }
  }
}
