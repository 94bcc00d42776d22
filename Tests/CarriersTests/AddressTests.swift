import Carriers
import SMPP
import TestSupport
import Testing

@Suite("Addresses") struct AddressTests {
  struct Spelling: Sendable {
    var ton: UInt8 = TypeOfNumber.unknown
    var digits: String
  }

  @Test(arguments: [
    Spelling(ton: TypeOfNumber.international, digits: "18885551234"),
    Spelling(ton: TypeOfNumber.international, digits: "+18885551234"),
    Spelling(ton: TypeOfNumber.international, digits: "0018885551234"),
    Spelling(ton: TypeOfNumber.international, digits: "01118885551234"),
    Spelling(ton: TypeOfNumber.national, digits: "8885551234"),
    Spelling(ton: TypeOfNumber.national, digits: "18885551234"),
    Spelling(ton: TypeOfNumber.national, digits: "+18885551234"),
    Spelling(ton: TypeOfNumber.subscriberNumber, digits: "8885551234"),
    Spelling(ton: TypeOfNumber.networkSpecific, digits: "18885551234"),
    Spelling(ton: TypeOfNumber.abbreviated, digits: "8885551234"),
    Spelling(ton: TypeOfNumber.alphanumeric, digits: "18885551234"),
    Spelling(ton: TypeOfNumber.alphanumeric, digits: "+18885551234"),
    Spelling(ton: 7, digits: "8885551234"),
    Spelling(digits: "8885551234"),
    Spelling(digits: "18885551234"),
    Spelling(digits: "+18885551234"),
    Spelling(digits: "0018885551234"),
    Spelling(digits: "01118885551234"),
    Spelling(digits: "+1 888 555 1234"),
    Spelling(digits: "+1-888-555-1234"),
    Spelling(digits: "+1 (888) 555-1234"),
    Spelling(digits: "(888) 555-1234"),
    Spelling(digits: "888.555.1234"),
    Spelling(digits: "1/888/555/1234"),
    Spelling(digits: " 1 888 5551234 "),
  ])
  func `every spelling of a number is one E.164 number`(spelling: Spelling) {
    let address = Address(ton: spelling.ton, npi: 1, digits: COctetString(spelling.digits))
    #expect(AddressNormaliser().party(address) == .number("+18885551234"))
  }

  @Test(arguments: [
    (TypeOfNumber.international, "447700900123", Party.number("+447700900123")),
    (TypeOfNumber.unknown, "447700900123", .number("+447700900123")),
    (TypeOfNumber.unknown, "00447700900123", .number("+447700900123")),
    (TypeOfNumber.unknown, "011447700900123", .number("+447700900123")),
    (TypeOfNumber.international, "6561234567", .number("+6561234567")),
    (TypeOfNumber.unknown, "+6561234567", .number("+6561234567")),
    (TypeOfNumber.international, "123456789012345", .unusable),
    (TypeOfNumber.international, "443456789012345", .number("+443456789012345")),
    (TypeOfNumber.international, "4434567890123456", .unusable),
    (TypeOfNumber.international, "+1888555123", .unusable),
    (TypeOfNumber.international, "+11885551234", .unusable),
    (TypeOfNumber.national, "1234567890", .unusable),
    (TypeOfNumber.unknown, "123456789", .unusable),
    (TypeOfNumber.unknown, "12", .unusable),
    (TypeOfNumber.unknown, "", .unusable),
    (TypeOfNumber.unknown, "+", .unusable),
    (TypeOfNumber.unknown, "+0885551234", .unusable),
    (TypeOfNumber.unknown, "00000000", .unusable),
    (TypeOfNumber.unknown, "1+8885551234", .unusable),
    (TypeOfNumber.unknown, "*#06#", .unusable),
    (TypeOfNumber.unknown, "123456789012345678901234567890", .unusable),
    (TypeOfNumber.unknown, "55512", .shortCode("55512")),
    (TypeOfNumber.networkSpecific, "55512", .shortCode("55512")),
    (TypeOfNumber.abbreviated, "555", .shortCode("555")),
    (TypeOfNumber.international, "55512", .shortCode("55512")),
    (TypeOfNumber.alphanumeric, "55512", .shortCode("55512")),
    (TypeOfNumber.national, "12345678", .shortCode("12345678")),
    (TypeOfNumber.alphanumeric, "Acme Homes", .alphanumeric("Acme Homes")),
    (TypeOfNumber.alphanumeric, "1-800-FLOWERS", .alphanumeric("1-800-FLOWERS")),
    (TypeOfNumber.unknown, "AcmeHomes", .alphanumeric("AcmeHomes")),
    (TypeOfNumber.alphanumeric, "", .unusable),
  ])
  func `numbers of other countries, short codes and names are told apart`(
    ton: UInt8, digits: String, party: Party
  ) {
    let address = Address(ton: ton, npi: 1, digits: COctetString(digits))
    #expect(AddressNormaliser().party(address) == party)
  }

  @Test func `outside the NANP only international forms are numbers`() {
    var style = AddressStyle()
    style.country = .international
    let normaliser = AddressNormaliser(style)
    let cases: [(UInt8, String, Party)] = [
      (1, "447700900123", .number("+447700900123")),
      (0, "00447700900123", .number("+447700900123")),
      (0, "+447700900123", .number("+447700900123")),
      (2, "7700900123", .unusable),
      (0, "7700900123", .unusable),
      (1, "18885551234", .number("+18885551234")),
      (0, "55512", .shortCode("55512")),
    ]
    for (ton, digits, party) in cases {
      #expect(normaliser.party(Address(ton: ton, npi: 1, digits: COctetString(digits))) == party, "\(digits)")
    }
  }

  @Test func `a carrier that marks national numbers international is read so when set`() {
    let address = Address(ton: TypeOfNumber.international, npi: 1, digits: "6561234567")
    #expect(AddressNormaliser().party(address) == .number("+6561234567"))
    var style = AddressStyle()
    style.marksNationalInternational = true
    #expect(AddressNormaliser(style).party(address) == .number("+16561234567"))
  }

  // jasmin 562: a carrier marks ten national digits as international.
  @Test(arguments: [
    // A number of Egypt would begin otherwise; +888 is nobody's.
    ("2025557399", "+12025557399"), ("8885550104", "+18885550104"),
    // Singapore and Norway have these.
    ("6561234567", "+6561234567"), ("4721234567", "+4721234567"),
    // Neither here nor there: as it is marked.
    ("2911234567", "+2911234567"),
  ])
  func `ten digits marked international are national where only that is a number`(
    digits: String, number: String
  ) {
    let address = Address(ton: TypeOfNumber.international, npi: 1, digits: COctetString(digits))
    #expect(AddressNormaliser().party(address) == .number(number))
  }

  @Test(arguments: [
    ("NL", UInt8(0), "31600000001", "+31600000001"), ("NL", 0, "31612345678", "+31612345678"),
    ("NL", 2, "0612345678", "+31612345678"), ("NL", 2, "612345678", "+31612345678"),
    ("NL", 2, "0600000001", "+31600000001"), ("NL", 2, "600000001", "+31600000001"),
    ("NL", 1, "31600000001", "+31600000001"), ("NL", 1, "0612345678", "+31612345678"),
    ("NL", 1, "4915112345678", "+4915112345678"), ("NL", 0, "0031612345678", "+31612345678"),
    ("GB", 0, "447700900124", "+447700900124"), ("GB", 2, "07911123456", "+447911123456"),
    ("DK", 0, "31234567", "+4531234567"), ("DK", 0, "4531234567", "+4531234567"),
    // Rio Grande do Sul has the area code 55, as the country has.
    ("BR", 2, "55991234567", "+5555991234567"), ("BR", 0, "5551991234567", "+5551991234567"),
  ])
  func `numbers of other countries are read by their own rules`(
    country: String, ton: UInt8, digits: String, number: String
  ) {
    var style = AddressStyle()
    style.country = Country(iso: country)
    let address = Address(ton: ton, npi: 1, digits: COctetString(digits))
    #expect(AddressNormaliser(style).party(address) == .number(number))
  }

  @Test func `short codes stay short codes in every country`() {
    for country in ["NL", "DE", "GB", "US"] {
      var style = AddressStyle()
      style.country = Country(iso: country)
      for code in ["1234", "55512", "301234"] {
        let address = Address(ton: 0, npi: 1, digits: COctetString(code))
        #expect(AddressNormaliser(style).party(address) == .shortCode(code), "\(country) \(code)")
      }
    }
  }

  @Test func `an address names its other readings`() {
    let address = Address(ton: TypeOfNumber.international, npi: 1, digits: "6561234567")
    #expect(AddressNormaliser().otherParties(address) == [.number("+16561234567")])
    let open = Address(ton: TypeOfNumber.unknown, npi: 1, digits: "6561234567")
    #expect(AddressNormaliser().otherParties(open) == [.number("+6561234567")])
    let plus = Address(ton: TypeOfNumber.unknown, npi: 1, digits: "+6561234567")
    #expect(AddressNormaliser().otherParties(plus) == [])
  }

  @Test func `addresses are written as the profile has them, and read back the same`() {
    let cases: [(AddressStyle, Party, Address?)] = [
      (AddressStyle(), .number("+18885551234"), Address(ton: 1, npi: 1, digits: "18885551234")),
      (
        style { $0.writesPlus = true }, .number("+18885551234"),
        Address(ton: 1, npi: 1, digits: "+18885551234")
      ),
      (
        style { $0.writesNational = true }, .number("+18885551234"),
        Address(ton: 2, npi: 1, digits: "8885551234")
      ),
      (
        style { $0.writesNational = true }, .number("+447700900123"),
        Address(ton: 1, npi: 1, digits: "447700900123")
      ),
      (
        style {
          $0.destinationTON = 0
          $0.destinationNPI = 0
        }, .number("+18885551234"), Address(ton: 0, npi: 0, digits: "18885551234")
      ),
      (AddressStyle(), .shortCode("55512"), Address(ton: 3, npi: 0, digits: "55512")),
      (AddressStyle(), .alphanumeric("Acme Homes"), Address(ton: 5, npi: 0, digits: "Acme Homes")),
      (AddressStyle(), .alphanumeric("TwelveLetter"), nil),
      (AddressStyle(), .number("18885551234"), nil),
      (AddressStyle(), .number("+1888555123x"), nil),
      (AddressStyle(), .unusable, nil),
    ]
    for (style, party, address) in cases {
      let normaliser = AddressNormaliser(style)
      #expect(normaliser.destination(party) == address)
      if let address { #expect(normaliser.party(address) == party) }
    }
    #expect(
      AddressNormaliser(style { $0.sourceTON = 0 }).source(e164: "+18885551234")
        == Address(ton: 0, npi: 1, digits: "18885551234"))
  }

  private func style(_ change: (inout AddressStyle) -> Void) -> AddressStyle {
    var style = AddressStyle()
    change(&style)
    return style
  }

  @Test func `toll-free numbers are known by their area code`() {
    for code in ["800", "833", "844", "855", "866", "877", "888"] {
      #expect(TollFree.contains("+1\(code)5551234"))
    }
    for number in [
      "+12125551234", "+18225551234", "+448005551234", "+1800555123", "18005551234", "+18015551234",
    ] {
      #expect(!TollFree.contains(number), "\(number)")
    }
  }

  @Test func `countries are known by their ISO code`() {
    #expect(Country(iso: "US") == .nanp)
    #expect(Country(iso: "ca") == .nanp)
    #expect(Country(iso: "GB") != .international)
    #expect(Country(iso: "GB") == Country(iso: "gb"))
    #expect(Country(iso: "UK") == .international)
    #expect(Country(iso: "") == .international)
  }

  @Test(arguments: ["00", "011", "0011", "810"])
  func `a carrier's prefix is written, and read back`(prefix: String) {
    var style = AddressStyle()
    style.country = .international
    style.prefix = prefix
    let normaliser = AddressNormaliser(style)
    for number in ["+4915112345678", "+6561234567"] {
      let written = normaliser.destination(e164: number)
      #expect(written?.digits.string == prefix + number.dropFirst())
      #expect(written.map { normaliser.party($0) } == .number(number))
      #expect(
        normaliser.party(
          Address(ton: TypeOfNumber.unknown, npi: 1, digits: COctetString(prefix + number.dropFirst())))
          == .number(number))
      #expect(
        normaliser.party(
          Address(ton: TypeOfNumber.international, npi: 1, digits: COctetString(String(number.dropFirst()))))
          == .number(number))
    }
    #expect(normaliser.destination(.shortCode("55512"))?.digits == "55512")
  }

  @Test func `any octets are some party`() {
    var random = SeededGenerator(seed: 4)
    let normaliser = AddressNormaliser()
    for _ in 0..<20_000 {
      let octets = (0..<Int.random(in: 0...24, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0x2B...0x39, using: &random) : UInt8.random(in: 1...255, using: &random)
      }
      let address = Address(
        ton: UInt8.random(in: 0...8, using: &random), npi: 1, digits: COctetString(octets: octets))
      if case .number(let number) = normaliser.party(address) {
        let written = normaliser.destination(e164: number)
        #expect(written.map { normaliser.party($0) } == .number(number))
      }
    }
  }
}

@Suite("What the fuzzer of addresses found") struct AddressFindTests {
  @Test func `a short code of other than three to eight digits is not written`() {
    for text in ["", "12", "123456789", "+18885551234", "12a45", "١٢٣٤٥"] {
      #expect(AddressNormaliser().source(.shortCode(text)) == nil)
      #expect(AddressNormaliser().destination(.shortCode(text)) == nil)
    }
    #expect(AddressNormaliser().source(.shortCode("55512")) != nil)
  }

  @Test func `letters after a toll-free area code are no toll-free number`() {
    #expect(TollFree.contains("+18885550101"))
    #expect(!TollFree.contains("+1888ACMEHOM"))
    #expect(!TollFree.contains("+1888+++++++"))
  }
}
