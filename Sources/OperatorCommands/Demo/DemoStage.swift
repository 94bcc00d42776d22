import CarrierSimulator
import CommandFrame
import Contract
import DaemonLauncher
import Glibc
import NetIO
import SMPP
import SocketClient

/// What the demo plays on: a temporary directory, a simulated carrier, and the real daemon as a process of its own.
final class DemoStage {
  private let place: TemporaryDirectory
  let rate: Int
  let cast: DemoCast
  let simulator: CarrierSimulator
  let events: Mailbox<CarrierSimulator.Event>
  let client: APIClient
  private let daemon: DaemonProcess
  private let commands: CommandTree

  static let brandHelp = "Acme Homes: call 1-800-555-0100. Msg&data rates may apply. Reply STOP to opt out."
  private static let password = "tr1ckle"
  /// The role of the page where members sign in.
  private static let page = "desk"

  var directory: String { place.path }
  var socket: String { daemon.socketPath }

  init(data: String, rate: Int, _ commands: CommandTree) throws {
    self.commands = commands
    self.rate = rate
    do throws(Errno) {
      place = try TemporaryDirectory(in: "/tmp", name: "tollgate-demo")
    } catch {
      throw Failure(.cannotCreate, "cannot make a directory in /tmp: \(error)")
    }
    let directory = place.path
    cast = try DemoCast(data)
    events = Mailbox("demo events", capacity: 10_000, waker: Waker())
    simulator = CarrierSimulator(Self.carrier(cast), events: events)
    let port: UInt16
    do throws(CarrierSimulator.StartError) {
      port = try simulator.start()
    } catch {
      throw Failure(.unavailable, "cannot start the simulated carrier: \(error)")
    }
    do {
      try DaemonProcess.write(Self.password + "\n", to: directory + "/password")
      daemon = try DaemonProcess(in: directory, configuration: Self.configuration(directory, port))
      client = try APIClient(path: daemon.socketPath, client: "tollgate-demo")
    } catch {
      place.isKept = true
      throw Failure(.unavailable, "\(error)", hint: "the daemon's log is \(directory)/log")
    }
  }

  /// A carrier that answers at once, whose receipts take a moment, with the toll-free network in front of the phones.
  private static func carrier(_ cast: DemoCast) -> CarrierSimulator.Configuration {
    var configuration = CarrierSimulator.Configuration()
    configuration.accounts = [.init(systemID: "acme", password: COctetString(password))]
    configuration.answerDelay = .fixed(.milliseconds(15))
    configuration.receipts.delay = .uniform(.milliseconds(200), .milliseconds(700))
    configuration.receipts.ids = .hexThenDecimal
    configuration.population = CarrierSimulator.Population(scripts: cast.scripts)
    configuration.tollFree = .init()
    return configuration
  }

  private static func configuration(_ directory: String, _ port: UInt16) -> String {
    """
    {
      state: "\(directory)/state",
      socket: {
        path: "\(directory)/socket",
        roles: { admin: { users: ["\(getuid())"] }, \(page): { users: ["\(getuid())"], acts: true } },
      },
      brand: { name: "Acme Homes", help: "\(brandHelp)", country: "US" },
      carriers: {
        simulated: {
          connect: { host: "127.0.0.1", port: \(port) },
          bind: "transceiver", system_id: "acme", password: { file: "\(directory)/password" },
          window: 10, rate: 100, jitter_guard_ms: 200, receipts: { id: "hex_to_decimal" },
        },
      },
    }
    """
  }

  /// The page where members sign in, as a client of its own.
  func openPage() throws -> APIClient {
    do {
      return try APIClient(path: socket, client: "tollgate-demo page", role: Self.page)
    } catch {
      throw Failure(calling: nil, error)
    }
  }

  func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    try call(params, on: client)
  }

  func call<Params: MethodParams>(_ params: Params, on client: APIClient) throws -> Params.Result {
    do {
      return try client.call(params)
    } catch {
      throw Failure(calling: Params.method, error)
    }
  }

  /// Runs one of the commands as an operator would, output and all.
  func operate(_ words: String...) throws {
    try Output.line("  $ tollgate " + words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " "))
    guard
      case .run(let command, let invocation) = try commands.resolve(
        words + ["--socket", socket]), let run = command.run
    else { return }
    guard try run(invocation) == .ok else {
      throw Failure(.software, "this command failed: tollgate \(words.joined(separator: " "))")
    }
  }

  /// Waits for something that has to come soon.
  func wait(_ seconds: Int, for what: String, until condition: () throws -> Bool) throws {
    let deadline = MonotonicClock.now + .seconds(seconds)
    while try !condition() {
      if Interrupt.came { throw Failure(.software, "interrupted") }
      guard MonotonicClock.now < deadline else {
        throw Failure(.software, "waited \(seconds) s for \(what)", hint: daemon.lastWords)
      }
      usleep(10_000)
    }
  }

  /// SIGTERM to the daemon: it drains, unbinds and ends with 0.
  func end() throws {
    daemon.stop()
    guard daemon.exitStatus == 0 else {
      throw Failure(
        .software,
        "the daemon did not stop in order: \(daemon.exitStatus.map { "status \($0)" } ?? "killed")",
        hint: daemon.lastWords)
    }
    try Output.line("the daemon drained, unbound and exited with 0")
  }

  /// Nothing is left running; the directory goes with the stage.
  func clear() {
    daemon.stop()
    simulator.stop()
  }
}
