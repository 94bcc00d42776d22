import CarrierSimulator
import CommandFrame
import Glibc
import NetIO
import SMPP

/// `tollgate simulate-carrier`: an SMSC to try things with before you have a contract.
package enum SimulateCarrierCommand {
  package static let command = Command(
    name: "simulate-carrier", summary: "run an SMSC to try things with, with phones that answer",
    details: """
      Accepts any bind, answers, sends receipts, and prints what its phones get and send. Ctrl-C stops the SMSC.

      With --faults, the last digits of a phone decide what goes wrong:
        0001  submit refused            0005  system error     0009  receipt says UNDELIV
        0002  submit throttled once     0006  generic_nack     0010  receipt says EXPIRED
        0003  submit never answered     0007  no receipt       0011  receipt says REJECTD
        0004  connection dropped        0008  two receipts
      """,
    options: [
      Option("listen", letter: "l", argument: "HOST:PORT", "listen at this address (default 127.0.0.1:2775)"),
      Option("system-id", argument: "NAME", "accept only this ESME; needs --password"),
      Option("password", argument: "PASSWORD", "the ESME's password; no real one: all users see arguments"),
      Option("answer-after", argument: "MS", "answer each submit_sm after MS milliseconds (default 0)"),
      Option("receipt-after", argument: "MS", "send the receipt after MS milliseconds (default 100)"),
      Option(
        "receipt-ids", argument: "STYLE",
        "write message ids as decimal, decimal-padded, hex-decimal, decimal-hex or uuid"),
      Option("no-receipts", "send no receipts"),
      Option("rate", argument: "N", "throttle an ESME above N segments per second"),
      Option("number-rate", argument: "N", "throttle a number above N segments per second"),
      Option(
        "reply", argument: "TEXT", repeats: true,
        "phones answer their first message with the first TEXT, and so on"),
      Option("stop", argument: "DIGITS", repeats: true, "phones that end in DIGITS answer STOP"),
      Option("reply-after", argument: "MS", "phones answer after MS milliseconds (default 1000)"),
      Option("toll-free", "confirm STOP and block the phone, as the real toll-free network does"),
      Option("faults", "let the phones above cause faults"),
      Option("tls", "use TLS, with a self-signed certificate unless --certificate is given"),
      Option("certificate", argument: "FILE", "the certificate and its chain in PEM; needs --tls and --key"),
      Option("key", argument: "FILE", "the certificate's key in PEM"),
      Option(
        "client-ca", argument: "FILE",
        "accept only ESMEs with a certificate of these authorities; needs --tls"),
      Option("seed", argument: "N", "the seed of every random choice (default 1)"),
    ],
    examples: [
      Example(
        "tollgate simulate-carrier --reply 'Yes please' --reply 'Thanks!' --stop 7",
        "phones that answer; those that end in 7 answer STOP"),
      Example(
        "tollgate simulate-carrier --listen 127.0.0.1:2776 --answer-after 20 --rate 100",
        "a slow carrier on another port"),
      Example(
        "tollgate simulate-carrier --tls", "a carrier with TLS; prints what to write into connect.tls"),
    ], run: run)

  private static func run(_ invocation: Invocation) throws -> ExitStatus {
    var configuration = try configuration(invocation)
    let text = invocation.value("listen") ?? "127.0.0.1:2775"
    guard let address = SocketAddress(text) else {
      throw invocation.usage(
        "--listen: expected an address and port such as 127.0.0.1:2775, found \"\(text)\"")
    }
    configuration.listen = address
    let tls = try SimulatorTLS(invocation)
    configuration.tls = tls?.settings
    // Before any thread starts: they inherit the mask, and we ask for the signals when we have printed.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let waker = Waker()
    let events = Mailbox<CarrierSimulator.Event>("simulator events", capacity: 10_000, waker: waker)
    let simulator = CarrierSimulator(configuration, events: events)
    let port: UInt16
    do throws(CarrierSimulator.StartError) {
      port = try simulator.start()
    } catch {
      throw Failure(.unavailable, "cannot listen at \(text): \(error)")
    }
    try Output.line("the SMSC listens at port \(port); Ctrl-C stops it")
    if let hint = tls?.hint { try Output.line(hint) }
    var happened: [CarrierSimulator.Event] = []
    var none = timespec()
    while sigtimedwait(&signals, nil, &none) < 0 {
      waker.park(until: MonotonicClock.now + .milliseconds(100))
      happened.removeAll(keepingCapacity: true)
      events.drain(into: &happened)
      for event in happened { try Output.line(line(event)) }
    }
    let counts = simulator.counts
    simulator.stop()
    try Output.line(
      "\(counts.accepted) accepted, \(counts.refused) refused, \(counts.receiptsAnswered) receipts and "
        + "\(counts.inboundAnswered) texts from phones delivered")
    return .ok
  }

  private static func configuration(_ invocation: Invocation) throws -> CarrierSimulator.Configuration {
    var configuration = CarrierSimulator.Configuration()
    func milliseconds(_ option: String) throws -> Duration? {
      try invocation.integer(option, 0...3_600_000).map { .milliseconds($0) }
    }
    if let name = invocation.value("system-id") {
      configuration.accounts = [
        .init(systemID: COctetString(name), password: COctetString(invocation.value("password") ?? ""))
      ]
    }
    if let delay = try milliseconds("answer-after") { configuration.answerDelay = .fixed(delay) }
    configuration.receipts.isEnabled = !invocation.has("no-receipts")
    configuration.receipts.delay = .fixed(try milliseconds("receipt-after") ?? .milliseconds(100))
    if let ids = try References.word(
      invocation.value("receipt-ids"), "receipt-ids", CarrierSimulator.Receipts.IDs.self)
    {
      configuration.receipts.ids = ids
    }
    configuration.throttle = .init(
      perAccount: try invocation.integer("rate", 1...1_000_000),
      perNumber: try invocation.integer("number-rate", 1...1_000_000))
    let after = CarrierSimulator.Delay.fixed(try milliseconds("reply-after") ?? .seconds(1))
    var scripts = invocation.values(of: "stop").map {
      CarrierSimulator.Script(.endingIn($0), replies: [.init("STOP", after: after)])
    }
    let replies = invocation.values(of: "reply").map { CarrierSimulator.Reply($0, after: after) }
    if !replies.isEmpty { scripts.append(.init(.all, replies: replies)) }
    configuration.population.scripts = scripts
    if invocation.has("toll-free") { configuration.tollFree = .init() }
    if invocation.has("faults") { configuration.faults.bySuffix = CarrierSimulator.Faults.standardSuffixes }
    if let seed = try invocation.integer("seed", 0...Int.max) { configuration.seed = UInt64(seed) }
    return configuration
  }

  private static func line(_ event: CarrierSimulator.Event) -> String {
    switch event {
    case .bound(let systemID, let type): "bound     \(systemID.string) as \(type)"
    case .unbound(let systemID): "unbound   \(systemID.string)"
    case .handshakeFailed(let reason): "refused   \(reason)"
    case .received(let message): "phone got \(message.from) → \(message.to): \(Terminal.shown(message.text))"
    case .sent(let message): "phone     \(message.from) ⇒ \(message.to): \(Terminal.shown(message.text))"
    case .network(let message): "network   \(message.from) → \(message.to): \(Terminal.shown(message.text))"
    case .receipt(let id, let state): "receipt   \(id.string) \(state.receiptWord ?? "UNKNOWN")"
    }
  }
}
