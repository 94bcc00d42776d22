import Contract
import Foundation

/// PDUs and their framing.
let wireFaults: [Fault] = lengthFaults + pduFaults

/// command_length under 16, and far above any limit.
private let lengthFaults: [Fault] = [0, 4, 15, 0x7FFF_FFFF, 0xFFFF_FFFF].map { (length: UInt32) in
  Fault("a command_length of \(length)", "farhadi/node-smpp#168", "OpenSIPS/opensips#3891") { stage in
    try stage.wire.write(
      RawPDU.octets(length) + RawPDU.octets(RawPDU.deliverSM) + RawPDU.octets(0) + RawPDU.octets(5))
    let nack = try stage.wire.next(RawPDU.genericNack)
    try stage.check(nack.status == 2, "generic_nack with \(nack.status), not ESME_RINVCMDLEN")
    try stage.wire.awaitEnd()
    try stage.bind()
    try stage.nothingMore()
  }
}

private let pduFaults: [Fault] = [
  Fault(
    "PDUs come an octet at a time, and many in one segment", "python-smpplib/python-smpplib#82",
    "joaogervasoni/smppjs#58", "ajankovic/smpp#8", window: 10
  ) { stage in
    let one = RawPDU(
      command: RawPDU.deliverSM, sequence: 7001, body: stage.text(Array("drop by drop".utf8)).body)
    for octet in one.encoded { try stage.wire.write([octet]) }
    _ = try stage.wire.next(RawPDU.deliverSM | RawPDU.response, sequence: 7001)
    try stage.expectText("drop by drop")
    var all: [UInt8] = []
    for n in 0..<100 {
      let body = stage.text(Array("one of many \(n)".utf8), from: stage.phone(n)).body
      all += RawPDU(command: RawPDU.deliverSM, sequence: UInt32(8000 + n), body: body).encoded
    }
    try stage.wire.write(all)
    for n in 0..<100 {
      let answer = try stage.wire.next(RawPDU.deliverSM | RawPDU.response, sequence: UInt32(8000 + n))
      try stage.check(answer.status == 0, "the \(n)th was answered with \(answer.status)")
    }
    let told = try (0..<100).map { _ in try stage.nextText().text }
    try stage.check(Set(told).count == 100, "the feed tells \(Set(told).count) of 100")
  },
  Fault("stray octets after short_message", "praekelt/python-smpp#7", "jookies/jasmin#218") { stage in
    for tail: [UInt8] in [[0], [0, 0], [0, 0, 0, 0, 0]] {
      let answer = try stage.deliver(stage.text(Array("stray".utf8), tail: tail), expecting: nil)
      if answer.status == 0 { try stage.expectText("stray") }
    }
    try stage.nothingMore()
  },
  Fault(
    "sm_length is one too small, or too large", "jookies/jasmin#549", "twitter-archive/cloudhopper-smpp#64"
  ) { stage in
    for length: UInt8 in [4, 6, 200] {
      var body = stage.text(Array("abcde".utf8)).body
      body[body.count - 6] = length
      let answer = try stage.deliver(body: body, expecting: nil)
      guard answer.status == 0 else { continue }
      let text = try stage.nextText().text
      try stage.check(text == "abcde", "\(length) octets: the feed tells \(text)")
    }
    try stage.nothingMore()
  },
  Fault("the last TLV is cut off", "opentelecoms-org/jsmpp#214", "naz 0.8.1's message_payload") { stage in
    let cut: [[UInt8]] = [
      [0x04, 0x27, 0x00, 0x04, 0x02], [0x04, 0x27, 0x00], RawPDU.tlv(0x0204, [0, 1]) + [0x00, 0x1E],
      [0x02, 0x04, 0xFF, 0xFF, 0x00],
    ]
    for tail in cut {
      let answer = try stage.deliver(stage.text(Array("cut".utf8), tail: tail), expecting: nil)
      if answer.status == 0 { try stage.expectText("cut") }
    }
    try stage.nothingMore()
  },
  Fault(
    "TLVs of vendors and TLVs nobody knows", "python-smpplib/python-smpplib#111",
    "python-smpplib/python-smpplib#2",
    "opentelecoms-org/jsmpp#16", "kneodev/ksmppd#135"
  ) { stage in
    let tail =
      RawPDU.tlv(0x1400, Array("1101234567890".utf8)) + RawPDU.tlv(0x1401, Array("1107654321".utf8) + [0])
      + RawPDU.tlv(0x0001, []) + RawPDU.tlv(0x3FFF, [UInt8](repeating: 0xFF, count: 300))
    try stage.deliver(stage.text(Array("with vendors".utf8), tail: tail))
    try stage.expectText("with vendors")
    let message = try stage.send("Hello")
    try stage.wire.answer(try stage.submitted().pdu, Array("v1\0".utf8) + RawPDU.tlv(0x1402, [1, 2, 3]))
    try stage.awaitState(message, .sent)
  },
  Fault("a TLV whose value has another length than the standard's", "opentelecoms-org/jsmpp#214") { stage in
    let tail = RawPDU.tlv(0x0204, [7]) + RawPDU.tlv(0x0427, []) + RawPDU.tlv(0x020E, [0, 0, 2])
    try stage.deliver(stage.text(Array("odd lengths".utf8), tail: tail))
    try stage.expectText("odd lengths")
    try stage.nothingMore()
  },
  Fault("a receipt whose network_error_code has four octets", "opentelecoms-org/jsmpp#214") { stage in
    let message = try stage.send("Hello")
    try stage.wire.answer(try stage.submitted().pdu, Array("odd1\0".utf8))
    try stage.awaitState(message, .sent)
    try stage.receipt(FaultStage.receipt("odd1"), tail: RawPDU.tlv(0x0423, [3, 0, 0, 5]))
    try stage.awaitState(message, .delivered)
  },
  Fault("HTTP on the port, in place of a bind_resp", "farhadi/node-smpp#230", binds: false) { stage in
    let (wire, _) = try stage.connect()
    try wire.write(Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8))
    let nack = try wire.next(RawPDU.genericNack)
    try stage.check(nack.status == 2, "generic_nack with \(nack.status), not ESME_RINVCMDLEN")
    try wire.awaitEnd()
    try stage.bind()
    try stage.nothingMore()
  },
  Fault("a legal payload of nearly 64 KiB", "farhadi/node-smpp#128") { stage in
    let payload = [UInt8](repeating: 0x61, count: 65_000)
    try stage.deliver(stage.text([], tail: RawPDU.tlv(0x0424, payload)), expecting: nil)
    try stage.alive()
    try stage.deliver(stage.text(Array("after".utf8), from: stage.phone(1)))
  },
  Fault(
    "sequence numbers of 0, above 0x7FFFFFFF, and the same ones again", "farhadi/node-smpp#17",
    "ajankovic/smpp#3"
  ) {
    stage in
    for (n, sequence) in [0, 0xFFFF_FFFF, 0x8000_0000, 5, 5].enumerated() {
      try stage.wire.send(
        RawPDU(
          command: RawPDU.deliverSM, sequence: UInt32(sequence),
          body: stage.text(Array("number \(n)".utf8)).body))
      let answer = try stage.wire.next(RawPDU.deliverSM | RawPDU.response, sequence: UInt32(sequence))
      try stage.check(answer.status == 0, "answered with \(answer.status)")
      try stage.expectText("number \(n)")
    }
  },
  Fault("an unknown command", "praekeltfoundation/vumi#88", "jookies/jasmin#552") { stage in
    for command: UInt32 in [0x0000_0010, 0x0001_0200, 0x0000_0111] {
      let sequence = try stage.wire.request(command, [1, 2, 3])
      let nack = try stage.wire.next(RawPDU.genericNack, sequence: sequence)
      try stage.check(nack.status == 3, "generic_nack with \(nack.status), not ESME_RINVCMDID")
    }
    try stage.nothingMore()
  },
  Fault("a request that is none of a carrier's", "SMPP 3.4, 2.3") { stage in
    let sequence = try stage.wire.request(RawPDU.submitSM, stage.text(Array("wrong way".utf8)).body)
    let answer = try stage.wire.next(RawPDU.submitSM | RawPDU.response, sequence: sequence)
    try stage.check(answer.status != 0, "a submit_sm to us as ESME was accepted")
    try stage.nothingMore()
  },
  Fault("responses nobody asked for", "praekeltfoundation/vumi#404", "AdhamAwadhi/JamaaSMPP#50") { stage in
    for command in [RawPDU.submitSM, RawPDU.enquireLink, RawPDU.bindTransceiver, RawPDU.unbind, 0x0101_0101] {
      try stage.wire.send(RawPDU(command: command | RawPDU.response, sequence: 4711, body: []))
    }
    try stage.wire.send(RawPDU(command: RawPDU.genericNack, status: 3, sequence: 4712))
    try stage.nothingMore()
  },
]

/// Answers to submit_sm.
let submitFaults: [Fault] = [
  Fault(
    "an error response with a body, without one, with TLVs after it", "mozes/smpp.pdu#6", "funbox/smppex#6",
    "linxGnu/gosmpp#192", "jookies/jasmin#124", "jookies/jasmin#128", "twitter-archive/cloudhopper-smpp#31"
  ) { stage in
    let bodies: [[UInt8]] = [
      [], [0], Array("some-id\0".utf8), Array("no end".utf8),
      Array("id\0".utf8) + RawPDU.tlv(0x001D, Array("bad\0".utf8)),
      [0, 0, 0],
    ]
    for body in bodies {
      let message = try stage.send("Hello")
      try stage.wire.answer(try stage.submitted().pdu, status: 0x0B, body)
      try stage.awaitState(message, .failed)
    }
    try stage.alive()
  },
  Fault("a success response without a body", "jookies/jasmin#124") { stage in
    let message = try stage.send("Hello")
    try stage.wire.answer(try stage.submitted().pdu)
    try stage.awaitState(message, .sent)
    try stage.alive()
  },
  Fault("statuses nobody knows", "jookies/jasmin#100", "jookies/jasmin#552") { stage in
    for status: UInt32 in [0x106, 0x22, 0x7FFF_FFFF] {
      let message = try stage.send("Hello")
      try stage.wire.answer(try stage.submitted().pdu, status: status)
      try stage.awaitState(message, .failed)
    }
    try stage.alive()
  },
  Fault("a refused message is sent again and again", "jookies/jasmin#1036", "jookies/jasmin#1079") { stage in
    let message = try stage.send("Hello")
    try stage.wire.answer(try stage.submitted().pdu, status: 0x0B)
    try stage.awaitState(message, .failed)
    try stage.nothingMore()
    try stage.check(try !stage.wireHas(RawPDU.submitSM), "it was sent again")
  },
  Fault("one phone that is refused stops everybody's texts", "chatwoot/chatwoot#9000") { stage in
    let refused = try stage.send("Hello", to: stage.phone(1))
    try stage.wire.answer(try stage.submitted().pdu, status: 0x0B)
    try stage.awaitState(refused, .failed)
    let other = try stage.sent(id: "next", to: stage.phone(2))
    try stage.awaitState(other, .sent)
  },
  Fault("generic_nack answers a submit_sm", "funbox/smppex#58", "praekeltfoundation/vumi#404") { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.wire.send(RawPDU(command: RawPDU.genericNack, status: 0x03, sequence: submit.sequence))
    try stage.awaitState(message, .failed)
    try stage.alive()
  },
  Fault("generic_nack with status 0 answers a submit_sm", "aiosmpplib 0.7.4") { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.wire.send(RawPDU(command: RawPDU.genericNack, status: 0, sequence: submit.sequence))
    try stage.nothingMore()
    let state = try stage.state(message)
    try stage.check(state != .sent && state != .delivered, "a nack makes it \(state)")
  },
  Fault("a response under another number than the request's", "AdhamAwadhi/JamaaSMPP#50") { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.wire.send(
      RawPDU(
        command: RawPDU.submitSM | RawPDU.response, sequence: submit.sequence &+ 1000,
        body: Array("stray\0".utf8)))
    try stage.alive()
    try stage.accept(submit, "the-right-one")
    try stage.awaitState(message, .sent)
    try stage.receipt(FaultStage.receipt("the-right-one"))
    try stage.awaitState(message, .delivered)
  },
  Fault("a response comes twice", "praekeltfoundation/vumi#404") { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.accept(submit, "first")
    try stage.accept(submit, "second")
    try stage.receipt(FaultStage.receipt("first"))
    try stage.awaitState(message, .delivered)
  },
  Fault("two messages get the same id", "jookies/jasmin#375") { stage in
    let first = try stage.sent(id: "same")
    let second = try stage.sent(id: "same", to: stage.phone(1))
    try stage.awaitState(second, .sent)
    try stage.receipt(FaultStage.receipt("same"))
    try stage.receipt(FaultStage.receipt("same"))
    try stage.nothingMore()
    _ = try (stage.state(first), stage.state(second))
  },
  Fault(
    "a throttled message loses its place, or is lost", "praekeltfoundation/vumi#767", "jookies/jasmin#796",
    "jookies/jasmin#924"
  ) {
    stage in
    let messages = try (0..<3).map { try stage.send("in order \($0)", to: stage.phone(7)) }
    var order: [String] = []
    var throttled = false
    while order.count < 3 {
      let (pdu, message) = try stage.submitted()
      if message.plainText == "in order 1", !throttled {
        throttled = true
        try stage.wire.answer(pdu, status: 0x58)
        continue
      }
      order.append(message.plainText)
      try stage.accept(pdu, "throttled-\(order.count)")
    }
    for message in messages { try stage.awaitState(message, .sent) }
    try stage.check(throttled && Set(order).count == 3, "sent \(order)")
  },
  Fault("a full message queue there (ESME_RMSGQFUL)", "jookies/jasmin#925", "kneodev/ksmppd#126") { stage in
    let message = try stage.send("Hello")
    try stage.wire.answer(try stage.submitted().pdu, status: 0x14)
    try stage.accept(try stage.submitted().pdu, "taken")
    try stage.awaitState(message, .sent)
  },
  Fault("ESME_RSUBMITFAIL ends more than its own message", "jookies/jasmin#1234") { stage in
    let message = try stage.send("Hello", to: stage.phone(1))
    try stage.wire.answer(try stage.submitted().pdu, status: 0x45)
    let other = try stage.send("Hello", to: stage.phone(2))
    // The refused one may be tried once more; the other one is not held up by it.
    while try stage.state(other) != .sent {
      let (pdu, text) = try stage.submitted()
      if text.destination == stage.phone(2) {
        try stage.accept(pdu, "other")
        try stage.awaitState(other, .sent)
      } else {
        try stage.wire.answer(pdu, status: 0x45)
      }
    }
    _ = try stage.state(message)
    try stage.alive()
  },
]

extension FaultStage {
  /// Whether such a PDU came and was not asked for.
  func wireHas(_ command: UInt32) throws -> Bool { try wire.unasked.contains { $0.command == command } }
}
