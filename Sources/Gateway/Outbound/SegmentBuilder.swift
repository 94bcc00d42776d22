import Carriers
import Contract
import SMPP
import Store

/// Writes a segment as the `submit_sm` a carrier gets.
final class SegmentBuilder: Part {
  let outbox: Outbox
  private let directory: Directory
  private let routes: Routes
  private let campaigns: Campaigns
  private let messages: MessageTable
  private let parameters: ParameterTable
  /// The text encoded last, for the further segments of a long message.
  private var last: (message: Int64, carrier: CarrierKey, plan: SegmentPlan)?

  init(
    _ outbox: Outbox, _ directory: Directory, _ routes: Routes, _ campaigns: Campaigns,
    _ messages: MessageTable, _ parameters: ParameterTable
  ) {
    self.outbox = outbox
    self.directory = directory
    self.routes = routes
    self.campaigns = campaigns
    self.messages = messages
    self.parameters = parameters
  }

  /// What of a message its segments need.
  struct Source {
    var text: String
    /// The campaign whose text it is, where all of it shares one.
    var shared: Campaign?
    /// Of the concatenation.
    var reference: Int64
    var notAfter: Int64?
    /// What the message says for the carrier's own optional parameters.
    var parameters: [String: String] = [:]
  }

  /// Nil where the carrier cannot take the text, or one of the addresses.
  func build(_ flight: Flight, _ number: Number, _ source: Source, _ profile: CarrierProfile)
    -> ClaimedSegment?
  {
    guard let plan = plan(source, flight), flight.ref.index < plan.count, plan.count == flight.segments else {
      return nil
    }
    let normaliser = AddressNormaliser(profile)
    guard let sender = number.source(for: flight.carrier, normaliser),
      let phone = PhoneNumber(packed: flight.phone),
      let destination = normaliser.destination(SegmentBuilder.party(phone))
    else { return nil }
    let segment = plan.segment(flight.ref.index, reference: UInt16(truncatingIfNeeded: source.reference))
    var pdu = SubmitSM(
      serviceType: profile.serviceType, source: sender, destination: destination,
      registeredDelivery: profile.registeredDelivery)
    if let validity = profile.validity {
      let left = source.notAfter.map { Duration.milliseconds($0 - now) } ?? validity
      pdu.validityPeriod = SegmentBuilder.validityPeriod(min(validity, left))
    }
    pdu.setText(segment)
    if !profile.parameters.isEmpty { profile.addParameters(source.parameters, to: &pdu.tlvs) }
    if profile.userMessageReference != .off { pdu.tlvs.userMessageReference = flight.ref.reference }
    return ClaimedSegment(
      ref: flight.ref, number: flight.number, carrier: flight.carrier, urgency: flight.traffic.urgency,
      phone: flight.phone, pdu: pdu)
  }

  /// The source of a stored message's segments.
  func source(of row: MessageRow) throws(StoreError) -> Source {
    var shared: Campaign?
    if row.text == nil, let id = row.campaign { shared = try campaigns.campaign(id) }
    return Source(
      text: row.text ?? shared?.text ?? "", shared: shared, reference: row.reference, notAfter: row.notAfter,
      parameters: routes.haveMessageParameters ? try parameters.parameters(of: row.id) : [:])
  }

  /// A segment as it was written, for the log.
  func rebuilt(_ flight: Flight) throws(StoreError) -> ClaimedSegment? {
    guard let row = try messages.row(flight.ref.message), let number = directory.numbers[flight.number],
      let profile = routes.profiles[flight.carrier]
    else { return nil }
    return build(flight, number, try source(of: row), profile)
  }

  /// The text encoded for the carrier; kept when a whole campaign shares it.
  private func plan(_ source: Source, _ flight: Flight) -> SegmentPlan? {
    let (message, carrier) = (flight.ref.message, flight.carrier)
    // The carrier's sessions may be others than when the text was encoded.
    func fits(_ plan: SegmentPlan) -> Bool { plan.count == flight.segments && routes.takes(plan, carrier) }
    if let plan = source.shared?.plans[carrier], fits(plan) { return plan }
    if let last, last.message == message, last.carrier == carrier, fits(last.plan) { return last.plan }
    guard let plan = routes.plan(source.text, for: carrier, in: flight.segments) else { return nil }
    source.shared?.plans[carrier] = plan
    last = (message, carrier, plan)
    return plan
  }

  /// A text as a carrier takes it now.
  func cut(_ source: Source, for carrier: CarrierKey) -> SegmentPlan? {
    routes.segmenter(of: carrier)?.plan(source.text)
  }

  private static func party(_ phone: PhoneNumber) -> Party {
    phone.isShortCode ? .shortCode(phone.description) : .number(phone.description)
  }

  /// `validity_period` as a time from now (SMPP 3.4, 7.1.1.2), in whole seconds, one at least and thirty days at most.
  static func validityPeriod(_ left: Duration) -> COctetString {
    let seconds = min(max(1, left.components.seconds), 30 * 86_400)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return COctetString(
      "0000" + two(seconds / 86_400) + two(seconds / 3600 % 24) + two(seconds / 60 % 60) + two(seconds % 60)
        + "000R")
  }
}
