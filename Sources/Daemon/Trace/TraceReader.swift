import Contract
import Gateway
import NetIO
import SMPP

/// Answers `carrier.trace`: finds the records that were asked for, and decodes them.
struct TraceReader: TraceView {
  /// Octets of items in one answer: the longest line less what stands around them.
  static let answerOctets = 240 << 10
  /// Blocks looked at before the first record wanted, for the requests of responses.
  static let context = 16

  private let trace: WireTrace
  /// By their places in the configuration.
  private let carriers: [Carrier]

  struct Carrier {
    var name: String
    var charsets: CharsetMap
  }

  init(_ trace: WireTrace, carriers: [Carrier]) {
    self.trace = trace
    self.carriers = carriers
  }

  func trace(_ params: CarrierTrace, for caller: Requester) throws -> [UInt8] {
    guard let carrier = carriers.firstIndex(where: { $0.name == params.carrier }) else {
      throw APIError.notFound("carrier", params.carrier)
    }
    let last = params.last ?? CarrierTrace.defaultLast
    guard (1...CarrierTrace.maximumLast).contains(last) else {
      throw APIError.invalid("last", "1 to \(CarrierTrace.maximumLast)")
    }
    let after = params.afterSequence ?? 0
    guard after >= 0, after < .max else { throw APIError.invalid("after_sequence", "0 or more") }
    if params.showHex == true, !caller.seesText {
      throw APIError(
        .forbidden,
        "octets contain texts, and this role may not see texts (socket.roles.NAME.sees: [\"text\"])")
    }
    var search = TraceSearch(carrier: UInt16(clamping: carrier), after: after)
    search.number = params.number.map { TracedNumber($0) }
    search.own = caller.numbers.map { $0.map { TracedNumber($0) } }
    let newest = trace.newest
    let (blocks, oldest) = trace.copies(from: after + 1, before: Self.context)
    search.look(through: blocks)
    let wanted =
      params.afterSequence == nil ? search.found.suffix(last) : search.found.prefix(last)
    let rendering = TraceRendering(
      seesText: caller.seesText, hex: params.showHex == true, charsets: carriers[carrier].charsets,
      wallLessMonotonic: WallClock.nowMicroseconds - MonotonicClock.nowNanoseconds / 1000)
    var json = Array(#"{"items":["#.utf8)
    var next = after
    var count = 0
    for record in wanted {
      let item = try ContractJSON.encode(rendering.item(record, in: blocks[record.block].octets))
      if count > 0, json.count + item.count > Self.answerOctets { break }
      if count > 0 { json.append(UInt8(ascii: ",")) }
      json += item
      next = record.sequence
      count += 1
    }
    let more = count < wanted.count || wanted.endIndex < search.found.endIndex
    if !more { next = max(next, newest, after) }
    let missed = params.afterSequence == nil ? 0 : max(0, oldest - after - 1)
    json += "],\"missed\":\(missed),\"more\":\(more),\"after_sequence\":\(next)}".utf8
    return json
  }
}

/// A number, as it may stand in an address.
struct TracedNumber {
  /// Digits a national form has at least, before it is taken for one.
  private static let nationalDigits = 7
  private let digits: [UInt8]

  init(_ number: PhoneNumber) { digits = number.description.utf8.filter { $0 != UInt8(ascii: "+") } }

  /// Whether an address is the number's, with or without `+` and with or without its country's code.
  func fits(_ address: Address) -> Bool {
    let written = address.digits.octets.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "0") }
    if written.elementsEqual(digits) { return true }
    return written.count >= Self.nationalDigits && digits.suffix(written.count).elementsEqual(written)
  }
}

/// One walk through the trace: a carrier's records, by number too, and responses with their requests.
struct TraceSearch {
  struct Found {
    var sequence: Int64
    var head: WireTrace.Head
    /// Which copy holds its octets, and where.
    var block: Int
    var place: Range<Int>
    /// Nanoseconds since its request.
    var roundTrip: Int64?
  }

  private struct Request: Hashable {
    var connection: UInt32
    var direction: UInt16
    var sequence: UInt32
  }

  let carrier: UInt16
  let after: Int64
  /// Only what is from or to it.
  var number: TracedNumber?
  /// Only what is from or to one of these: all that the caller may see.
  var own: [TracedNumber]?
  private(set) var found: [Found] = []
  /// Requests seen and not answered yet: when they passed, and whether they are wanted.
  private var open: [Request: (monotonic: Int64, isWanted: Bool)] = [:]

  init(carrier: UInt16, after: Int64) {
    self.carrier = carrier
    self.after = after
  }

  mutating func look(through blocks: [WireTrace.Copy]) {
    // A carrier that connects to us is known from its bind on: what passed before is found by the connection.
    var connections: Set<UInt32> = []
    for block in blocks {
      block.forEachRecord { _, head, _ in
        if head.carrier == carrier, head.peerOpened != 0 { connections.insert(head.connection) }
      }
    }
    for (index, block) in blocks.enumerated() {
      block.octets.withUnsafeBytes { octets in
        block.forEachRecord { sequence, head, place in
          guard
            head.carrier == carrier
              || head.carrier == WireTrace.noCarrier && connections.contains(head.connection)
          else { return }
          look(
            at: UnsafeRawBufferPointer(rebasing: octets[place]),
            Found(sequence: sequence, head: head, block: index, place: place))
        }
      }
    }
    // What came before a bind has blocks of its own.
    if found.first.map({ $0.head.carrier == WireTrace.noCarrier }) == true {
      found.sort { $0.sequence < $1.sequence }
    }
  }

  private mutating func look(at frame: UnsafeRawBufferPointer, _ record: Found) {
    var record = record
    var isWanted = number == nil && own == nil
    if let header = PDUHeader(peeking: frame) {
      if header.commandID.isResponse {
        let other = record.head.direction ^ 1
        let request = Request(
          connection: record.head.connection, direction: other, sequence: header.sequence)
        if let asked = open.removeValue(forKey: request) {
          record.roundTrip = max(0, record.head.monotonic - asked.monotonic)
          isWanted = asked.isWanted
        }
      } else {
        if !isWanted { isWanted = isAboutWanted(frame) }
        open[
          Request(
            connection: record.head.connection, direction: record.head.direction, sequence: header.sequence)] =
          (record.head.monotonic, isWanted)
      }
    }
    if isWanted, record.sequence > after { found.append(record) }
  }

  private func isAboutWanted(_ frame: UnsafeRawBufferPointer) -> Bool {
    guard case .pdu(let pdu) = PDU.decode(frame) else { return false }
    let addresses = pdu.addresses
    func isAbout(_ number: TracedNumber) -> Bool { addresses.contains(where: number.fits) }
    return number.map(isAbout) ?? true && own.map { $0.contains(where: isAbout) } ?? true
  }
}

extension PDU {
  /// The addresses of a request about a message.
  fileprivate var addresses: [Address] {
    switch body {
    case .submitSM(let message), .deliverSM(let message): [message.source, message.destination]
    case .dataSM(let message): [message.source, message.destination]
    case .submitMulti(let message):
      [message.source]
        + message.destinations.compactMap { if case .sme(let address) = $0 { address } else { nil } }
    case .querySM(let query): [query.source]
    case .replaceSM(let replace): [replace.source]
    case .cancelSM(let cancel): [cancel.source, cancel.destination]
    case .alertNotification(let alert): [alert.source, alert.esme]
    default: []
    }
  }
}
