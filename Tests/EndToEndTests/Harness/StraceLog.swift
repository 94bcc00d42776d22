import Foundation

/// The gateway's own calls, in the order it made them, as strace wrote them down (`-f -xx`).
struct StraceLog {
  struct Call {
    var thread: Int
    var name: String
    /// The first argument, when it is a descriptor.
    var descriptor: Int
    /// What was written, as far as the kernel took it, or what was read.
    var octets: [UInt8]
    var result: Int
    /// Lines of the log at which the call began and ended.
    var began: Int
    var ended: Int

    var isRead: Bool { ["read", "readv", "recvfrom", "recvmsg"].contains(name) }
    var isWrite: Bool { ["write", "writev", "sendto", "sendmsg"].contains(name) }
  }

  var calls: [Call] = []

  /// The tracer to put before a command. `-D` leaves the traced process our own child; with the seccomp filter only the
  /// calls asked for are slowed down.
  static func tracer(calls: String, to path: String) -> [String] {
    [
      "strace", "-f", "-D", "--seccomp-bpf", "-xx", "-s", "100000", "-e", "trace=\(calls)", "-e",
      "signal=none", "-o",
      path,
    ]
  }

  /// Attaches to a process and kills it when a thread of it enters its nth of some calls; the call is not made.
  static func killer(of process: pid_t, at calls: String, count: Int) throws -> Child {
    try Child(
      "strace",
      [
        "strace", "-f", "-p", String(process), "-e", "trace=\(calls)", "-e",
        "inject=\(calls):signal=KILL:when=\(count)",
        "-o", "/dev/null",
      ])
  }

  /// Has calls of one thread fail or wait, as strace's `inject=` says, until the tracer ends (SIGINT).
  static func injector(
    into gateway: GatewayProcess, thread name: String, _ inject: String, trace calls: String
  )
    throws -> Child
  {
    guard let process = gateway.child?.processID else { throw HarnessError("not running") }
    let tasks = "/proc/\(process)/task"
    let thread = try FileManager.default.contentsOfDirectory(atPath: tasks).first {
      (try? String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)) == name + "\n"
    }
    guard let thread else { throw HarnessError("no thread is called \(name)") }
    let tracer = try Child(
      "strace", ["strace", "-p", thread, "-e", "trace=\(calls)", "-e", inject, "-e", "signal=none"])
    _ = try tracer.errorLine { $0.contains("attached") }
    return tracer
  }

  init(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var unfinished: [Int: (text: Substring, began: Int)] = [:]
    for (number, line) in text.split(separator: "\n").enumerated() {
      var began = number
      guard let space = line.firstIndex(of: " "), let thread = Int(line[..<space]) else { continue }
      var rest = line[space...].drop { $0 == " " }
      if let cut = rest.range(of: " <unfinished ...>") {
        // The order that counts is that in which calls end: the octets are with the kernel then.
        unfinished[thread] = (rest[..<cut.lowerBound], number)
        continue
      }
      if rest.hasPrefix("<... "), let resumed = rest.range(of: " resumed>") {
        guard let start = unfinished.removeValue(forKey: thread) else { continue }
        rest = start.text + rest[resumed.upperBound...]
        began = start.began
      }
      if var call = Self.call(thread, rest) {
        (call.began, call.ended) = (began, number)
        calls.append(call)
      }
    }
  }

  private static func call(_ thread: Int, _ text: Substring) -> Call? {
    guard let open = text.firstIndex(of: "("), let equals = text.range(of: " = ", options: .backwards) else {
      return nil
    }
    let result = Int(text[equals.upperBound...].prefix { $0 == "-" || $0.isNumber }) ?? -1
    let arguments = text[text.index(after: open)..<equals.lowerBound]
    let descriptor = Int(arguments.prefix(while: \.isNumber)) ?? -1
    var octets: [UInt8] = []
    // Every quoted string is data: the one of write and sendto, those of a vector.
    var quoted = false
    var digits = arguments.utf8.makeIterator()
    while let character = digits.next() {
      if character == UInt8(ascii: "\"") {
        quoted.toggle()
      } else if quoted, character == UInt8(ascii: "\\"), digits.next() == UInt8(ascii: "x"),
        let high = digits.next(),
        let low = digits.next(), let octet = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
      {
        octets.append(octet)
      }
    }
    if result >= 0, result < octets.count { octets = Array(octets[..<result]) }
    return Call(
      thread: thread, name: String(text[..<open]), descriptor: descriptor, octets: result < 0 ? [] : octets,
      result: result, began: 0, ended: 0)
  }
}

extension StraceLog {
  /// Ends of calls that sync a file, with the line they began at.
  private var syncs: [(began: Int, ended: Int)] {
    calls.filter { $0.name.hasSuffix("sync") && $0.result == 0 }.map { ($0.began, $0.ended) }
  }

  private func synced(after request: Int, before answer: Int) -> Bool {
    syncs.contains { $0.began > request && $0.ended < answer }
  }

  /// For each request read and answered with ESME_ROK: whether a sync lay between the two calls.
  func exchanges(request: (RawPDU) -> Bool, answer: (RawPDU) -> Bool) -> [Bool] {
    struct Key: Hashable {
      var descriptor: Int
      var sequence: UInt32
    }
    var requests: [Key: Int] = [:]
    var found: [Bool] = []
    for item in smpp().items {
      let key = Key(descriptor: item.descriptor, sequence: item.pdu.sequence)
      if item.sent, answer(item.pdu), item.pdu.status == 0, let asked = requests.removeValue(forKey: key) {
        found.append(synced(after: asked, before: item.began))
      } else if !item.sent, request(item.pdu) {
        requests[key] = item.ended
      }
    }
    return found
  }

  /// For each call of a method on the local socket that was answered: whether a sync lay between.
  func commands(method: String) -> [Bool] {
    var pending: [Int: (id: String, read: Int)] = [:]
    var found: [Bool] = []
    for call in calls where !call.octets.isEmpty {
      let text = String(decoding: call.octets, as: UTF8.self)
      if call.isRead, text.contains("\"\(method)\""), let id = Self.requestID(text) {
        pending[call.descriptor] = (id, call.ended)
      } else if call.isWrite, let request = pending[call.descriptor],
        text.contains("\"id\":\(request.id),\"result\"")
      {
        pending[call.descriptor] = nil
        found.append(synced(after: request.read, before: call.began))
      }
    }
    return found
  }

  private static func requestID(_ text: String) -> String? {
    guard let key = text.range(of: "\"id\":") else { return nil }
    return String(text[key.upperBound...].prefix(while: \.isNumber))
  }

  /// The PDUs of all connections, in the order the calls that moved their last octet ended.
  func smpp() -> Wire {
    var streams: [Wire.Stream: [UInt8]] = [:]
    var connections: Set<Int> = []
    var wire = Wire()
    for call in calls where call.isRead || call.isWrite {
      guard !call.octets.isEmpty else { continue }
      let stream = Wire.Stream(descriptor: call.descriptor, sent: call.isWrite)
      // A connection to a carrier begins with our bind; nothing else on any descriptor looks like one.
      if call.isWrite, Wire.isBind(call.octets) {
        connections.insert(call.descriptor)
        streams[Wire.Stream(descriptor: call.descriptor, sent: true)] = nil
        streams[Wire.Stream(descriptor: call.descriptor, sent: false)] = nil
      }
      guard connections.contains(call.descriptor) else { continue }
      streams[stream, default: []] += call.octets
      var buffer = streams[stream] ?? []
      for pdu in RawPDU.take(from: &buffer) {
        wire.items.append(
          Wire.Item(
            descriptor: call.descriptor, sent: call.isWrite, pdu: pdu, began: call.began, ended: call.ended))
      }
      streams[stream] = buffer
    }
    return wire
  }
}

/// SMPP as it passed the gateway's own calls.
struct Wire {
  struct Stream: Hashable {
    var descriptor: Int
    var sent: Bool
  }

  struct Item {
    var descriptor: Int
    var sent: Bool
    var pdu: RawPDU
    var began: Int
    var ended: Int
  }

  var items: [Item] = []

  static func isBind(_ octets: [UInt8]) -> Bool {
    guard octets.count >= 16, octets[0] == 0, octets[1] == 0 else { return false }
    let command = RawPDU.integer(octets[4..<8])
    return [RawPDU.bindReceiver, RawPDU.bindTransmitter, RawPDU.bindTransceiver].contains(command)
  }

  /// submit_sm to a phone before and after the answer to the first text from it.
  func outcome(ofStopFrom phone: String) throws -> (before: Int, after: Int) {
    guard
      let stop = items.firstIndex(where: {
        !$0.sent && $0.pdu.command == RawPDU.deliverSM
          && ShortMessage(body: $0.pdu.body).map { digits($0.source) } == phone
      }),
      let answer = items.indices.first(where: {
        $0 > stop && items[$0].sent && items[$0].descriptor == items[stop].descriptor
          && items[$0].pdu.command == RawPDU.deliverSM | RawPDU.response
          && items[$0].pdu.sequence == items[stop].pdu.sequence
      })
    else { throw HarnessError("no STOP from \(phone) in the trace, or no answer to it") }
    var before = 0
    var after = 0
    for (index, item) in items.enumerated() where item.sent && item.pdu.command == RawPDU.submitSM {
      guard let message = ShortMessage(body: item.pdu.body), digits(message.destination) == phone else {
        continue
      }
      if index < answer { before += 1 } else { after += 1 }
    }
    return (before, after)
  }
}
