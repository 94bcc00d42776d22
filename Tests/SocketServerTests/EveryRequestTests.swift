import Contract
import TestSupport
import Testing

@testable import SocketServer

@Suite struct EveryRequestTests {
  /// Whatever a request says, it is handed on or answered, once; and what is handed on is answered once it comes back.
  @Test(arguments: Method.allCases) func everyRequestIsAnsweredOnce(method: Method) throws {
    var peer = Peer()
    for (params, what) in SchemaSample.extremes(of: method) {
      if peer.machine.isClosing { peer = Peer() }
      let line = try ContractJSON.encode(
        JSONValue.object([
          "jsonrpc": .string("2.0"), "id": .string("r"), "method": .string(method.rawValue), "params": params,
        ]))
      var answers = peer.say(String(decoding: line, as: UTF8.self))
      let handed = peer.machine.pending.keys
      #expect(answers.count + handed.count == 1, "\(what)")
      for request in handed {
        peer.machine.completed(request, with: .failure(.busy("test")), at: .zero)
        answers += peer.read()
      }
      #expect(answers.count == 1 && !peer.machine.hasPending, "\(what)")
    }
  }
}
