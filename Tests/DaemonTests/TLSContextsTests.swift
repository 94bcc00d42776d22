import Configuration
import NetIO
import Testing

@testable import Daemon

@Suite struct TLSContextsTests {
  private func read(_ carrier: String) throws -> Configuration {
    try Configuration.parse(
      """
      { socket: { roles: { admin: { users: ["root"] } } }, brand: { name: "A", help: "STOP" },
        carriers: { c: { rate: 10, system_id: "a", password: { credential: "p" }, \(carrier) } } }
      """, file: "t", secrets: SecretSource(credentialsDirectory: nil, mayBeUnseen: true))
  }

  @Test func aReloadTakesCertificatesOnlyWhereThereWasTLS() throws {
    let before = try TLSContexts(try read("connect: { host: 'h', tls: { verify: 'none' } }"))
    let plain = try read("connect: { host: 'h' }")
    #expect(try before.renewed(by: plain).clients.count == 1)
    let later = try read("connect: { host: 'h', tls: {} }")
    #expect(try TLSContexts(plain).renewed(by: later).clients.isEmpty)
    let renewed = try before.renewed(by: later)
    #expect(renewed.clients["c"]?.context !== before.clients["c"]?.context)
  }
}
