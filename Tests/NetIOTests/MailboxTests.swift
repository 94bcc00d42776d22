import NetIO
import Testing

@Suite struct MailboxTests {
  @Test func aFullMailboxRefusesAndTakesAgainAfterADrain() {
    let mailbox = Mailbox<Int>("test", capacity: 3, waker: Waker())
    #expect((1...3).allSatisfy { mailbox.post($0) })
    #expect(!mailbox.post(4))
    #expect(mailbox.room == 0)
    var taken: [Int] = []
    mailbox.drain(into: &taken)
    #expect(taken == [1, 2, 3])
    #expect(mailbox.post(5))
    mailbox.drain(into: &taken)
    #expect(taken == [1, 2, 3, 5])
  }

  @Test func manyArePostedWholeOrNotAtAll() {
    let mailbox = Mailbox<Int>("test", capacity: 3, waker: Waker())
    #expect(mailbox.post(contentsOf: [1, 2]))
    #expect(!mailbox.post(contentsOf: [3, 4]))
    #expect(mailbox.post(contentsOf: []))
    var taken: [Int] = []
    mailbox.drain(into: &taken)
    #expect(taken == [1, 2])
  }

  @Test func aClosedMailboxRefusesAndWhatIsInsideComesOut() {
    let waker = Waker()
    let mailbox = Mailbox<Int>("test", capacity: 3, waker: waker)
    mailbox.post(1)
    mailbox.close()
    #expect(!mailbox.post(2))
    #expect(mailbox.isClosed)
    #expect(waker.park(until: nil))
    var taken: [Int] = []
    mailbox.drain(into: &taken)
    #expect(taken == [1])
  }

  @Test func producersOnSeveralThreadsLoseNothingAndKeepTheirOwnOrder() throws {
    let perThread = 20_000
    let waker = Waker()
    let mailbox = Mailbox<(thread: Int, index: Int)>("test", capacity: 512, waker: waker)
    let workers = try (0..<3).map { thread in
      try Worker.start(name: "producer \(thread)") {
        for index in 0..<perThread {
          while !mailbox.post((thread, index)) {}
        }
      }
    }
    var next = [0, 0, 0]
    var batch: [(thread: Int, index: Int)] = []
    var inOrder = true
    while next.reduce(0, +) < 3 * perThread {
      waker.park(until: nil)
      mailbox.drain(into: &batch)
      for item in batch {
        inOrder = inOrder && next[item.thread] == item.index
        next[item.thread] += 1
      }
      batch.removeAll(keepingCapacity: true)
    }
    workers.forEach { $0.join() }
    #expect(inOrder)
    #expect(next == [perThread, perThread, perThread])
  }

  @Test func anEventLoopSeesEveryPostOfABusyProducer() throws {
    let loop = try EventLoop()
    let mailbox = Mailbox<Int>("test", capacity: 64, waker: loop.waker)
    let total = 50_000
    let producer = try Worker.start(name: "producer") {
      for index in 0..<total {
        while !mailbox.post(index) {}
      }
    }
    var events: [EventLoop.Event] = []
    var batch: [Int] = []
    var expected = 0
    var inOrder = true
    while expected < total {
      loop.wait(until: nil, into: &events)
      mailbox.drain(into: &batch)
      for value in batch {
        inOrder = inOrder && value == expected
        expected += 1
      }
      batch.removeAll(keepingCapacity: true)
    }
    producer.join()
    #expect(inOrder)
  }

  @Test func aParkedThreadWakesByItsDeadlineAndNotBefore() {
    let waker = Waker()
    let deadline = MonotonicClock.now + .milliseconds(2)
    #expect(!waker.park(until: deadline))
    #expect(MonotonicClock.now >= deadline)
    waker.wake()
    #expect(waker.park(until: deadline + .seconds(60)))
  }

  @Test func aLockLetsOneThreadInAtATime() throws {
    final class Shared: Sendable { let count = Lock(0) }
    let shared = Shared()
    let workers = try (0..<4).map { _ in
      try Worker.start(name: "adder") {
        for _ in 0..<25_000 { shared.count.withLock { $0 += 1 } }
      }
    }
    workers.forEach { $0.join() }
    #expect(shared.count.withLock { $0 } == 100_000)
  }
}
