import NetIO
import SocketClient
import Testing

@Suite struct APIClientTests {
  @Test func nobodyAtThePathIsSaidPlainly() {
    #expect(
      throws: APIClient.Failure.unreachable(
        path: "/nonexistent/x.sock", SystemError(call: "connect", errno: .noSuchFile))
    ) {
      try APIClient(path: "/nonexistent/x.sock", client: "test")
    }
  }
}
