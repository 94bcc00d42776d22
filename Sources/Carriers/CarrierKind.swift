/// A kind of carrier with a name: what a carrier's `profile` may name, and what it lays the carrier's own values on.
///
/// Its settings are what an operator could have written under `profiles`: the same keys, the same spellings, JSON5. Each
/// says only what its source supports; everything else stays as SMPP 3.4 has it.
public struct CarrierKind: Sendable {
  public var name: String
  /// For whom it is, in a line.
  public var summary: String
  public var settings: String

  public static func named(_ name: String) -> CarrierKind? { all.first { $0.name == name } }

  /// An SMSC that follows SMPP 3.4: no settings, the defaults hold. What a carrier has that names no profile.
  public static let standard = CarrierKind(
    name: "smpp34", summary: "follows SMPP 3.4; the default", settings: "{}")

  public static let all: [CarrierKind] = [
    standard,

    // opentelecoms-org/jsmpp#56, elibom/mokai#8, jookies/jasmin#20; jsmpp's own server simulator does it.
    CarrierKind(
      name: "hex_ids",
      summary: "answers submit_sm with hexadecimal ids and writes them in decimal in receipts",
      settings: "{ receipts: { id: 'hex_to_decimal' } }"),

    // The reverse: jookies/jasmin#210; Kannel's user guide, smsc=smpp, msg-id-type.
    CarrierKind(
      name: "hex_receipts",
      summary: "answers submit_sm with decimal ids and writes them in hexadecimal in receipts",
      settings: "{ receipts: { id: 'decimal_to_hex' } }"),

    // SMPP 3.4, 5.2.19, leaves the alphabet of data_coding 0 to the SMSC. ISO 8859-1 is what Apache Camel's SMPP component
    // takes it for unless told otherwise; python-smpplib/python-smpplib#261, kneodev/ksmppd#50.
    CarrierKind(
      name: "latin1", summary: "means ISO 8859-1 by data_coding 0",
      settings: "{ default_alphabet: 'latin1' }"),

    // Oracle (Sun Java System) Messaging Server, SMSC_DEFAULT_CHARSET: US-ASCII is one of the two common choices.
    CarrierKind(
      name: "ascii", summary: "means ASCII by data_coding 0", settings: "{ default_alphabet: 'ascii' }"),

    // python-smpplib/python-smpplib#123, fiorix/go-smpp#75 and #108.
    CarrierKind(
      name: "packed", summary: "takes and sends GSM 03.38 with eight characters in seven octets",
      settings: "{ default_alphabet: 'gsm7_packed' }"),

    // farhadi/node-smpp#140, praekeltfoundation/vumi#872, funbox/smppex#66.
    CarrierKind(
      name: "unmarked_receipts",
      summary: "sends receipts without the receipt bit and without receipted_message_id",
      settings: "{ receipts: { recognised_by_text: true } }"),

    // Kannel's SMSC side (opensmppbox, ksmppd) names messages by UUID and repeats it unchanged: kneodev/ksmppd#49. What
    // data_coding 0 means there is its operator's choice (kneodev/ksmppd#50): see "latin1".
    CarrierKind(
      name: "kannel", summary: "a relay that is Kannel: ids are UUIDs, the same on both sides",
      settings: "{ receipts: { id: 'exact' } }"),

    // developers.clicksend.com/docs/smpp/v3: TON 1, NPI 0, window 10, keep-alive 30 s.
    CarrierKind(
      name: "clicksend", summary: "ClickSend",
      settings: """
        { addresses: { source: { ton: 1, npi: 0 }, destination: { ton: 1, npi: 0 } }, window: 10, enquire_link_s: 30 }
        """),

    // docs.cpaas.symphony.rakuten.net, SMPP API, timers: enquire_link every 20 s, the socket times out after 30 s.
    CarrierKind(
      name: "rakuten", summary: "Rakuten Symphony CPaaS",
      settings: "{ enquire_link_s: 20, enquire_link_answer_s: 10, enquire_link_misses: 1 }"),
  ]
}
