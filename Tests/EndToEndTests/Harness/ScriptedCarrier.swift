import Foundation
import Glibc

/// A carrier of this directory's own making, for what the foreign ones cannot do: withhold an answer, act at an exact PDU,
/// kill the gateway in between. One thread owns all sockets and runs the script; a test waits on what it recorded.
final class ScriptedCarrier: @unchecked Sendable {
  enum Bind: UInt32 { case receiver = 0x01, transmitter = 0x02, transceiver = 0x09 }

  struct Submit {
    var index: Int
    var connection: Int
    var sequence: UInt32
    var message: ShortMessage
    /// Empty while no answer was written.
    var messageID = ""
  }

  /// A deliver_sm; comes again on the next bind until it is answered, as from a real carrier.
  struct Delivery {
    var index: Int
    var message: ShortMessage
    var connection: Int?
    var sequence: UInt32 = 0
    var status: UInt32?
    var attempts = 0
    /// How many submits had been read when its answer was.
    var answeredAfter = 0
  }

  struct Record {
    /// Counted even where nothing is kept.
    var submitCount = 0
    var submits: [Submit] = []
    var deliveries: [Delivery] = []
    var binds: [Bind] = []
    var bound: [Int: Bind] = [:]
    var unbinds = 0
    var faults: [String] = []

    func submits(to phone: String) -> [Submit] { submits.filter { $0.message.destination == phone } }
  }

  /// What the script of a test may do; only on the carrier's own thread.
  struct Turn {
    fileprivate let carrier: ScriptedCarrier

    /// What was seen so far.
    var record: Record { carrier.record.read { $0 } }
    /// Answers a submit_sm with a message id, or refuses it.
    func answer(_ submit: Submit, status: UInt32 = 0) { carrier.answer(submit, status: status) }
    /// Sends a text from a phone to a number, now if something is bound that receives, else after the next bind.
    @discardableResult
    func deliver(_ message: ShortMessage) -> Int { carrier.deliver(message) }
  }

  typealias Script = @Sendable (Turn, Submit) -> Void

  let port: UInt16
  let systemID: String
  let password: String
  let record = Monitor(Record())
  /// False: submits are counted and not kept, for long runs.
  private let keeping: Bool
  private let listener: Int32
  private let wake: (read: Int32, write: Int32)
  private let tasks = Monitor<[@Sendable (Turn) -> Void]>([])
  private let stopped = Monitor(false)
  // SAFETY: what follows is touched by the carrier's thread alone once it runs.
  private var script: Script
  private var connections: [Int: Int32] = [:]
  private var buffers: [Int: [UInt8]] = [:]
  private var nextConnection = 1
  private var nextSequence: UInt32 = 1

  /// Answers everything at once unless the script says otherwise.
  init(
    systemID: String = "tollgate", password: String = GatewayProcess.password,
    keeping: Bool = true, script: @escaping Script = { turn, submit in turn.answer(submit) }
  ) throws {
    self.systemID = systemID
    self.password = password
    self.script = script
    self.keeping = keeping
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = self.listener
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(listener, address, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard bound else { throw HarnessError.system("carrier's listening socket") }
    port = UInt16(bigEndian: address.sin_port)
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0, &pair) == 0 else {
      throw HarnessError.system("socketpair")
    }
    wake = (pair[0], pair[1])
    Thread.detachNewThread { [self] in run() }
  }

  /// Ends the carrier's thread and closes its connections.
  func close() {
    stopped.change { $0 = true }
    wakeUp()
    _ = stopped.wait(within: .seconds(5)) { $0 ? nil : true }
  }

  /// Runs `body` on the carrier's thread, soon.
  func perform(_ body: @escaping @Sendable (Turn) -> Void) {
    tasks.change { $0.append(body) }
    wakeUp()
  }

  /// Waits until the record shows what is awaited.
  func wait<Result>(
    _ what: String, within limit: Duration = .seconds(30), for body: (Record) -> Result?
  ) throws -> Result {
    guard let result = record.wait(within: limit, for: { body($0) }) else {
      let sum = record.read {
        "\($0.submits.count) submits, \($0.deliveries.count) deliveries, bound \($0.bound), faults \($0.faults)"
      }
      throw HarnessError("the carrier did not see in \(limit): \(what) (\(sum))")
    }
    return result
  }

  func waitForBinds(_ count: Int, within limit: Duration = .seconds(30)) throws {
    _ = try wait("\(count) binds", within: limit) { $0.bound.count >= count ? true : nil }
  }

  private func wakeUp() {
    var octet: UInt8 = 1
    Glibc.send(wake.write, &octet, 1, Int32(MSG_DONTWAIT))
  }

  // MARK: The carrier's thread

  private func run() {
    let turn = Turn(carrier: self)
    while !stopped.read({ $0 }) {
      let order = connections.sorted { $0.key < $1.key }
      var polled = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
      ]
      polled += order.map { pollfd(fd: $0.value, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      if polled[1].revents != 0 {
        var octets = [UInt8](repeating: 0, count: 64)
        while recv(wake.read, &octets, octets.count, Int32(MSG_DONTWAIT)) > 0 {}
        for task in tasks.change({ tasks in
          defer { tasks = [] }; return tasks
        }) { task(turn) }
      }
      if polled[0].revents != 0 { accept() }
      for (entry, polled) in zip(order, polled.dropFirst(2)) where polled.revents != 0 {
        read(entry.key, entry.value, turn)
      }
    }
    for descriptor in connections.values { Glibc.close(descriptor) }
    Glibc.close(listener)
    Glibc.close(wake.read)
    Glibc.close(wake.write)
    stopped.change { $0 = false }
  }

  private func accept() {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    connections[nextConnection] = descriptor
    buffers[nextConnection] = []
    nextConnection += 1
  }

  private func read(_ connection: Int, _ descriptor: Int32, _ turn: Turn) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    guard count > 0 else { return drop(connection) }
    buffers[connection, default: []] += chunk[..<count]
    var pending = buffers[connection] ?? []
    let pdus = RawPDU.take(from: &pending)
    buffers[connection] = pending
    for pdu in pdus where connections[connection] != nil { received(pdu, on: connection, turn) }
  }

  private func drop(_ connection: Int) {
    if let descriptor = connections.removeValue(forKey: connection) { Glibc.close(descriptor) }
    buffers[connection] = nil
    record.change { record in
      record.bound[connection] = nil
      for index in record.deliveries.indices where record.deliveries[index].connection == connection {
        record.deliveries[index].connection = nil
      }
    }
  }

  private func write(_ pdu: RawPDU, to connection: Int) {
    guard let descriptor = connections[connection] else { return }
    let octets = pdu.encoded
    var written = 0
    while written < octets.count {
      let count = octets.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: written), octets.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }

  private func received(_ pdu: RawPDU, on connection: Int, _ turn: Turn) {
    switch pdu.command {
    case RawPDU.bindReceiver, RawPDU.bindTransmitter, RawPDU.bindTransceiver: bound(pdu, connection)
    case RawPDU.enquireLink:
      write(RawPDU(command: RawPDU.enquireLink | RawPDU.response, sequence: pdu.sequence), to: connection)
    case RawPDU.unbind:
      record.change { $0.unbinds += 1 }
      write(RawPDU(command: RawPDU.unbind | RawPDU.response, sequence: pdu.sequence), to: connection)
    case RawPDU.submitSM:
      guard let message = ShortMessage(body: pdu.body) else {
        return record.change { $0.faults.append("unreadable submit_sm") }
      }
      let submit = record.change { record in
        let submit = Submit(
          index: record.submitCount, connection: connection, sequence: pdu.sequence, message: message)
        record.submitCount += 1
        if keeping { record.submits.append(submit) }
        return submit
      }
      script(turn, submit)
    case RawPDU.deliverSM | RawPDU.response:
      record.change { record in
        guard
          let index = record.deliveries.lastIndex(where: {
            $0.connection == connection && $0.sequence == pdu.sequence
          })
        else { return record.faults.append("deliver_sm_resp to nothing") }
        record.deliveries[index].status = pdu.status
        record.deliveries[index].answeredAfter = record.submitCount
      }
    default:
      record.change { $0.faults.append("unexpected command \(String(pdu.command, radix: 16))") }
    }
  }

  private func bound(_ pdu: RawPDU, _ connection: Int) {
    let fields = pdu.body.split(separator: 0, omittingEmptySubsequences: false).prefix(2)
      .map { String(decoding: $0, as: UTF8.self) }
    let status: UInt32 = fields == [systemID, password] ? 0 : 0x0D
    write(
      RawPDU(
        command: pdu.command | RawPDU.response, status: status, sequence: pdu.sequence,
        body: status == 0 ? Array("scripted".utf8) + [0] : []), to: connection)
    guard status == 0, let kind = Bind(rawValue: pdu.command) else { return }
    let pending = record.change { record in
      record.binds.append(kind)
      record.bound[connection] = kind
      return record.deliveries.filter { $0.status == nil && $0.connection == nil }
    }
    if kind != .transmitter {
      for delivery in pending { send(delivery, on: connection) }
    }
  }

  private func answer(_ submit: Submit, status: UInt32) {
    let messageID = String(1_000_000 + submit.index)
    write(
      RawPDU(
        command: RawPDU.submitSM | RawPDU.response, status: status, sequence: submit.sequence,
        body: status == 0 ? Array(messageID.utf8) + [0] : []), to: submit.connection)
    if keeping { record.change { $0.submits[submit.index].messageID = messageID } }
  }

  private func deliver(_ message: ShortMessage) -> Int {
    let (delivery, connection) = record.change { record in
      let delivery = Delivery(index: record.deliveries.count, message: message)
      record.deliveries.append(delivery)
      return (delivery, record.bound.filter { $0.value != .transmitter }.keys.max())
    }
    if let connection { send(delivery, on: connection) }
    return delivery.index
  }

  private func send(_ delivery: Delivery, on connection: Int) {
    let sequence = nextSequence
    nextSequence += 1
    record.change { record in
      record.deliveries[delivery.index].connection = connection
      record.deliveries[delivery.index].sequence = sequence
      record.deliveries[delivery.index].attempts += 1
    }
    write(RawPDU(command: RawPDU.deliverSM, sequence: sequence, body: delivery.message.body), to: connection)
  }
}
