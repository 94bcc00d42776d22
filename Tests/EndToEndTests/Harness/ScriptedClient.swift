import Foundation
import Glibc

/// A carrier that binds to us, of this directory's own making: it takes our texts as `deliver_sm`, and submits those of its phones
/// until each is answered, over however many connections that takes. One thread owns the socket and runs the script.
final class ScriptedClient: @unchecked Sendable {
  /// A deliver_sm of the gateway's.
  struct Delivery {
    var index: Int
    var connection: Int
    var sequence: UInt32
    var message: ShortMessage
    var isAnswered = false
  }

  /// A submit_sm; comes again on the next bind until it is answered.
  struct Submission {
    var index: Int
    var message: ShortMessage
    var connection: Int?
    var sequence: UInt32 = 0
    var status: UInt32?
    /// How many deliveries had been read when its answer was.
    var answeredAfter = 0
  }

  struct Record {
    var deliveries: [Delivery] = []
    var submissions: [Submission] = []
    /// The connection that is bound; 0 while none is.
    var bound = 0
    var binds = 0
    var faults: [String] = []
  }

  typealias Script = @Sendable (ScriptedClient, Delivery) -> Void

  let port: UInt16
  let record = Monitor(Record())
  private let wake: (read: Int32, write: Int32)
  private let tasks = Monitor<[@Sendable () -> Void]>([])
  private let stopped = Monitor(false)
  // SAFETY: what follows is touched by the client's thread alone once it runs.
  private let script: Script
  private var descriptor: Int32 = -1
  private var connection = 0
  private var buffer: [UInt8] = []
  private var nextSequence: UInt32 = 1

  /// Answers everything at once unless the script says otherwise.
  init(port: UInt16, script: @escaping Script = { client, delivery in client.answer(delivery) }) throws {
    self.port = port
    self.script = script
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0, &pair) == 0 else {
      throw HarnessError.system("socketpair")
    }
    wake = (pair[0], pair[1])
    Thread.detachNewThread { [self] in run() }
  }

  func close() {
    stopped.change { $0 = true }
    wakeUp()
    _ = stopped.wait(within: .seconds(5)) { $0 ? nil : true }
  }

  /// Connects and binds, and waits until it is bound.
  func bind(within limit: Duration = .seconds(30)) throws {
    let before = record.read { $0.binds }
    perform { [self] in connect() }
    guard record.wait(within: limit, for: { $0.binds > before ? true : nil }) != nil else {
      throw HarnessError("the client was not bound in \(limit): \(record.read { $0.faults.suffix(3) })")
    }
  }

  /// Submits a text, now if it is bound, else after the next bind. Gives its place among the submissions.
  @discardableResult
  func submit(_ message: ShortMessage) -> Int {
    let submission = record.change { record in
      let submission = Submission(index: record.submissions.count, message: message)
      record.submissions.append(submission)
      return submission
    }
    perform { [self] in
      // A bind in between has sent it already.
      let isSent = record.read { $0.submissions[submission.index].connection != nil }
      if !isSent, record.read({ $0.bound }) != 0 { send(submission) }
    }
    return submission.index
  }

  /// Answers a deliver_sm; on the client's thread.
  func answer(_ delivery: Delivery) {
    guard delivery.connection == connection else { return }
    write(RawPDU(command: RawPDU.deliverSM | RawPDU.response, sequence: delivery.sequence, body: [0]))
    record.change { $0.deliveries[delivery.index].isAnswered = true }
  }

  private func perform(_ body: @escaping @Sendable () -> Void) {
    tasks.change { $0.append(body) }
    wakeUp()
  }

  private func wakeUp() {
    var octet: UInt8 = 1
    Glibc.send(wake.write, &octet, 1, Int32(MSG_DONTWAIT))
  }

  // MARK: The client's thread

  private func run() {
    while !stopped.read({ $0 }) {
      var polled = [pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0)]
      if descriptor >= 0 { polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      if polled.count > 1, polled[1].revents != 0 { read() }
      if polled[0].revents != 0 {
        var octets = [UInt8](repeating: 0, count: 64)
        while recv(wake.read, &octets, octets.count, Int32(MSG_DONTWAIT)) > 0 {}
        for task in tasks.change({ tasks in
          defer { tasks = [] }; return tasks
        }) { task() }
      }
    }
    drop()
    Glibc.close(wake.read)
    Glibc.close(wake.write)
    stopped.change { $0 = false }
  }

  private func connect() {
    drop()
    connection += 1
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return drop() }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    let names = Array(GatewayProcess.systemID.utf8) + [0] + Array(GatewayProcess.password.utf8) + [0]
    write(
      RawPDU(command: RawPDU.bindTransceiver, sequence: takeSequence(), body: names + [0, 0x34, 0, 0, 0]))
  }

  private func takeSequence() -> UInt32 {
    defer { nextSequence += 1 }
    return nextSequence
  }

  private func drop() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    buffer = []
    let connection = connection
    record.change { record in
      record.bound = 0
      for index in record.submissions.indices where record.submissions[index].connection == connection {
        record.submissions[index].connection = nil
      }
    }
  }

  private func read() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    guard count > 0 else { return drop() }
    buffer += chunk[..<count]
    for pdu in RawPDU.take(from: &buffer) where descriptor >= 0 { received(pdu) }
  }

  private func write(_ pdu: RawPDU) {
    let octets = pdu.encoded
    var written = 0
    while written < octets.count, descriptor >= 0 {
      let count = octets.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: written), octets.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }

  private func received(_ pdu: RawPDU) {
    switch pdu.command {
    case RawPDU.bindTransceiver | RawPDU.response:
      guard pdu.status == 0 else { return record.change { $0.faults.append("bind refused: \(pdu.status)") } }
      let connection = connection
      let pending = record.change { record in
        record.bound = connection
        record.binds += 1
        return record.submissions.filter { $0.status == nil }
      }
      for submission in pending { send(submission) }
    case RawPDU.enquireLink, RawPDU.unbind:
      write(RawPDU(command: pdu.command | RawPDU.response, sequence: pdu.sequence))
    case RawPDU.deliverSM:
      guard let message = ShortMessage(body: pdu.body) else {
        return record.change { $0.faults.append("unreadable deliver_sm") }
      }
      let connection = connection
      let delivery = record.change { record in
        let delivery = Delivery(
          index: record.deliveries.count, connection: connection, sequence: pdu.sequence, message: message)
        record.deliveries.append(delivery)
        return delivery
      }
      script(self, delivery)
    case RawPDU.submitSM | RawPDU.response:
      let connection = connection
      record.change { record in
        guard
          let index = record.submissions.lastIndex(where: {
            $0.connection == connection && $0.sequence == pdu.sequence
          })
        else { return record.faults.append("submit_sm_resp to nothing") }
        record.submissions[index].status = pdu.status
        record.submissions[index].answeredAfter = record.deliveries.count
      }
    default: record.change { $0.faults.append("unexpected command \(String(pdu.command, radix: 16))") }
    }
  }

  private func send(_ submission: Submission) {
    let sequence = takeSequence()
    let connection = connection
    record.change { record in
      record.submissions[submission.index].connection = connection
      record.submissions[submission.index].sequence = sequence
    }
    write(RawPDU(command: RawPDU.submitSM, sequence: sequence, body: submission.message.body))
  }
}
