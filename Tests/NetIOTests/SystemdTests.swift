import Glibc
import TestSupport
import Testing

@testable import NetIO

@Suite struct SystemdTests {
  @Test func passedSocketsAreTakenOnlyByTheProcessTheyAreFor() {
    func parse(_ count: String?, _ pid: String?, _ names: String? = nil) -> [String] {
      PassedSockets.parse(count: count, pid: pid, names: names, ownPID: 42)
        .map { "\($0.descriptor)=\($0.name)" }
    }
    #expect(parse("2", "42", "api:admin") == ["3=api", "4=admin"])
    #expect(parse("2", "42", "api") == ["3=api", "4=unknown"])
    #expect(parse("1", "42") == ["3=unknown"])
    #expect(parse("1", "43") == [])
    #expect(parse("1", nil) == [])
    #expect(parse(nil, "42") == [])
    #expect(parse("0", "42") == [])
    #expect(parse("-1", "42") == [])
    #expect(parse("many", "42") == [])
    #expect(parse("100000", "42") == [])
  }

  @Test func aPassedSocketIsTakenByNameAndListens() async {
    await #expect(processExitsWith: .success) {
      let place = try TemporaryDirectory()
      defer { withExtendedLifetime(place) {} }
      let directory = place.path
      let made = try UnixSocket.listen(at: directory + "/s", mode: 0o600)
      // Not 3 as systemd does: that number is somebody else's in a test process.
      let passedDescriptor = dup(made.descriptor.rawValue)
      setenv("LISTEN_FDS", "1", 1)
      setenv("LISTEN_PID", String(getpid()), 1)
      setenv("LISTEN_FDNAMES", "tollgate.socket", 1)
      var passed = PassedSockets.fromEnvironment(first: passedDescriptor)
      guard passed.names == ["tollgate.socket"], getenv("LISTEN_FDS") == nil else { exit(2) }
      guard passed.take(named: "other") == nil else { exit(3) }
      guard let descriptor = passed.take(named: "tollgate.socket") else { exit(4) }
      var listener = try Listener(adopting: descriptor)
      let client = try UnixSocket.connect(to: directory + "/s")
      guard case .connection = listener.accept() else { exit(5) }
      _ = consume client
    }
  }

  @Test(arguments: [false, true]) func systemdHearsWhatIsSent(abstract: Bool) throws {
    let place = try TemporaryDirectory()
    defer { withExtendedLifetime(place) {} }
    let directory = place.path
    let path = abstract ? "@" + directory : directory + "/notify"
    let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    let receiver = Descriptor(owning: number)
    try receiver.bind(to: .local(path: path))
    #expect(Notify.send("READY=1\nSTATUS=2 binds up", to: path))
    var octets = [UInt8](repeating: 0, count: 256)
    let count = recv(receiver.rawValue, &octets, octets.count, 0)
    #expect(String(decoding: octets.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=2 binds up")
    #expect(!Notify.send("READY=1", to: directory + "/nobody"))
  }

  @Test func theWatchdogIsForTheProcessItNames() {
    #expect(
      Notify.watchdogInterval(microseconds: "30000000", pid: "42", ownPID: 42) == .seconds(30))
    #expect(Notify.watchdogInterval(microseconds: "500000", pid: nil, ownPID: 42) == .milliseconds(500))
    #expect(Notify.watchdogInterval(microseconds: "500000", pid: "7", ownPID: 42) == nil)
    #expect(Notify.watchdogInterval(microseconds: "0", pid: nil, ownPID: 42) == nil)
    #expect(Notify.watchdogInterval(microseconds: "soon", pid: nil, ownPID: 42) == nil)
    #expect(Notify.watchdogInterval(microseconds: nil, pid: nil, ownPID: 42) == nil)
  }

  @Test func signalsArriveAsEvents() async {
    await #expect(processExitsWith: .success) {
      // The test runner has threads already: block and receive on one thread of our own.
      let worker = try Worker.start(name: "signals") {
        do {
          let loop = try EventLoop()
          let signals = try Signals([.terminate, .hangUp])
          let token = try signals.register(with: loop)
          pthread_kill(pthread_self(), SIGHUP)
          pthread_kill(pthread_self(), SIGTERM)
          var events: [EventLoop.Event] = []
          var seen: [Signals.Signal] = []
          while seen.count < 2 {
            loop.wait(until: nil, into: &events)
            for event in events where event.token == token {
              while let signal = signals.next() { seen.append(signal) }
            }
          }
          guard Set(seen) == [.terminate, .hangUp], signals.next() == nil else { exit(2) }
        } catch {
          exit(3)
        }
      }
      worker.join()
    }
  }
}
