import Contract

/// Receipts and the ids that tie them to what was sent.
let receiptFaults: [Fault] = [
  Fault(
    "ids are hexadecimal in the response and decimal in the receipt", "elibom/mokai#8", "jookies/jasmin#20",
    "opentelecoms-org/jsmpp#56", profile: #"receipts: { id: "hex_to_decimal" }"#
  ) { try $0.delivered(response: "A0FFE0", receipt: "10551264") },
  Fault(
    "ids are decimal in the response and hexadecimal in the receipt", "jookies/jasmin#210",
    profile: #"receipts: { id: "decimal_to_hex" }"#
  ) { try $0.delivered(response: "10551264", receipt: "a0ffe0") },
  Fault("a hexadecimal id loses its leading zeros on one side", "jookies/jasmin#1129", "jookies/jasmin#423") {
    try $0.delivered(response: "00A0FFE0", receipt: "A0FFE0")
  },
  Fault("a decimal id loses its leading zeros on one side", "jookies/jasmin#643", "jookies/jasmin#375") {
    try $0.delivered(response: "0012345678", receipt: "12345678")
  },
  Fault(
    "an id changes case and loses its hyphens", "jookies/jasmin#953", "jookies/jasmin#405",
    "jookies/jasmin#535"
  ) {
    try $0.delivered(
      response: "5B3A2F10-4C77-4D0E-9A41-0C7E5D1F2A3B", receipt: "5b3a2f104c774d0e9a410c7e5d1f2a3b")
  },
  Fault(
    "ids are told apart by case, and nothing is guessed", "jookies/jasmin#405",
    profile: #"receipts: { id: "exact" }"#
  ) { stage in
    let lower = try stage.sent(id: "abc1")
    let upper = try stage.sent(id: "ABC1", to: stage.phone(1))
    try stage.receipt(FaultStage.receipt("ABC1"))
    try stage.awaitState(upper, .delivered)
    try stage.nothingMore()
    try stage.expectState(lower, .sent)
  },
  Fault("the receipt comes before the response", "elibom/mokai#15", "jookies/jasmin#423") { stage in
    let message = try stage.send("Hello")
    let submit = try stage.submitted().pdu
    try stage.receipt(FaultStage.receipt("early-1"))
    try stage.accept(submit, "early-1")
    try stage.awaitState(message, .delivered)
  },
  Fault(
    "a long message has one receipt for each part, in any order", "jookies/jasmin#663", "jookies/jasmin#1190",
    "jookies/jasmin#834"
  ) { stage in
    let message = try stage.send(String(repeating: "word ", count: 80))
    for part in 1...3 { try stage.accept(try stage.submitted().pdu, "part-\(part)") }
    try stage.awaitState(message, .sent)
    for part in [3, 1] { try stage.receipt(FaultStage.receipt("part-\(part)")) }
    try stage.expectState(message, .sent)
    try stage.receipt(FaultStage.receipt("part-2"))
    try stage.awaitState(message, .delivered)
  },
  Fault("only one part of a long message has a receipt", "jookies/jasmin#1123", "kneodev/ksmppd#35") {
    stage in
    let message = try stage.send(String(repeating: "word ", count: 80))
    for part in 1...3 { try stage.accept(try stage.submitted().pdu, "only-\(part)") }
    try stage.receipt(FaultStage.receipt("only-3"))
    try stage.nothingMore()
    try stage.expectState(message, .sent)
  },
  Fault("the receipt's text and its receipted_message_id have different ids", "jookies/jasmin#427") { stage in
    let wrong = try stage.sent(id: "111")
    let right = try stage.sent(id: "222", to: stage.phone(1))
    try stage.receipt(
      FaultStage.receipt("111"), tail: RawPDU.tlv(0x001E, Array("222".utf8) + [0]) + RawPDU.tlv(0x0427, [2]))
    try stage.awaitState(right, .delivered)
    try stage.expectState(wrong, .sent)
  },
  Fault(
    "the text's id is the right one, at a carrier set so", "jookies/jasmin#427",
    profile: "receipts: { prefer_text: true }"
  ) { stage in
    let right = try stage.sent(id: "111")
    let wrong = try stage.sent(id: "222", to: stage.phone(1))
    try stage.receipt(FaultStage.receipt("111"), tail: RawPDU.tlv(0x001E, Array("222".utf8) + [0]))
    try stage.awaitState(right, .delivered)
    try stage.expectState(wrong, .sent)
  },
  Fault("ids of 64 octets, in receipted_message_id with a NUL and without", "kneodev/ksmppd#49") { stage in
    for (end, letter) in [([UInt8](), "a"), ([0], "b")] {
      let id = String(repeating: letter, count: 64)
      let message = try stage.sent(id: id)
      try stage.receipt(
        "no id here", tail: RawPDU.tlv(0x001E, Array(id.utf8) + end) + RawPDU.tlv(0x0427, [2]))
      try stage.awaitState(message, .delivered)
    }
  },
  Fault(
    "receipt texts lack fields, or have them in another order or case", "opentelecoms-org/jsmpp#62",
    "opentelecoms-org/jsmpp#74", "uudashr/jsmpp#67", "twitter-archive/cloudhopper-smpp#105"
  ) { stage in
    let texts = [
      "id:ID stat:DELIVRD", "stat:DELIVRD id:ID", "ID:ID SUB:001 DLVRD:001 STAT:DELIVRD ERR:000",
      "id:ID sub:001 dlvrd:001 submit date:2611260900 done date:2611260900 stat:DELIVRD err:000",
      "id: ID sub: 001 dlvrd: 001 stat: DELIVRD err: 000 text:", "id:ID stat:delivrd text:id:9 stat:UNDELIV",
    ]
    for (n, text) in texts.enumerated() {
      let message = try stage.sent(id: "78\(n)")
      try stage.receipt(text.replacing("ID ", with: "78\(n) ").replacing(":ID", with: ":78\(n)"))
      try stage.awaitState(message, .delivered)
    }
  },
  Fault(
    "a receipt that cannot be read is acknowledged and closes nothing", "opentelecoms-org/jsmpp#74",
    "funbox/smppex#66"
  ) { stage in
    for text in ["Message accepted for you", "", "id:", "stat:DELIVRD"] { try stage.receipt(text) }
    try stage.nothingMore()
  },
  Fault(
    "dates of 10, 12 and 14 digits, err of any kind", "jookies/jasmin#70", "onlinecity/php-smpp#70",
    "onlinecity/php-smpp#4", "twitter-archive/cloudhopper-smpp#40"
  ) { stage in
    let rest = [
      "submit date:2611260900 done date:2611260901 stat:UNDELIV err:1",
      "submit date:261126090000 done date:261126090001 stat:UNDELIV err:E4F",
      "submit date:20261126090000 done date:20261126090001 stat:UNDELIV err:0x45",
      "submit date:2026-11-26 done date:never stat:UNDELIV err:",
    ]
    for (n, rest) in rest.enumerated() {
      let message = try stage.sent(id: "88\(n)")
      try stage.receipt("id:88\(n) sub:001 dlvrd:000 \(rest) text:Hello")
      try stage.awaitState(message, .failed)
    }
  },
  Fault(
    "a receipt without the receipt bit, known by its TLV", "farhadi/node-smpp#140",
    "praekeltfoundation/vumi#872"
  ) {
    stage in
    let message = try stage.sent(id: "9001")
    try stage.receipt(
      FaultStage.receipt("9001"), esmClass: 0,
      tail: RawPDU.tlv(0x001E, Array("9001".utf8) + [0]) + RawPDU.tlv(0x0427, [2]))
    try stage.awaitState(message, .delivered)
    try stage.nothingMore()
  },
  Fault(
    "a receipt without the receipt bit and without a TLV, at a carrier set so", "funbox/smppex#66",
    profile: "receipts: { recognised_by_text: true }"
  ) { stage in
    let message = try stage.sent(id: "9002")
    try stage.receipt(FaultStage.receipt("9002"), esmClass: 0)
    try stage.awaitState(message, .delivered)
    try stage.nothingMore()
  },
  Fault("a person's text that looks like a receipt is a text", "funbox/smppex#66") { stage in
    try stage.deliver(stage.text(Array(FaultStage.receipt("1").utf8)))
    try stage.expectText(FaultStage.receipt("1"))
  },
  Fault("the receipt bit is set beside others", "farhadi/node-smpp#140") { stage in
    let message = try stage.sent(id: "9003")
    try stage.receipt(FaultStage.receipt("9003"), esmClass: 0x07)
    try stage.awaitState(message, .delivered)
  },
  Fault("data_coding 8 over a receipt in ASCII", "farhadi/node-smpp#68") { stage in
    let message = try stage.sent(id: "9004")
    try stage.receipt(FaultStage.receipt("9004"), coding: 8)
    try stage.awaitState(message, .delivered)
  },
  Fault("receipts quote the text in octets that are no ASCII", "farhadi/node-smpp#68") { stage in
    let message = try stage.sent(id: "9005")
    let octets = Array(FaultStage.receipt("9005").utf8) + [0x04, 0x1F, 0x00, 0xFF, 0x1B]
    try stage.deliver(stage.text(octets, esmClass: 0x04))
    try stage.awaitState(message, .delivered)
  },
  Fault("receipts come by data_sm", "jookies/jasmin#139") { stage in
    let message = try stage.sent(id: "9006")
    let body =
      [0, 1, 1] + Array(stage.phone().utf8) + [0, 1, 1] + Array(stage.number.utf8) + [0, 0x04, 0, 0]
      + RawPDU.tlv(0x001E, Array("9006".utf8) + [0]) + RawPDU.tlv(0x0427, [2])
    let sequence = try stage.wire.request(RawPDU.dataSM, body)
    let answer = try stage.wire.next(RawPDU.dataSM | RawPDU.response, sequence: sequence)
    try stage.check(answer.status == 0, "data_sm answered with \(answer.status)")
    try stage.awaitState(message, .delivered)
  },
  Fault("message_state has a value nobody knows", "opentelecoms-org/jsmpp#214") { stage in
    let message = try stage.sent(id: "9007")
    try stage.receipt("", tail: RawPDU.tlv(0x001E, Array("9007".utf8) + [0]) + RawPDU.tlv(0x0427, [99]))
    try stage.nothingMore()
    try stage.expectState(message, .sent)
  },
  Fault("the same receipt comes twice, and a late one says otherwise", "kneodev/ksmppd#94") { stage in
    let message = try stage.sent(id: "9008")
    for state in ["DELIVRD", "DELIVRD", "UNDELIV", "ENROUTE"] {
      try stage.receipt(FaultStage.receipt("9008", state))
    }
    try stage.nothingMore()
    try stage.awaitState(message, .delivered)
    let told = stage.app.events.count {
      $0.event.stateChanged?.messageID == message && $0.event.stateChanged?.state == .delivered
    }
    try stage.check(told == 1, "delivered was told \(told) times")
  },
]
