import CarrierSimulator
import Contract
import Glibc
import LocalAPI
import NetIO
import SMPP

/// The real daemon in a temporary directory, bound to a simulated carrier, with one rep, one number and contacts.
final class GatewayUnderTest {
  /// The number that sends and is written to.
  static let number: UInt64 = 18_885_550_100
  /// The first contact's phone; the others follow it.
  static let firstPhone: UInt64 = 12_022_000_000
  /// Contacts in one `contact.upsert`.
  static let contactsPerCall = 500
  /// Segments per second of number and carrier: so high that pacing is not what is measured.
  static let rate = 100_000
  /// How long a run may take.
  static let patience: Duration = .seconds(120)

  let simulator: CarrierSimulator
  let daemon: DaemonProcess
  let client: APIClient
  let contacts: Int
  private let directory: TemporaryDirectory

  init(
    _ settings: Bench.Settings, contacts: Int, simulator configuration: CarrierSimulator.Configuration
  ) throws {
    directory = try TemporaryDirectory()
    simulator = CarrierSimulator(configuration)
    let port = try simulator.start()
    try DaemonProcess.write(Self.password, to: directory.path + "/password")
    daemon = try DaemonProcess(
      in: directory.path, configuration: Self.configuration(settings, port: port, directory: directory.path))
    client = try APIClient(path: daemon.socketPath, client: "tollgate bench")
    self.contacts = contacts
    guard simulator.wait(upTo: DaemonProcess.patience, until: { $0.counts.bound >= settings.sessions }) else {
      throw Bench.Failure("the daemon did not bind:\n\(daemon.lastWords)")
    }
    try setUp()
  }

  func stop() {
    daemon.stop()
    simulator.stop()
  }

  /// Octets that no other process is to guess; the simulator takes any.
  private static let password = String(
    (0..<8).map { _ in "abcdefghjkmnpqrstuvwxyz23456789".randomElement() ?? "x" })

  private static func configuration(_ settings: Bench.Settings, port: UInt16, directory: String) -> String {
    """
    {
      state: "\(directory)/state",
      socket: { path: "\(directory)/socket", mode: "0600", roles: { admin: { users: ["\(getuid())"] } } },
      brand: { name: "Bench", help: "Bench: reply STOP to opt out.", country: "US" },
      carriers: {
        bench: {
          connect: { host: "127.0.0.1", port: \(port) },
          bind: "transceiver", sessions: \(settings.sessions),
          system_id: "bench", password: { file: "\(directory)/password" },
          window: \(settings.window), rate: \(rate),
        },
      },
      alerts: { to_rep: false },
    }

    """
  }

  private func setUp() throws {
    guard let number = PhoneNumber("+\(Self.number)") else {
      throw Bench.Failure("our own number is no number")
    }
    _ = try client.call(GoLive())
    _ = try client.call(NumberAdd(number: number, carrier: "bench", rate: Self.rate))
    let rep = try client.call(RepAdd(name: "Bench", number: number)).rep.id
    var next = 0
    while next < contacts {
      let end = min(next + Self.contactsPerCall, contacts)
      let page = (next..<end).map { index in
        ContactInput(
          ref: "bench-\(index)", phones: ["+\(Self.firstPhone + UInt64(index))"], firstName: "Contact",
          owner: rep, tags: ["bench"])
      }
      let result = try client.call(ContactUpsert(contacts: page))
      guard result.refused == 0 else { throw Bench.Failure("\(result.refused) contacts were refused") }
      next = end
    }
  }

  /// A text of so many octets that stays one segment.
  static func text(_ octets: Int) -> String {
    let words =
      "The open house on Maple Street is this Saturday from ten until two, with coffee; answer here. "
    return String(String(repeating: words, count: octets / words.utf8.count + 1).prefix(octets))
  }
}
