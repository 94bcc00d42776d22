import Contract
import NetIO
import Testing

@testable import SocketClient

/// What the server says stands in the socket before it is asked for, so nothing here waits.
@Suite struct APIClientTests {
  private static func greeted() throws -> (client: APIClient, server: FakeServer) {
    let pair = try UnixSocket.pair()
    let server = FakeServer(pair.second)
    server.say(FakeServer.greeting)
    return (try APIClient(pair.first, client: "test", timeout: .seconds(20)), server)
  }

  @Test func whatComesWhileAnAnswerIsAwaitedIsKept() throws {
    let (client, server) = try Self.greeted()
    #expect(client.hello.newest == Cursor(9))
    let heartbeat =
      #"{"jsonrpc":"2.0","method":"feed.heartbeat","params":{"consumer":"crm","newest":"cur_9","lag":9}}"#
    let ids = try client.send(contentsOf: [RepList(), RepList()])
    server.say(heartbeat)
    for id in ids.reversed() { server.say(#"{"jsonrpc":"2.0","id":\#(id),"result":{"items":[]}}"#) }
    for id in ids { #expect(try client.reply(to: id).error == nil) }
    guard case .heartbeat(let params)? = try client.nextNotification(within: .seconds(20)) else {
      Issue.record("no heartbeat")
      return
    }
    #expect(params.lag == 9)
    #expect(try client.nextNotification(within: .zero) == nil)
    #expect(server.lines().count == 3)
  }

  @Test func theServersErrorIsThrown() throws {
    let (client, server) = try Self.greeted()
    server.say(#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"failed"}}"#)
    #expect(throws: APIError(.internalError, "failed")) { try client.call(RepList()) }
  }

  @Test func aServerThatIsGoneIsSaidAfterWhatItSaidLast() throws {
    let (client, server) = try Self.greeted()
    server.say(#"{"jsonrpc":"2.0","id":1,"result":{"items":[]}}"#)
    server.close()
    #expect(try client.call(RepList()).items.isEmpty)
    #expect(throws: ClientFailure.closed) { try client.call(RepList()) }
  }

  @Test func aRefusedConnectionIsTheServersError() throws {
    let pair = try UnixSocket.pair()
    let server = FakeServer(pair.second)
    server.say(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32003,"message":"busy, try again"}}"#)
    do {
      _ = try APIClient(pair.first, client: "test", timeout: .seconds(20))
      Issue.record("not refused")
    } catch {
      #expect(error as? APIError == APIError(.busy, "busy, try again"))
    }
  }

  @Test func nobodyAtThePathIsSaidPlainly() {
    #expect(
      throws: ClientFailure.unreachable(
        path: "/nonexistent/x.sock", SystemError(call: "connect", errno: .noSuchFile))
    ) {
      try APIClient(path: "/nonexistent/x.sock", client: "test")
    }
  }
}
