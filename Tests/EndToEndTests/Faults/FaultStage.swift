import Contract
import Foundation

/// A fault others are known for: where it was reported, how our side is set up, and what has to come of it.
struct Fault: Sendable {
  var what: String
  /// Where users of other implementations met it; or what showed it to us.
  var reported: [String]
  /// Keys of the carrier in the configuration, as JSON5.
  var profile: String
  var responseTimeoutSeconds: Int
  var window: Int
  /// False: the row answers the bind itself.
  var binds: Bool
  var run: @Sendable (FaultStage) throws -> Void

  init(
    _ what: String, _ reported: String..., profile: String = "", responseTimeoutSeconds: Int = 30,
    window: Int = 10, binds: Bool = true,
    run: @escaping @Sendable (FaultStage) throws -> Void
  ) {
    self.what = what
    self.reported = reported
    self.profile = profile
    self.responseTimeoutSeconds = responseTimeoutSeconds
    self.window = window
    self.binds = binds
    self.run = run
  }

  var name: String { "\(what) (\(reported.joined(separator: ", ")))" }
}

/// What a row of the fault table works with: a carrier of its own, as raw octets, a number of ours there, and the socket.
final class FaultStage {
  let fault: Fault
  let app: App
  let listener: RawListener
  let number: String
  let rep: RepID
  private let index: Int
  private var connection: RawWire?
  private var texts = 0
  private var sends = 0

  init(_ fault: Fault, index: Int, app: App, listener: RawListener) throws {
    self.fault = fault
    self.index = index
    self.app = app
    self.listener = listener
    number = Self.number(index)
    rep = try World.rep(app, "Rep \(index)", number: "+" + number, rate: 500, carrier: Self.carrier(index))
  }

  static func carrier(_ index: Int) -> String { "fault\(index)" }
  static func number(_ index: Int) -> String { "1888555\(1000 + index)" }
  /// A contact of this row alone.
  func phone(_ n: Int = 0) -> String { "1202\(2_000_000 + index * 1000 + n)" }

  var wire: RawWire {
    get throws {
      guard let connection else { throw HarnessError("not bound") }
      return connection
    }
  }

  func check(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw HarnessError(what()) }
  }

  // MARK: Sessions

  /// Takes the gateway's next connection, up to its bind.
  @discardableResult
  func connect() throws -> (wire: RawWire, bind: RawPDU) {
    let wire = try listener.accept()
    connection = wire
    return (wire, try wire.next(RawPDU.bindTransceiver))
  }

  /// Takes the next connection and accepts the bind.
  @discardableResult
  func bind(_ answer: [UInt8] = Array("faults".utf8) + [0]) throws -> RawWire {
    let (wire, bind) = try connect()
    try wire.answer(bind, answer)
    return wire
  }

  /// The session answers enquire_link: it lives.
  func alive() throws {
    let sequence = try wire.request(RawPDU.enquireLink)
    let answer = try wire.next(RawPDU.enquireLink | RawPDU.response, sequence: sequence)
    try check(answer.status == 0, "enquire_link answered with \(answer.status)")
  }

  // MARK: From us

  func send(_ text: String, to phone: String? = nil) throws -> MessageID {
    sends += 1
    return try app.call(
      MessageSend(
        from: .rep(rep), to: .phone(try World.number("+" + (phone ?? self.phone()))), text: text,
        idempotencyKey: "\(number)-\(sends)")
    ).messageID
  }

  func submitted() throws -> (pdu: RawPDU, message: ShortMessage) {
    let pdu = try wire.next(RawPDU.submitSM)
    guard let message = ShortMessage(body: pdu.body) else { throw HarnessError("unreadable submit_sm") }
    return (pdu, message)
  }

  func accept(_ submit: RawPDU, _ id: String) throws { try wire.answer(submit, Array(id.utf8) + [0]) }

  /// Sends a text and accepts it under `id`.
  func sent(_ text: String = "Hello", id: String, to phone: String? = nil) throws -> MessageID {
    let message = try send(text, to: phone)
    try accept(try submitted().pdu, id)
    return message
  }

  func awaitState(_ message: MessageID, _ state: TextMessageState) throws {
    _ = try app.events("\(message) \(state)", within: .seconds(30)) { events in
      events.first { $0.event.stateChanged?.messageID == message && $0.event.stateChanged?.state == state }
    }
    try expectState(message, state)
  }

  /// It stands there now.
  func expectState(_ message: MessageID, _ state: TextMessageState) throws {
    let found = try self.state(message)
    try check(found == state, "\(message) is \(found), not \(state)")
  }

  func state(_ message: MessageID) throws -> TextMessageState {
    try app.call(MessageGet(messageID: message)).state
  }

  // MARK: To us

  func text(
    _ octets: [UInt8], from phone: String? = nil, esmClass: UInt8 = 0, coding: UInt8 = 0, tail: [UInt8] = []
  )
    -> ShortMessage
  {
    var message = ShortMessage(
      source: phone ?? self.phone(), destination: number, text: octets, esmClass: esmClass)
    message.dataCoding = coding
    message.tail = tail
    return message
  }

  /// Sends a deliver_sm and awaits the answer.
  @discardableResult
  func deliver(_ message: ShortMessage, expecting status: UInt32? = 0) throws -> RawPDU {
    try deliver(body: message.body, expecting: status)
  }

  @discardableResult
  func deliver(body: [UInt8], expecting status: UInt32? = 0) throws -> RawPDU {
    let sequence = try wire.request(RawPDU.deliverSM, body)
    let answer = try wire.next(RawPDU.deliverSM | RawPDU.response, sequence: sequence)
    if let status {
      try check(answer.status == status, "deliver_sm answered with \(answer.status), not \(status)")
    }
    return answer
  }

  static func receipt(_ id: String, _ state: String = "DELIVRD") -> String {
    "id:\(id) sub:001 dlvrd:001 submit date:2611260900 done date:2611260901 stat:\(state) err:000 text:Hello"
  }

  /// Sends a receipt with this text.
  func receipt(_ text: String, esmClass: UInt8 = 0x04, coding: UInt8 = 0, tail: [UInt8] = []) throws {
    try deliver(self.text(Array(text.utf8), esmClass: esmClass, coding: coding, tail: tail))
  }

  /// A text goes out under one id, its receipt comes under another: it is delivered.
  func delivered(response: String, receipt: String, tail: [UInt8] = []) throws {
    let message = try sent(id: response)
    try self.receipt(Self.receipt(receipt), tail: tail)
    try awaitState(message, .delivered)
  }

  /// The row's next text as the feed tells it.
  func nextText() throws -> MessageReceived {
    texts += 1
    let (number, count) = (self.number, texts)
    return try app.events("text \(count) to \(number)", within: .seconds(30)) { events in
      let texts = events.compactMap(\.event.received).filter { digits($0.to) == number }
      return texts.count >= count ? texts[count - 1] : nil
    }
  }

  func expectText(_ text: String) throws {
    let received = try nextText()
    try check(
      received.text == text, "the feed tells \(received.text.debugDescription), not \(text.debugDescription)")
  }

  /// Nothing has been told that was not asked for: a text sent now is the next event.
  func nothingMore() throws {
    try deliver(text(Array("the end".utf8), from: phone(999)))
    try expectText("the end")
    try alive()
  }

  /// The octets of a part of a long text, with a header of 8-bit reference.
  static func part(_ reference: UInt8, _ number: UInt8, of total: UInt8, _ octets: [UInt8]) -> [UInt8] {
    [5, 0, 3, reference, total, number] + octets
  }

  func close() { connection?.close() }
}

extension String {
  var utf16BigEndian: [UInt8] { utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
}
