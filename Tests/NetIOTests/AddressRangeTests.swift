import NetIO
import Testing

@Test(arguments: [
  ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
  ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
  ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
  ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
  ("2001:db8::1/128", "2001:db8::1", true), ("::/0", "2001:db8::1", true),
  ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true),
  ("2001:db8:0:0:8000::/65", "2001:db8::1", false),
])
func aRangeHoldsTheAddressesOfItsPrefix(range: String, address: String, holds: Bool) throws {
  let range = try #require(AddressRange(range))
  let address = try #require(SocketAddress(host: address, port: 4711))
  #expect(range.contains(address) == holds)
}

@Test(arguments: [
  "", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.1/24", "2001:db8::/129",
  "fe80::1%lo", "name", "192.0.2.0/24/24", "2001:db8::1/32",
])
func whatIsNoRangeIsRefused(text: String) { #expect(AddressRange(text) == nil) }

@Test func aRangeReadsAsItWasWritten() throws {
  for text in ["192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1"] {
    #expect(try #require(AddressRange(text)).description == text)
  }
}

@Test func secretsAreEqualOctetForOctetAndInLength() {
  #expect(SecretComparison.equal(Array("tr1ckle".utf8), Array("tr1ckle".utf8)))
  #expect(!SecretComparison.equal(Array("tr1ckle".utf8), Array("tr1ckl".utf8)))
  #expect(!SecretComparison.equal(Array("tr1ckle".utf8), Array("tr1ckle\0".utf8)), "a NUL counts")
  #expect(!SecretComparison.equal([], [0]))
  #expect(SecretComparison.equal([UInt8](), [UInt8]()))
  #expect(!SecretComparison.equal([UInt8](repeating: 1, count: 256), [UInt8](repeating: 1, count: 256)))
}
