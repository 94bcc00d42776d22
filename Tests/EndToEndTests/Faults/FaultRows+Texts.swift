import Contract

/// Texts: alphabets, long messages, where the octets are.
let textFaults: [Fault] = [
  Fault(
    "the text is in message_payload, sm_length is 0", "praekeltfoundation/vumi#330",
    "AdhamAwadhi/JamaaSMPP#27"
  ) {
    stage in
    try stage.deliver(stage.text([], tail: RawPDU.tlv(0x0424, Array("in the payload".utf8))))
    try stage.expectText("in the payload")
  },
  Fault("a user data header is in message_payload", "linxGnu/gosmpp#55") { stage in
    for n: UInt8 in 1...2 {
      let octets = FaultStage.part(7, n, of: 2, Array("part \(n) ".utf8))
      try stage.deliver(stage.text([], esmClass: 0x40, tail: RawPDU.tlv(0x0424, octets)))
    }
    try stage.expectText("part 1 part 2 ")
  },
  Fault("short_message and message_payload are both there", "praekeltfoundation/vumi#330") { stage in
    let answer = try stage.deliver(
      stage.text(Array("short".utf8), tail: RawPDU.tlv(0x0424, Array("payload".utf8))), expecting: nil)
    if answer.status == 0 {
      let text = try stage.nextText().text
      try stage.check(text == "short" || text == "payload", "the feed tells \(text)")
    }
    try stage.nothingMore()
  },
  Fault(
    "GSM 7-bit text is packed, with a spurious @ at its end", "python-smpplib/python-smpplib#123",
    "fiorix/go-smpp#75", "fiorix/go-smpp#108", profile: #"default_alphabet: "gsm7_packed""#
  ) { stage in
    // Seven characters in seven octets: the seven bits left over read as @.
    try stage.deliver(stage.text([0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x00]))
    try stage.expectText("1234567")
  },
  Fault(
    "data_coding 0 means Latin-1 there", "kneodev/ksmppd#50", "python-smpplib/python-smpplib#261",
    "jookies/jasmin#800", profile: #"default_alphabet: "latin1""#
  ) { stage in
    try stage.deliver(stage.text([0x63, 0x61, 0x66, 0xE9]))
    try stage.expectText("café")
    _ = try stage.send("café")
    let submit = try stage.submitted()
    try stage.check(submit.message.text == [0x63, 0x61, 0x66, 0xE9], "sent \(submit.message.text)")
  },
  Fault("characters of the default alphabet and of its extension", "jookies/jasmin#750", "jookies/jasmin#800")
  {
    stage in
    try stage.deliver(stage.text([0x63, 0x61, 0x66, 0x05, 0x20, 0x1B, 0x65, 0x1B, 0x28, 0x1B, 0x29]))
    try stage.expectText("café €{}")
    _ = try stage.send("café €{}")
    let submit = try stage.submitted()
    try stage.check(
      submit.message.text == [0x63, 0x61, 0x66, 0x05, 0x20, 0x1B, 0x65, 0x1B, 0x28, 0x1B, 0x29],
      "sent \(submit.message.text)")
  },
  Fault("text is cut at a 0x00 octet, which is @", "onlinecity/php-smpp#28", "OpenSIPS/opensips#1935") {
    stage in
    try stage.deliver(stage.text([0x61, 0x00, 0x62]))
    try stage.expectText("a@b")
    _ = try stage.send("a@b")
    let submit = try stage.submitted()
    try stage.check(submit.message.text == [0x61, 0x00, 0x62], "sent \(submit.message.text)")
  },
  Fault(
    "UCS-2 with a byte order mark, of either order", "telenordigital/sms-smpp#93", "joaogervasoni/smppjs#51",
    "jookies/jasmin#702"
  ) { stage in
    try stage.deliver(stage.text([0xFE, 0xFF] + "Привет".utf16BigEndian, coding: 8))
    try stage.expectText("Привет")
    let little = "Привет".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    try stage.deliver(stage.text([0xFF, 0xFE] + little, coding: 8))
    try stage.expectText("Привет")
    _ = try stage.send("Привет")
    let submit = try stage.submitted()
    try stage.check(
      submit.message.dataCoding == 8 && submit.message.text == "Привет".utf16BigEndian,
      "sent \(submit.message.text)")
  },
  Fault(
    "splitting cuts a surrogate pair in two", "onlinecity/php-smpp#17", "telenordigital/sms-smpp#172",
    "linxGnu/gosmpp#136", "kneodev/ksmppd#170", "jookies/jasmin#256"
  ) { stage in
    for length in 64...68 {
      let text = String(repeating: "я", count: length) + "😀" + String(repeating: "ж", count: 10)
      _ = try stage.send(text)
      var whole: [UInt16] = []
      for _ in 1...2 {
        let (pdu, message) = try stage.submitted()
        try stage.accept(pdu, "cut-\(length)-\(whole.count)")
        let octets = Array(message.text.dropFirst(6))
        try stage.check(octets.count % 2 == 0, "an odd part")
        let units = stride(from: 0, to: octets.count, by: 2).map {
          UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
        }
        try stage.check(
          !UTF16.isLeadSurrogate(units.last ?? 0) && !UTF16.isTrailSurrogate(units.first ?? 0),
          "cut in two at \(length)")
        whole += units
      }
      try stage.check(String(decoding: whole, as: UTF16.self) == text, "the parts do not make the text")
    }
  },
  Fault("splitting cuts an escape and its character apart", "gammu/gammu#95", "jookies/jasmin#883") { stage in
    let text = String(repeating: "a", count: 152) + "€" + String(repeating: "b", count: 20)
    _ = try stage.send(text)
    let first = try stage.submitted()
    try stage.check(first.message.text.last != 0x1B, "the first part ends in an escape")
    try stage.accept(first.pdu, "esc-1")
    let second = try stage.submitted()
    try stage.check(
      Array(second.message.text.dropFirst(6).prefix(2)) == [0x1B, 0x65], "the second begins otherwise")
  },
  Fault("the other side cuts a surrogate pair in two", "jookies/jasmin#256", "jookies/jasmin#664") { stage in
    let octets = "Привет 😀!".utf16BigEndian
    let cut = "Привет ".utf16BigEndian.count + 2
    for (n, part) in [Array(octets[..<cut]), Array(octets[cut...])].enumerated() {
      try stage.deliver(
        stage.text(FaultStage.part(3, UInt8(n + 1), of: 2, part), esmClass: 0x40, coding: 8))
    }
    try stage.expectText("Привет 😀!")
  },
  Fault("the other side cuts an escape and its character apart", "python-smpplib's smpplib.gsm") { stage in
    try stage.deliver(stage.text(FaultStage.part(3, 1, of: 2, [0x61, 0x1B]), esmClass: 0x40))
    try stage.deliver(stage.text(FaultStage.part(3, 2, of: 2, [0x65, 0x62]), esmClass: 0x40))
    try stage.expectText("a€b")
  },
  Fault(
    "parts come in any order and more than once", "jookies/jasmin#513", "jookies/jasmin#1232"
  ) { stage in
    for n: UInt8 in [3, 1, 3, 1, 2] {
      try stage.deliver(stage.text(FaultStage.part(9, n, of: 3, Array("\(n)-".utf8)), esmClass: 0x40))
    }
    try stage.expectText("1-2-3-")
    try stage.nothingMore()
  },
  Fault("references of 16 bits, and reference 0", "linxGnu/gosmpp#136") { stage in
    for n: UInt8 in 1...2 {
      try stage.deliver(stage.text([6, 8, 4, 0, 0, 2, n] + Array("wide \(n) ".utf8), esmClass: 0x40))
    }
    try stage.expectText("wide 1 wide 2 ")
    for n: UInt8 in 1...2 {
      try stage.deliver(stage.text(FaultStage.part(0, n, of: 2, Array("zero \(n) ".utf8)), esmClass: 0x40))
    }
    try stage.expectText("zero 1 zero 2 ")
  },
  Fault("parts by sar_ parameters", "SMPP 3.4, 5.3.2.22") { stage in
    for n: UInt8 in [2, 1] {
      let sar =
        RawPDU.tlv(0x020C, [0, 5]) + RawPDU.tlv(0x020E, [2]) + RawPDU.tlv(0x020F, [n])
      try stage.deliver(stage.text(Array("sar \(n) ".utf8), tail: sar))
    }
    try stage.expectText("sar 1 sar 2 ")
  },
  Fault("long texts by UDH are cut when one part is in another charset", "jookies/jasmin#883") { stage in
    let text = String(repeating: "plain text ", count: 12) + "ж"
    _ = try stage.send(text)
    var octets: [UInt8] = []
    for n in 1...2 {
      let (pdu, message) = try stage.submitted()
      try stage.check(message.dataCoding == 8, "part \(n) has data_coding \(message.dataCoding)")
      octets += message.text.dropFirst(6)
      try stage.accept(pdu, "mixed-\(n)")
    }
    try stage.check(octets == text.utf16BigEndian, "the parts do not make the text")
  },
  Fault("a header that cannot be read", "jookies/jasmin#664") { stage in
    // Longer than the text; of length 0; with an element cut off; with a part number above the total.
    let broken: [[UInt8]] = [
      [200, 0, 3, 1, 2, 1, 0x61], [0, 0x61], [5, 0, 9, 1, 2, 1, 0x61], [5, 0, 3, 1, 2, 3, 0x61],
    ]
    for octets in broken { try stage.deliver(stage.text(octets, esmClass: 0x40), expecting: nil) }
    try stage.alive()
    let after = try stage.deliver(stage.text(Array("after".utf8), from: stage.phone(1)))
    try stage.check(after.status == 0, "the next text is refused")
  },
]
