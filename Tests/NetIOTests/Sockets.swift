import Glibc
import Testing

@testable import NetIO

/// Two connected TCP ends on the loopback.
func tcpPair() throws -> ConnectionPair {
  var listener = try TCP.listen(on: .loopback())
  let client = try TCP.connect(to: try listener.localAddress())
  let loop = try EventLoop()
  let token = try loop.add(client, .writable)
  var events: [EventLoop.Event] = []
  loop.wait(until: nil, into: &events)
  loop.remove(token)
  #expect(client.connectError() == nil)
  while true {
    switch listener.accept() {
    case .connection(let server, _): return ConnectionPair(first: client, second: server)
    case .wouldBlock: continue
    default: throw Errno.invalidArgument
    }
  }
}

extension Connection {
  /// Waits for the event and reads once.
  borrowing func readWaiting(_ count: Int = 4096) throws -> [UInt8] {
    let loop = try EventLoop()
    _ = try loop.add(self, .readable)
    var events: [EventLoop.Event] = []
    loop.wait(until: nil, into: &events)
    var octets = [UInt8](repeating: 0, count: count)
    let result = octets.withUnsafeMutableBytes { self.read(into: $0) }
    if case .count(let got) = result { return Array(octets.prefix(got)) }
    return []
  }

  borrowing func write(_ text: String) -> IOResult {
    Array(text.utf8).withUnsafeBytes { self.write($0) }
  }

  borrowing func readNow() -> IOResult {
    var octets = [UInt8](repeating: 0, count: 4096)
    return octets.withUnsafeMutableBytes { self.read(into: $0) }
  }
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
  guard let entries = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(entries) }
  var count = 0
  while readdir(entries) != nil { count += 1 }
  return count
}
