import CarrierSimulator
import Contract
import NetIO

/// What happens in one simulated world, told before it begins: who there is, what people do, and what goes wrong when.
///
/// Everything follows from the seed. Deeds are numbered, and a story may be told with some of them left out: that is how a
/// failing one is made short.
package struct Story {
  /// A carrier's nature.
  struct Carrier {
    var name: String
    /// It calls us and binds; else we connect to it.
    var calls: Bool
    var sessions: Int
    /// Apart for sending and receiving.
    var isPair: Bool
    var window: Int
    var rate: Double
    var ids: CarrierSimulator.Receipts.IDs
    var echoesReference: Bool
    var longMessages: Int
    var answersWithin: ClosedRange<Int64>
    /// Half of its phones' texts come as data_sm.
    var usesDataSM = false
    /// It wants a parameter of its own with every text.
    var wantsParameter = false
    /// Milliseconds after which the last receipts come: in some worlds when they have been missing for long.
    var lastReceipts: Int64 = 60_000
  }

  struct Number {
    var address: String
    var isTollFree: Bool
    var rate: Int
    /// Places in `carriers`, the first choice first.
    var carriers: [Int]
  }

  /// What the configuration has under `unknown`.
  struct Unknown {
    var interactive = UnknownPolicy.hold
    var campaign = UnknownPolicy.hold
    var after: Duration?
  }

  struct Deed {
    /// Its place in the whole story.
    var number: Int
    /// Since the beginning.
    var at: Duration
    var kind: Kind

    enum Kind: Equatable {
      // What people do.
      case campaign(parts: Int, copyToRep: Bool)
      case send(phone: Int, parts: Int)
      case text(phone: Int, number: Int, Words)
      case cancelCampaign
      case pause(number: Int, Duration)
      /// When everything has come to rest and fewer than ``Story/segments`` were written: another campaign.
      case more
      case order(Order)
      /// When everything has come to rest: a carrier fails, and one throttles, and what follows is looked at.
      case effects
      // What goes wrong.
      case loseConnections(carrier: Int, whole: Bool)
      case outage(carrier: Int, Duration)
      case silence(carrier: Int, Duration)
      case throttling(carrier: Int, Duration)
      case refusals(carrier: Int, Duration)
      case lostAnswers(carrier: Int, Duration)
      case lostReceipts(carrier: Int, Duration)
      case doubledReceipts(carrier: Int, Duration)
      case earlyReceipts(carrier: Int, Duration)
      case oddReceipts(carrier: Int, Duration)
      /// Whoever binds is told a version without optional parameters.
      case olderVersion(carrier: Int, Duration)
      case slowNetwork(Duration)
      case narrowNetwork(carrier: Int, Duration)
      case slowDisk(Duration)
      case fullDisk(Duration)
      case failingDisk(Duration)
      case failingSync
      case kill
      case powerCut(operations: Int)
      case stop
      case clockStep(Int64)
      case appDies(app: Int)
      case checkpoint
    }

    enum Words: Equatable {
      case stop(String), start(String), help
      case prose
      case long(parts: Int)
      case muddle(Muddle)
    }

    /// What becomes of the parts of long texts on their way.
    enum Muddle: CaseIterable {
      /// Two texts, part by part in turn.
      case interleaved
      /// One part comes twice before the text is whole, and another once more after it.
      case repeated
      /// One part never comes: the text is told without it.
      case lost
      /// The same, and the next text of the phone has its reference.
      case referenceAgain
    }
  }

  package let seed: UInt64
  var carriers: [Carrier]
  var numbers: [Number]
  var phones: Int
  var optOutIsBrandWide: Bool
  var unknown: Unknown
  var deeds: [Deed]
  /// Deeds begin within it; afterwards everything is well again and has to come to rest.
  static let length = Duration.seconds(60)
  /// Segments that are written, at least.
  static let segments = 2_000
  /// Deeds of the kind that go wrong, at least.
  static let faults = 20

  /// The story of a seed. `only`: the deeds that happen; nil: all.
  package init(seed: UInt64, only: Set<Int>? = nil) {
    self.seed = seed
    var random = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ 0x5354_4F52_5900_0000)
    carriers = Story.makeCarriers(&random)
    numbers = []
    for index in 0..<Int(random.within(2, 4)) {
      var routes = Array(carriers.indices)
      if random.happens(0.3) { routes.reverse() }
      if random.happens(0.4) { routes = [routes[0]] }
      numbers.append(
        Number(
          address: "+1\(random.happens(0.7) ? 888 : 415)55501\(10 + index)",
          isTollFree: true, rate: Int(random.within(15, 100)), carriers: routes))
      numbers[index].isTollFree = numbers[index].address.hasPrefix("+1888")
    }
    phones = Int(random.within(150, 350))
    optOutIsBrandWide = random.happens(0.75)
    unknown = Story.makeUnknown(seed)
    deeds = []
    makeReceiptsOdd()
    tellBursts()
    tellDeeds(&random)
    tellFaults(&random)
    tellOrders()
    tellPhones()
    tellJoins()
    tellPeers()
    add(Story.length, .effects)
    for index in deeds.indices { deeds[index].number = index }
    if let only { deeds.removeAll { !only.contains($0.number) } }
    deeds.sort { ($0.at, $0.number) < ($1.at, $1.number) }
  }

  /// The numbers of its deeds, in order.
  package var deedNumbers: [Int] { deeds.map(\.number).sorted() }

  private static let receiptIDs: [CarrierSimulator.Receipts.IDs] = [
    .decimal, .hexThenDecimal, .decimalThenHex, .uuid,
  ]

  private static func makeCarriers(_ random: inout SeededRandom) -> [Carrier] {
    // One stands in for the other, so both cut long texts alike.
    let longMessages = Int(random.within(0, 3))
    return (0..<2).map { index in
      let calls = index == 1 && random.happens(0.5)
      return Carrier(
        name: index == 0 ? "alpha" : "beta", calls: calls, sessions: Int(random.within(1, 2)),
        isPair: random.happens(0.3), window: Int(random.within(1, 40)),
        rate: Double(random.within(60, 300)),
        ids: Story.receiptIDs[Int(random.within(0, 3))],
        echoesReference: random.happens(0.3), longMessages: longMessages,
        answersWithin: 1...random.within(2, 60))
    }
  }

  /// Ids that are padded, and receipts that come later than anybody waits for them.
  private mutating func makeReceiptsOdd() {
    var random = SeededRandom(seed: seed ^ 0x5245_4345_4950_5453)
    for place in carriers.indices {
      if random.happens(0.2) { carriers[place].ids = .paddedInReceipt }
      if random.happens(0.15) { carriers[place].lastReceipts = 200_000 }
    }
  }

  /// In half of the stories nothing is ever sent again.
  private static func makeUnknown(_ seed: UInt64) -> Unknown {
    var random = SeededRandom(seed: seed ^ 0x554E_4B4E_4F57_4E00)
    var unknown = Unknown()
    guard random.happens(0.5) else { return unknown }
    unknown.interactive = UnknownPolicy.allCases[Int(random.within(0, 2))]
    if random.happens(0.5) { unknown.campaign = .retryLater }
    unknown.after = .milliseconds(random.within(10_000, 40_000))
    return unknown
  }

  func moment(_ random: inout SeededRandom) -> Duration {
    .microseconds(random.within(500_000, Story.length.wholeNanoseconds / 1000))
  }

  mutating func add(_ at: Duration, _ kind: Deed.Kind) {
    deeds.append(Deed(number: 0, at: at, kind: kind))
  }

  private mutating func tellDeeds(_ random: inout SeededRandom) {
    for _ in 0..<random.within(20, 80) {
      add(
        moment(&random),
        .send(
          phone: Int(random.within(0, Int64(phones) - 1)),
          parts: random.happens(0.8) ? 1 : Int(random.within(2, 4))))
    }
    // Opt-outs take some away, and somebody who writes is answered.
    var segments = deeds.reduce(0) { $0 + $1.kind.segments } * 3 / 4
    var first = true
    while segments < Story.segments {
      let parts = min(
        random.happens(0.6) ? 1 : Int(random.within(2, 3)), (Story.segments - segments + phones - 1) / phones)
      let at = first ? Duration.milliseconds(1200) : moment(&random)
      first = false
      add(at, .campaign(parts: parts, copyToRep: random.happens(0.3)))
      segments += parts * phones
    }
    for _ in 0..<8 { add(Story.length, .more) }
    if random.happens(0.15) { add(moment(&random), .cancelCampaign) }
    if random.happens(0.3) {
      add(moment(&random), .pause(number: 0, .milliseconds(random.within(500, 20_000))))
    }
    for _ in 0..<random.within(40, 120) {
      let phone = Int(random.within(0, Int64(phones) - 1))
      let number = Int(random.within(0, Int64(numbers.count) - 1))
      let at = moment(&random)
      add(at, .text(phone: phone, number: number, Story.words(&random)))
      // Now and then somebody who cannot decide.
      if random.happens(0.1) {
        add(at + .milliseconds(random.within(1, 3000)), .text(phone: phone, number: number, .start("START")))
        add(at + .milliseconds(random.within(3001, 9000)), .text(phone: phone, number: number, .stop("STOP")))
      }
    }
  }

  /// People who write several texts to one phone in a row: these have to arrive in their order.
  private mutating func tellBursts() {
    var random = SeededRandom(seed: seed ^ 0x4255_5253_5453)
    for _ in 0..<random.within(10, 30) {
      let phone = Int(random.within(0, Int64(phones) - 1))
      let at = moment(&random)
      for _ in 0..<random.within(2, 5) {
        add(
          at + .milliseconds(random.within(0, 400)),
          .send(phone: phone, parts: random.happens(0.7) ? 1 : Int(random.within(2, 3))))
      }
    }
  }

  /// People who opt out twice, and long texts on bad ways.
  private mutating func tellPhones() {
    var random = SeededRandom(seed: seed ^ 0x5048_4F4E_4553)
    for _ in 0..<random.within(1, 3) {
      let (phone, number) = (
        Int(random.within(0, Int64(phones) - 1)), Int(random.within(0, Int64(numbers.count) - 1))
      )
      let at = moment(&random)
      add(at, .text(phone: phone, number: number, .stop("QUIT")))
      add(at + .milliseconds(random.within(500, 9_000)), .text(phone: phone, number: number, .stop("END")))
    }
    for muddle in Deed.Muddle.allCases where random.happens(0.5) {
      let (phone, number) = (
        Int(random.within(0, Int64(phones) - 1)), Int(random.within(0, Int64(numbers.count) - 1))
      )
      add(moment(&random), .text(phone: phone, number: number, .muddle(muddle)))
    }
  }

  /// People who text the opt-in keyword, some of them after they opted out.
  private mutating func tellJoins() {
    var random = SeededRandom(seed: seed ^ 0x4A4F_494E)
    for _ in 0..<random.within(2, 6) {
      let (phone, number) = (
        Int(random.within(0, Int64(phones) - 1)), Int(random.within(0, Int64(numbers.count) - 1))
      )
      let at = moment(&random)
      let word = ["JOIN", "join", " Join! "][Int(random.within(0, 2))]
      if random.happens(0.5) {
        let stop = random.happens(0.5) ? "STOP" : "QUIT"
        add(at, .text(phone: phone, number: number, .stop(stop)))
      }
      add(
        at + .milliseconds(random.within(200, 9_000)), .text(phone: phone, number: number, .start(word)))
    }
  }

  /// Carriers that have older peers for a time, that use data_sm or want parameters, and receipts with words that nobody knows.
  private mutating func tellPeers() {
    var random = SeededRandom(seed: seed ^ 0x5045_4552_53)
    for carrier in carriers.indices {
      if random.happens(0.4) {
        add(moment(&random), .olderVersion(carrier: carrier, .milliseconds(random.within(500, 20_000))))
      } else {
        // Of SMPP 3.4 alone.
        carriers[carrier].usesDataSM = random.happens(0.4)
      }
      carriers[carrier].wantsParameter = random.happens(0.5)
      if random.happens(0.4) {
        add(moment(&random), .oddReceipts(carrier: carrier, .milliseconds(random.within(500, 10_000))))
      }
    }
  }

  private static func words(_ random: inout SeededRandom) -> Deed.Words {
    switch random.within(0, 9) {
    case 0...2:
      .stop(
        ["STOP", "stop", "Stop.", "UNSUBSCRIBE", "QUIT", "END", "CANCEL", "STOP ALL"][
          Int(random.within(0, 7))])
    case 3: .start(["START", "YES", "UNSTOP"][Int(random.within(0, 2))])
    case 4: .help
    case 5: .long(parts: Int(random.within(2, 4)))
    default: .prose
    }
  }

  private mutating func tellFaults(_ random: inout SeededRandom) {
    add(moment(&random), random.happens(0.5) ? .kill : .powerCut(operations: Int(random.within(0, 300))))
    let count = random.within(Int64(Story.faults), Int64(Story.faults) + 15)
    for _ in 1..<count { add(moment(&random), fault(&random)) }
  }

  private func fault(_ random: inout SeededRandom) -> Deed.Kind {
    let carrier = Int(random.within(0, Int64(carriers.count) - 1))
    func time(_ least: Int64, _ most: Int64) -> Duration { .milliseconds(random.within(least, most)) }
    switch random.within(0, 23) {
    case 0, 1: return .loseConnections(carrier: carrier, whole: random.happens(0.5))
    case 2: return .outage(carrier: carrier, time(200, 20_000))
    case 3: return .silence(carrier: carrier, time(500, 45_000))
    case 4: return .throttling(carrier: carrier, time(500, 10_000))
    case 5: return .refusals(carrier: carrier, time(500, 6_000))
    case 6: return .lostAnswers(carrier: carrier, time(100, 3_000))
    case 7: return .lostReceipts(carrier: carrier, time(100, 8_000))
    case 8: return .doubledReceipts(carrier: carrier, time(500, 10_000))
    case 9, 10: return .earlyReceipts(carrier: carrier, time(500, 10_000))
    case 11: return .slowNetwork(time(500, 10_000))
    case 12: return .narrowNetwork(carrier: carrier, time(500, 15_000))
    case 13: return .slowDisk(time(500, 20_000))
    case 14: return .fullDisk(time(500, 15_000))
    case 15: return .failingDisk(time(200, 5_000))
    case 16: return .failingSync
    case 17: return .kill
    case 18: return .powerCut(operations: Int(random.within(0, 300)))
    case 19: return .stop
    case 20: return .clockStep(random.within(-30_000, 30_000))
    case 21: return .appDies(app: Int(random.within(0, 1)))
    default: return .checkpoint
    }
  }
}

extension Story.Deed.Kind {
  /// The gateway's process ends by it.
  var isCrash: Bool {
    switch self {
    case .kill, .powerCut, .failingSync: true
    default: false
    }
  }

  /// Something goes wrong by it.
  var isFault: Bool {
    switch self {
    case .campaign, .send, .text, .cancelCampaign, .pause, .more, .order, .effects: false
    default: true
    }
  }

  /// Segments that somebody writes to one phone.
  var segments: Int { if case .send(_, let parts) = self { parts } else { 0 } }
}
