import Glibc
import NetIO
import TestSupport
import Testing

/// What a mutating call answers: the macro cannot take one itself.
private func expect(_ answer: Bool, _ wanted: Bool, at location: SourceLocation = #_sourceLocation) {
  #expect(answer == wanted, sourceLocation: location)
}

@Suite struct ConnectionTests {
  @Test func shortWritesAreCarriedOnUntilEveryOctetArrivesInOrder() throws {
    let pair = try tcpPair()
    try pair.first.setBufferSizes(send: 4096)
    let octets = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
    var output = OutputBuffer()
    var input = InputBuffer(limit: 1 << 20)
    var received: [UInt8] = []
    output.append(contentsOf: octets)
    var blocked = 0
    while received.count < octets.count {
      if !output.isEmpty {
        switch output.flush(to: pair.first) {
        case .all: break
        case .blocked: blocked += 1
        case .closed, .failed: Issue.record("the connection ended")
        }
      }
      if case .count(let count) = input.fill(from: pair.second) {
        input.withUnread { received.append(contentsOf: $0) }
        input.consume(count)
      }
    }
    #expect(blocked > 0)
    #expect(received == octets)
    #expect(output.appendedOctets == 1_000_000)
    #expect(output.writtenOctets == 1_000_000)
  }

  @Test func octetsOfWhichNothingWasWrittenCanBeTakenBack() throws {
    let pair = try UnixSocket.pair()
    var output = OutputBuffer()
    output.append(contentsOf: Array("keep".utf8))
    let mark = output.appendedOctets
    output.append(contentsOf: Array("drop".utf8))
    expect(output.takeBack(to: mark), true)
    #expect(output.flush(to: pair.first) == .all)
    #expect(try pair.second.readWaiting() == Array("keep".utf8))
    expect(output.takeBack(to: 2), false)
    expect(output.takeBack(to: mark), true)
  }

  @Test func anInputBufferStopsAtItsLimitAndMakesRoomWhenFramesAreTaken() throws {
    let pair = try UnixSocket.pair()
    var input = InputBuffer(limit: 10_000, initialCapacity: 64)
    let octets = [UInt8](repeating: 7, count: 30_000)
    var written = 0
    var total = 0
    while total < octets.count {
      let result = octets[written...].withUnsafeBytes { pair.first.write($0) }
      if case .count(let count) = result { written += count }
      while case .count(let count) = input.fill(from: pair.second), count > 0 {}
      #expect(input.count <= 10_000)
      let step = min(input.count, 3_333)
      total += step
      input.consume(step)
    }
    #expect(input.count == 0)
    expect(input.append([1, 2, 3]), true)
    expect(input.append([UInt8](repeating: 0, count: 10_000)), false)
    #expect(input.withUnread { Array($0) } == [1, 2, 3])
  }

  @Test func aHalfCloseEndsReadingAndLeavesWriting() throws {
    let pair = try tcpPair()
    _ = pair.first.write("last words")
    pair.first.shutdownWriting()
    #expect(try pair.second.readWaiting() == Array("last words".utf8))
    #expect(try pair.second.readWaiting() == [])
    #expect(pair.second.readNow() == .closed)
    #expect(pair.second.write("answer") == .count(6))
    #expect(try pair.first.readWaiting() == Array("answer".utf8))
    #expect(pair.first.write("more") == .closed)
  }

  @Test func aPeersResetIsAHangupAndReadsAsClosed() throws {
    final class Peer {
      var connection: Connection?
      init(_ connection: consuming Connection) { self.connection = consume connection }
    }
    var listener = try TCP.listen(on: .loopback())
    let client = try TCP.connect(to: try listener.localAddress())
    let loop = try EventLoop()
    var events: [EventLoop.Event] = []
    _ = try loop.add(client, .writable)
    loop.wait(until: nil, into: &events)
    let server: Peer
    switch listener.accept() {
    case .connection(let connection, _): server = Peer(connection)
    default:
      Issue.record("nobody to accept")
      return
    }
    server.connection?.resetOnClose()
    server.connection.take()?.close()
    loop.wait(until: nil, into: &events)
    while !events.contains(where: \.isHangup) { loop.wait(until: nil, into: &events) }
    #expect(client.readNow() == .closed)
    #expect(client.write("x") == .closed)
  }

  @Test func aRefusedConnectIsReportedOnceItIsKnown() throws {
    let listener = try TCP.listen(on: .loopback())
    let address = try listener.localAddress()
    listener.close()
    let loop = try EventLoop()
    do throws(SystemError) {
      let connection = try TCP.connect(to: address)
      _ = try loop.add(connection, .writable)
      var events: [EventLoop.Event] = []
      loop.wait(until: nil, into: &events)
      #expect(connection.connectError() == .connectionRefused)
    } catch {
      #expect(error.errno == .connectionRefused)
    }
  }

  @Test func tcpGoesOverIPv6Too() throws {
    var listener = try TCP.listen(on: try #require(SocketAddress("[::1]:0")))
    let address = try listener.localAddress()
    let client = try TCP.connect(to: address)
    let loop = try EventLoop()
    _ = try loop.add(listener)
    var events: [EventLoop.Event] = []
    loop.wait(until: nil, into: &events)
    guard case .connection(let server, let from) = listener.accept() else {
      Issue.record("nobody to accept")
      return
    }
    #expect(from == (try client.localAddress()))
    #expect(try server.localAddress() == address)
  }

  @Test func whatThePeersKernelHasNotTakenIsCounted() throws {
    let pair = try tcpPair()
    try pair.second.setBufferSizes(receive: 4096)
    let octets = [UInt8](repeating: 1, count: 1 << 20)
    while case .count = octets.withUnsafeBytes({ pair.first.write($0) }) {}
    #expect(pair.first.unsentOctets() > 0)
  }

  @Test func outOfDescriptorsAPeerIsTurnedAwayAndTheListenerDoesNotSpin() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      setrlimit(__rlimit_resource_t(7), &limit)
      var listener = try TCP.listen(on: .loopback())
      let address = try listener.localAddress()
      let loop = try EventLoop()
      _ = try loop.add(listener)
      let client = try TCP.connect(to: address)
      var fillers: [Int32] = []
      while true {
        let filler = dup(0)
        if filler < 0 { break }
        fillers.append(filler)
      }
      var events: [EventLoop.Event] = []
      loop.wait(until: nil, into: &events)
      guard case .turnedAway = listener.accept() else { exit(2) }
      guard case .wouldBlock = listener.accept() else { exit(3) }
      loop.wait(until: .zero, into: &events)
      guard events.isEmpty else { exit(4) }
      for filler in fillers { close(filler) }
      guard try client.readWaiting() == [] else { exit(5) }
      let second = try TCP.connect(to: address)
      loop.wait(until: nil, into: &events)
      guard case .connection = listener.accept() else { exit(6) }
      _ = consume second
    }
  }

  @Test func everyDescriptorIsClosedWhenItsOwnerIsGone() async {
    await #expect(processExitsWith: .success) {
      func useEverything() throws {
        let loop = try EventLoop()
        let pair = try tcpPair()
        _ = try loop.add(pair.first, .readable)
        let place = try TemporaryDirectory()
        defer { withExtendedLifetime(place) {} }
        let directory = place.path
        let listener = try UnixSocket.listen(at: directory + "/s", mode: 0o600)
        let client = try UnixSocket.connect(to: directory + "/s")
        let signals = try Signals([.user1])
        _ = try signals.register(with: loop)
        client.close()
        listener.close()
        _ = try? UnixSocket.listen(at: "/no/such/place", mode: 0o600)
        _ = try? TCP.listen(on: .ipv4(address: 0x0102_0304, port: 1))
        let resolver = try Resolver(waker: Waker())
        resolver.close()
      }
      try useEverything()
      let before = openDescriptors()
      for _ in 0..<20 { try useEverything() }
      guard openDescriptors() == before else { exit(1) }
    }
  }
}
