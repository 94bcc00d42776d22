import Glibc
import NetIO
import TestSupport
import Testing

@Suite struct EventLoopTests {
  @Test func anEventOfARemovedRegistrationNeverReachesTheSlotsNextTenant() throws {
    let loop = try EventLoop()
    let old = try UnixSocket.pair()
    let token = try loop.add(old.first, .readable)
    _ = old.second.write("x")
    var events: [EventLoop.Event] = []
    loop.wait(until: nil, into: &events)
    #expect(events.map(\.token) == [token])

    loop.remove(token)
    let new = try UnixSocket.pair()
    let next = try loop.add(new.first, .readable)
    #expect(next.slot == token.slot)
    #expect(next != token)
    #expect(!loop.isCurrent(events[0].token))
    #expect(loop.isCurrent(next))

    loop.wait(until: .zero, into: &events)
    #expect(events.isEmpty)
    // The old token can neither change nor remove the new registration.
    loop.modify(token, [])
    loop.remove(token)
    _ = new.second.write("y")
    loop.wait(until: nil, into: &events)
    #expect(events.map(\.token) == [next])
  }

  @Test func aTokenMapFindsNothingForATokenWhoseSlotHasANewTenant() throws {
    let loop = try EventLoop()
    let pair = try UnixSocket.pair()
    var map = TokenMap<String>()
    let first = try loop.add(pair.first, .readable)
    map[first] = "first"
    loop.remove(first)
    let second = try loop.add(pair.first, .readable)
    #expect(map[second] == nil)
    map[second] = "second"
    #expect(map[first] == nil)
    map[first] = nil
    #expect(map[second] == "second")
    #expect(map.count == 1)
  }

  @Test func interestDecidesWhichEventsCome() throws {
    let loop = try EventLoop()
    let pair = try UnixSocket.pair()
    var events: [EventLoop.Event] = []
    let token = try loop.add(pair.first, [])
    _ = pair.second.write("x")
    loop.wait(until: .zero, into: &events)
    #expect(events.isEmpty)
    loop.modify(token, .writable)
    loop.wait(until: .zero, into: &events)
    #expect(events.map(\.isWritable) == [true])
    #expect(events.map(\.isReadable) == [false])
    loop.modify(token, [.readable, .writable])
    loop.wait(until: .zero, into: &events)
    #expect(events.map(\.isReadable) == [true])
    #expect(loop.count == 1)
  }

  @Test func aDeadlineIsNeverEarlyAndAPastOneReturnsAtOnce() throws {
    let loop = try EventLoop()
    var events: [EventLoop.Event] = []
    for microseconds in [1, 90, 700, 1300, 2500] {
      let deadline = loop.now + .microseconds(microseconds)
      #expect(!loop.wait(until: deadline, into: &events))
      #expect(loop.now >= deadline)
    }
    #expect(!loop.wait(until: loop.now - .seconds(5), into: &events))
    #expect(!loop.wait(until: .zero, into: &events))
  }

  @Test func aWakeBeforeTheSleepIsNotLostAndManyAreOne() throws {
    let loop = try EventLoop()
    var events: [EventLoop.Event] = []
    for _ in 0..<1000 { loop.waker.wake() }
    #expect(loop.wait(until: nil, into: &events))
    #expect(events.isEmpty)
    #expect(!loop.wait(until: .zero, into: &events))
  }

  @Test func aWakeFromAnotherThreadEndsASleepWithoutLimitEachTime() throws {
    let loop = try EventLoop()
    let waker = loop.waker
    let turn = Waker()
    let rounds = 2000
    let other = try Worker.start(name: "waker") {
      for _ in 0..<rounds {
        waker.wake()
        turn.park(until: nil)
      }
    }
    var events: [EventLoop.Event] = []
    var woken = 0
    while woken < rounds {
      if loop.wait(until: nil, into: &events) {
        woken += 1
        turn.wake()
      }
    }
    other.join()
    #expect(woken == rounds)
  }

  @Test func wakesAndEventsOfTheSameWaitBothShow() throws {
    let loop = try EventLoop()
    let pair = try UnixSocket.pair()
    let token = try loop.add(pair.first, .readable)
    _ = pair.second.write("x")
    loop.waker.wake()
    var events: [EventLoop.Event] = []
    #expect(loop.wait(until: nil, into: &events))
    #expect(events.map(\.token) == [token])
  }

  @Test func moreReadyDescriptorsThanOneWaitTakesAllComeInTheEnd() throws {
    let loop = try EventLoop()
    var waiting = Set<EventLoop.Token>()
    final class Pair {
      let ends: ConnectionPair
      init() throws { ends = try UnixSocket.pair() }
    }
    var pairs: [Pair] = []
    for _ in 0..<(EventLoop.eventsPerWait + 44) {
      let pair = try Pair()
      waiting.insert(try loop.add(pair.ends.first, .readable))
      _ = pair.ends.second.write("x")
      pairs.append(pair)
    }
    var events: [EventLoop.Event] = []
    while !waiting.isEmpty {
      loop.wait(until: nil, into: &events)
      for event in events where waiting.remove(event.token) != nil { loop.modify(event.token, []) }
    }
    #expect(loop.count == pairs.count)
  }

  @Test func deadlinesComeInOrderOfTimeAndThenOfArrival() {
    var random = SeededGenerator(seed: 7)
    var deadlines = Deadlines<Int>()
    var expected: [(at: Int, index: Int)] = []
    for index in 0..<500 {
      let at = Int(random.next() % 50)
      deadlines.add(index, at: .milliseconds(at))
      expected.append((at, index))
    }
    expected.sort { ($0.at, $0.index) < ($1.at, $1.index) }
    #expect(deadlines.next == .milliseconds(expected[0].at))
    var got: [Int] = []
    for now in 0..<50 {
      while let value = deadlines.popDue(at: .milliseconds(now)) {
        #expect(expected[got.count].at == now)
        got.append(value)
      }
    }
    #expect(got == expected.map(\.index))
    #expect(deadlines.isEmpty)
  }
}
