import NetIO
import Testing

@Suite struct AddressTests {
  @Test(arguments: [
    ("127.0.0.1:2775", "127.0.0.1:2775"),
    ("[::1]:2775", "[::1]:2775"),
    ("[2001:0db8:0:0::0001]:1", "[2001:db8::1]:1"),
    ("[fe80::1%3]:80", "[fe80::1%3]:80"),
    ("0.0.0.0:0", "0.0.0.0:0"),
  ]) func numericAddressesAreReadAndWritten(text: String, canonical: String) {
    #expect(SocketAddress(text)?.description == canonical)
  }

  @Test(arguments: [
    "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "::1:2775",
    "[::1]", "localhost:2775", "256.0.0.1:1", "[]:1", "[::1%]:1", "1.2.3.4:1 ",
  ]) func whatIsNoNumericAddressIsNotTaken(text: String) {
    #expect(SocketAddress(text) == nil)
  }

  @Test func endpointsTakeNamesAndAddresses() {
    #expect(Endpoint("smsc.example:2775") == Endpoint(host: "smsc.example", port: 2775))
    #expect(Endpoint("[::1]:2775") == Endpoint(host: "::1", port: 2775))
    #expect(Endpoint("[::1]:2775")?.description == "[::1]:2775")
    #expect(Endpoint("smsc.example") == nil)
    #expect(Endpoint(String(repeating: "a", count: 256) + ":1") == nil)
  }

  @Test func localhostResolvesAndABadNameSaysWhy() throws {
    let loop = try EventLoop()
    let resolver = try Resolver(waker: loop.waker)
    #expect(resolver.resolve(Endpoint(host: "localhost", port: 2775), token: 1))
    #expect(resolver.resolve(Endpoint(host: "192.0.2.7", port: 80), token: 2))
    #expect(resolver.resolve(Endpoint(host: "bad..name", port: 80), token: 3))
    #expect(resolver.resolve(Endpoint(host: "localhost", port: 2775), token: 4))
    var answers: [Resolver.Answer] = []
    var events: [EventLoop.Event] = []
    while answers.count < 4 {
      loop.wait(until: nil, into: &events)
      resolver.answers.drain(into: &answers)
    }
    for answer in answers {
      switch answer.token {
      case 1, 4:
        let addresses = try answer.result.get()
        #expect(addresses.allSatisfy { ["127.0.0.1", "::1"].contains($0.host) && $0.port == 2775 })
      case 2:
        #expect(try answer.result.get().map(\.description) == ["192.0.2.7:80"])
      default:
        guard case .failure(.lookup) = answer.result else {
          Issue.record("a bad name has an address")
          continue
        }
      }
    }
    resolver.close()
    #expect(!resolver.resolve(Endpoint(host: "localhost", port: 1), token: 5))
  }

  @Test func errorsNameTheCallAndTheReason() {
    #expect(
      SystemError(call: "bind", errno: .addressInUse).description
        == "bind: Address already in use (EADDRINUSE)")
    #expect(Errno(rawValue: 9999).description == "error 9999")
  }
}
