import Contract
import Foundation
import TestSupport

/// Sessions: how they begin, end and come again.
let sessionFaults: [Fault] = bindAnswers + sessionRows

/// What carriers write into bind_resp: system_id, and perhaps sc_interface_version.
private let bindAnswers: [Fault] =
  [[], [0x34], [0x50], [34], [0], [0x33]].map { (version: [UInt8]) in
    Fault(
      "a bind_resp with sc_interface_version \(version)", "komuw/naz#184", "Rusmpp/Rusmpp#42", binds: false
    ) { stage in
      try stage.bind(Array("smsc\0".utf8) + (version.isEmpty ? [] : RawPDU.tlv(0x0210, version)))
      try stage.nothingMore()
    }
  }
  + [0, 40].map { count in
    Fault("a bind_resp with a system_id of \(count) octets", "funbox/smppex#61", binds: false) { stage in
      try stage.bind(Array(String(repeating: "x", count: count).utf8) + [0])
      try stage.nothingMore()
    }
  } + [
    Fault("a bind_resp without a body", "funbox/smppex#61", binds: false) { stage in
      try stage.bind([])
      try stage.nothingMore()
    }
  ]

private let sessionRows: [Fault] = [
  Fault("a bind is refused with a header alone", "smpp34 1.5.0", binds: false) { stage in
    let (wire, bind) = try stage.connect()
    try wire.answer(bind, status: 0x0D)
    try wire.awaitEnd()
    try stage.bind()
    try stage.alive()
  },
  Fault(
    "already bound (ESME_RALYBND), after a lost connection", "uudashr/jsmpp#54", "RestComm/load-balancer#95"
  ) { stage in
    stage.close()
    let (wire, bind) = try stage.connect()
    try wire.answer(bind, status: 0x05)
    try wire.awaitEnd()
    try stage.bind()
    try stage.nothingMore()
    try stage.check(
      try stage.wire.read.count { $0.command == RawPDU.bindTransceiver } == 1, "it bound more than once")
  },
  Fault("enquire_link before the bind is answered", "jookies/jasmin#425", binds: false) { stage in
    let (wire, bind) = try stage.connect()
    let sequence = try wire.request(RawPDU.enquireLink)
    _ = try wire.next(RawPDU.enquireLink | RawPDU.response, sequence: sequence)
    try wire.answer(bind, Array("late\0".utf8))
    try stage.nothingMore()
  },
  Fault("texts before the bind is answered", "opentelecoms-org/jsmpp#82", binds: false) { stage in
    let (wire, bind) = try stage.connect()
    let sequence = try wire.request(RawPDU.deliverSM, stage.text(Array("too soon".utf8)).body)
    let answer = try wire.next(RawPDU.deliverSM | RawPDU.response, sequence: sequence)
    try stage.check(answer.status != 0, "taken before the bind")
    try wire.answer(bind, Array("late\0".utf8))
    try stage.nothingMore()
  },
  Fault(
    "the other side unbinds, and closes right after our answer", "mozes/smpp.pdu#7", "OpenSIPS/opensips#1931"
  ) { stage in
    try stage.unbindFromHere()
    try stage.bind()
    try stage.nothingMore()
  },
  Fault(
    "unbind and the end of the connection come together", "mozes/smpp.pdu#7", "aiosmpplib 0.7.4"
  ) { stage in
    let sequence = try stage.wire.request(RawPDU.unbind)
    try stage.wire.finishWriting()
    _ = try stage.wire.next(RawPDU.unbind | RawPDU.response, sequence: sequence)
    try stage.bind()
    try stage.nothingMore()
  },
  Fault("the connection ends without a word", "praekeltfoundation/vumi#624", "OpenSIPS/opensips#1728") {
    stage in
    stage.close()
    try stage.bind()
    try stage.nothingMore()
  },
  Fault(
    "what is in the window vanishes with the connection", "funbox/smppex#18", "jookies/jasmin#247",
    "gammu/gammu#274"
  ) {
    stage in
    let message = try stage.send("Hello")
    _ = try stage.submitted()
    stage.close()
    try stage.awaitState(message, .unknown)
    try stage.bind()
    try stage.nothingMore()
    try stage.check(try !stage.wireHas(RawPDU.submitSM), "it was sent a second time")
  },
  Fault(
    "a late response, after its time, makes a duplicate", "opentelecoms-org/jsmpp#63", "jookies/jasmin#247",
    responseTimeoutSeconds: 1
  ) { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.awaitState(message, .unknown)
    try stage.accept(submit, "late-1")
    try stage.awaitState(message, .sent)
    try stage.receipt(FaultStage.receipt("late-1"))
    try stage.awaitState(message, .delivered)
    try stage.check(try !stage.wireHas(RawPDU.submitSM), "it was sent a second time")
  },
  Fault("a receipt settles what was never answered", "jookies/jasmin#247", responseTimeoutSeconds: 1) {
    stage in
    let message = try stage.send("Hello")
    _ = try stage.submitted()
    try stage.awaitState(message, .unknown)
    let time = DateFormatter()
    time.dateFormat = "yyMMddHHmmss"
    time.timeZone = TimeZone(identifier: "UTC")
    let now = time.string(from: Date())
    try stage.receipt(
      "id:who-knows sub:001 dlvrd:001 submit date:\(now) done date:\(now) stat:DELIVRD err:000 text:")
    try stage.awaitState(message, .delivered)
  },
  Fault("a text comes again because its answer was lost", "jookies/jasmin#706", "nyaruka/courier#23") {
    stage in
    let text = stage.text(Array("once".utf8))
    try stage.wire.request(RawPDU.deliverSM, text.body)
    try stage.expectText("once")
    stage.close()
    try stage.bind()
    try stage.deliver(text)
    try stage.nothingMore()
    try stage.deliver(text)
    try stage.expectText("once")
  },
  Fault(
    "the window there is small, and answers come late", "jookies/jasmin#1167", "fiorix/go-smpp#2", window: 4
  ) { stage in
    for n in 0..<12 { _ = try stage.send("window \(n)", to: stage.phone(n)) }
    var random = SeededGenerator(seed: 12)
    var held: [RawPDU] = []
    var seen: Set<String> = []
    while seen.count < 12 {
      while held.count < min(4, 12 - seen.count) {
        held.append(try stage.submitted().pdu)
      }
      try stage.alive()
      try stage.check(try !stage.wireHas(RawPDU.submitSM), "more than four are unanswered")
      for pdu in held.shuffled(using: &random) {
        seen.insert(ShortMessage(body: pdu.body)?.plainText ?? "?")
        try stage.accept(pdu, "w-\(pdu.sequence)")
      }
      held = []
    }
    try stage.check(seen.count == 12, "sent \(seen)")
  },
  Fault(
    "it never asks whether we are there, and never answers", "praekeltfoundation/vumi#636",
    profile: "enquire_link_s: 1, enquire_link_answer_s: 1"
  ) { stage in
    try stage.alive()
    // Nothing is read or answered from here on.
    let again = try stage.listener.accept(within: .seconds(40))
    _ = try again.next(RawPDU.bindTransceiver)
  },
]

extension FaultStage {
  /// This side unbinds; the answer comes and the connection ends.
  func unbindFromHere() throws {
    let sequence = try wire.request(RawPDU.unbind)
    let answer = try wire.next(RawPDU.unbind | RawPDU.response, sequence: sequence)
    try check(answer.status == 0, "unbind answered with \(answer.status)")
    close()
  }
}
