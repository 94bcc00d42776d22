import Carriers
import Configuration
import NetIO
public import SMPP
import SMPPSession
import Settings

/// What `tollgate carrier test` does: one session with a carrier, by hand, as the configuration says, and what it shows.
///
/// It needs no daemon and goes past it: the go-live switch, opt-outs and rates do not hold for its one text.
public struct CarrierProbe {
  /// One thing learnt, and what to do about it.
  public struct Finding: Sendable, Equatable, Encodable {
    public var name: String
    public var value: String
    public var advice: String?
  }

  /// Why the test went no further.
  public enum Problem: Error, Sendable, Equatable {
    /// No connection: the name, the address, the port, a firewall.
    case unreachable(String)
    /// The bind was refused.
    case refused(CommandStatus)
    /// It does not speak as agreed.
    case broken(String)
    /// The text was refused.
    case notTaken(CommandStatus)
    /// The receipt did not come in time.
    case noReceipt
    /// The test cannot be made of this configuration.
    case impossible(String)
  }

  /// The one text of a test.
  public struct SelfTest: Sendable {
    /// E.164.
    public var from: String
    public var to: String
    /// How long its receipt is waited for.
    public var patience: Duration

    public init(from: String, to: String, patience: Duration) {
      self.from = from
      self.to = to
      self.patience = patience
    }
  }

  /// The default alphabet's own letters, its extension table, and an accent: what a wrong alphabet spoils.
  static let text =
    "Tollgate test: @ \u{A3} \u{24} \u{E9} \u{F1} \u{D8} | [brackets] {braces} ~ ^ \\ \u{20AC}. All there?"

  private let carrier: Configuration.Carrier
  let profile: CarrierProfile
  private let report: (Finding) -> Void

  public init(_ carrier: Configuration.Carrier, report: @escaping (Finding) -> Void) {
    self.carrier = carrier
    profile = carrier.profile
    self.report = report
  }

  private func found(_ name: String, _ value: String, _ advice: String? = nil) {
    report(Finding(name: name, value: value, advice: advice))
  }

  // MARK: The course

  /// Binds in each way the configuration asks for, one after the other.
  public func run(_ selfTest: SelfTest? = nil) throws(Problem) {
    guard let connect = carrier.connect else {
      throw .impossible("this carrier binds to us: start the gateway and wait for the carrier")
    }
    let binds: [BindType] =
      switch connect.bind {
      case .transceiver: [.transceiver]
      case .transmitter: [.transmitter]
      case .receiver: [.receiver]
      case .transmitterReceiver: [.transmitter, .receiver]
      }
    if selfTest != nil, connect.bind == .receiver { throw .impossible("a receiver sends nothing") }
    if connect.sessions > 1 || binds.count > 1 {
      found("sessions", "\(connect.binds.count) configured; each is tested in turn")
    }
    for bind in binds { try session(connect, bind, bind == .receiver ? nil : selfTest) }
  }

  private func session(
    _ connect: Configuration.Connect, _ type: BindType, _ selfTest: SelfTest?
  ) throws(Problem) {
    let wire = try reach(connect, type)
    try bind(wire, type)
    try enquire(wire)
    let outcome: Result<Void, Problem>
    do throws(Problem) {
      if let selfTest { try send(selfTest, wire, receives: type == .transceiver) }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    refuseWhatCame(wire)
    let start = wire.now
    wire.unbind()
    if wire.wait(atMost: .seconds(6), for: { $0.isOver }) {
      found("unbind", "in order, in \(Self.milliseconds(wire.now - start))")
    } else {
      found("unbind", "not answered")
    }
    try outcome.get()
  }

  private func reach(_ connect: Configuration.Connect, _ type: BindType) throws(Problem) -> ProbeConnection {
    var last = "the host has no address"
    for host in connect.hosts {
      let asked = MonotonicClock.now
      let addresses: [SocketAddress]
      switch Resolver.lookUp(host) {
      case .success(let found): addresses = found
      case .failure(let failure):
        last = "\(host): \(failure)"
        found("host", last, "does the name resolve on this machine? try: getent hosts \(host.host)")
        continue
      }
      found(
        "host",
        "\(host) is \(addresses.map(\.description).joined(separator: ", ")), found in \(Self.milliseconds(MonotonicClock.now - asked))"
      )
      for address in addresses {
        let started = MonotonicClock.now
        do {
          var tls: (context: TLSContext, host: String)?
          if let settings = connect.tls {
            tls = (try TLSContext(settings.settings), settings.serverName ?? host.host)
          }
          let wire = try ProbeConnection(address, NetworkLoop.session(connect, profile, type), tls: tls)
          if wire.wait(atMost: profile.bindTimeout, for: { $0.isUp }) {
            found("connection", "\(address) in \(Self.milliseconds(MonotonicClock.now - started))")
            if let tls = wire.tls { found("tls", tls) }
            return wire
          }
          last = "\(address): \(wire.connectFailure ?? "no answer in \(profile.bindTimeout)")"
        } catch {
          last = "\(address): \(error)"
        }
        found("connection", last)
      }
    }
    throw .unreachable(last)
  }

  private func bind(_ wire: ProbeConnection, _ type: BindType) throws(Problem) {
    let start = wire.now
    wire.bind()
    _ = wire.wait(atMost: profile.bindTimeout + .seconds(1)) { $0.bound != nil || $0.refusal != nil }
    if let status = wire.refusal {
      found("bind", "refused with \(status.name)", Self.advice(onBind: status))
      throw .refused(status)
    }
    guard let response = wire.bound else {
      let why = wire.closing ?? "no answer"
      found(
        "bind", why,
        "carriers close at once if they do not know our address: ask the carrier to allow our address")
      throw .broken(why)
    }
    found("bind", "as \(type), in \(Self.milliseconds(wire.now - start))")
    if let response {
      found("smsc", response.systemID.isEmpty ? "(gives no name)" : response.systemID.string)
    }
    if let version = response?.tlvs.scInterfaceVersion {
      found("interface_version", "0x" + String(version, radix: 16))
    } else {
      found(
        "interface_version", "not stated",
        "such a carrier supports no optional parameters (SMPP 3.4, 3.4); most do all the same")
    }
  }

  private func enquire(_ wire: ProbeConnection) throws(Problem) {
    let start = wire.now
    wire.enquire()
    guard wire.wait(atMost: profile.enquireLinkAnswerWithin, for: { $0.enquiryAnswered != nil }) else {
      let why = wire.closing ?? "enquire_link was not answered in \(profile.enquireLinkAnswerWithin)"
      found("enquire_link", why)
      throw .broken(why)
    }
    found("enquire_link", "answered in \(Self.milliseconds((wire.enquiryAnswered ?? wire.now) - start))")
  }

  // MARK: The text

  private func send(_ test: SelfTest, _ wire: ProbeConnection, receives: Bool) throws(Problem) {
    let normaliser = AddressNormaliser(profile)
    guard let source = normaliser.source(e164: test.from),
      let destination = normaliser.destination(e164: test.to),
      let plan = profile.segmenter.plan(Self.text), plan.count == 1
    else { throw .impossible("the addresses or the text cannot be written for this carrier") }
    var message = SubmitSM(
      serviceType: profile.serviceType, source: source, destination: destination,
      registeredDelivery: profile.registeredDelivery | RegisteredDelivery.successOrFailure)
    message.setText(plan.segment(0, reference: 0))
    let start = wire.now
    guard wire.submit(message),
      wire.wait(atMost: profile.responseTimeout, for: { !$0.answers.isEmpty }),
      let answer = wire.answers.first
    else {
      let why = wire.closing ?? "submit_sm was not answered in \(profile.responseTimeout)"
      found("submit_sm", why, "the text may have been sent anyway")
      throw .broken(why)
    }
    guard answer.status.isOK else {
      found("submit_sm", "refused with \(answer.status.name)", Self.advice(onSubmit: answer.status))
      throw .notTaken(answer.status)
    }
    found("submit_sm", "accepted in \(Self.milliseconds(wire.now - start)), as \(plan.encoding.rawValue)")
    found("text", Self.text, "does the phone show every character? if not, change default_alphabet")
    guard case .submitSMResp(let body) = answer.body, let id = body?.messageID, !id.isEmpty else {
      found("message_id", "none", "without a message_id no receipt can be matched")
      return
    }
    found("message_id", "\(id.string): \(Self.style(of: id.string))")
    if receives { try awaitReceipt(of: id, to: test, wire, since: start) }
  }

  private func awaitReceipt(
    of id: COctetString, to test: SelfTest, _ wire: ProbeConnection, since start: Duration
  ) throws(Problem) {
    var receipt: (pdu: PDU, receipt: Receipt, suggested: ReceiptIDStyle?)?
    _ = wire.wait(atMost: test.patience) { wire in
      receipt = wire.requests.lazy.compactMap { self.match($0, id, test) }.first
      return receipt != nil
    }
    guard let (pdu, receipt, suggested) = receipt else {
      found(
        "receipt", "none in \(test.patience)",
        "wait longer with --wait; ask the carrier whether receipts are active for this account")
      throw .noReceipt
    }
    wire.requests.removeAll { $0.sequence == pdu.sequence }
    wire.respond(to: pdu, .ESME_ROK)
    found(
      "receipt",
      "\(receipt.stateWord?.string ?? "\(receipt.outcome)") after \(Self.milliseconds(wire.now - start)), by \(pdu.commandID), \(Self.form(pdu))"
    )
    guard let suggested else {
      return found(
        "receipts.id", "\(receipt.id.string) does not match \(id.string) in any known way",
        "receipts of this carrier cannot be matched; ask the carrier how its ids are written")
    }
    found("receipts.id", "\(receipt.id.string): \"\(suggested.rawValue)\" matches it", advice(on: suggested))
  }

  /// Whether a request is the receipt of our text: by its id, or by the phone it comes from.
  private func match(
    _ pdu: PDU, _ id: COctetString, _ test: SelfTest
  ) -> (pdu: PDU, receipt: Receipt, suggested: ReceiptIDStyle?)? {
    var lenient = profile
    lenient.receipts.recognisedByText = true
    let source: Address
    let receipt: Receipt?
    switch pdu.body {
    case .deliverSM(let message): (source, receipt) = (message.source, Receipt.parse(message, lenient))
    case .dataSM(let message): (source, receipt) = (message.source, Receipt.parse(message, lenient))
    default: return nil
    }
    guard let receipt, !receipt.isIntermediate else { return nil }
    let style = Self.style(response: id, receipt: receipt.id)
    if style != nil { return (pdu, receipt, style) }
    return AddressNormaliser(profile).party(source).e164 == test.to ? (pdu, receipt, nil) : nil
  }

  /// Somebody's texts and receipts that came while we were bound are not ours to take: refused for now, they come again.
  private func refuseWhatCame(_ wire: ProbeConnection) {
    guard !wire.requests.isEmpty else { return }
    for request in wire.requests { wire.respond(to: request, .ESME_RX_T_APPN) }
    found(
      "traffic", "\(wire.requests.count) messages arrived and were refused for now",
      "they are for the gateway; the carrier sends them again")
    wire.requests = []
  }
}
