import CarrierSimulator
import Contract
import DaemonLauncher
import Glibc
import NetIO
import SMPP
import SocketClient

/// The real daemon in a temporary directory, bound to a simulated carrier, with one rep, one number and contacts.
final class GatewayUnderTest {
  /// The number that sends and is written to.
  static let number: UInt64 = 18_885_550_100
  /// The first contact's phone; the others follow it.
  static let firstPhone: UInt64 = 12_022_000_000
  /// Contacts in one `contact.upsert`.
  static let contactsPerCall = 200
  /// Segments per second of number and carrier: so high that pacing is not what is measured.
  static let rate = 100_000
  /// The role of a page where members sign in.
  static let page = "desk"
  /// How long a run may take.
  static let patience: Duration = .seconds(120)

  let simulator: CarrierSimulator
  let daemon: DaemonProcess
  let client: APIClient
  let contacts: Int
  /// Who holds the number and the contacts.
  private(set) var rep: RepID?
  private let directory: TemporaryDirectory

  /// - Parameter traceMebibytes: what `trace` keeps; nil: the default.
  init(
    _ settings: Bench.Settings, contacts: Int, simulator configuration: CarrierSimulator.Configuration,
    traceMebibytes: Int? = nil
  ) throws {
    directory = try Bench.directory()
    simulator = CarrierSimulator(configuration)
    let port = try simulator.start()
    try DaemonProcess.write(Self.password, to: directory.path + "/password")
    daemon = try DaemonProcess(
      executable: settings.tollgate, in: directory.path,
      configuration: Self.configuration(
        settings, port: port, directory: directory.path,
        limits: traceMebibytes.map { "trace_mib: \($0)" } ?? ""))
    client = try APIClient(path: daemon.socketPath, client: "tollgate-lab bench")
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

  private static func configuration(
    _ settings: Bench.Settings, port: UInt16, directory: String, limits: String
  ) -> String {
    """
    {
      state: "\(directory)/state",
      socket: { path: "\(directory)/socket", mode: "0600", roles: {
        admin: { users: ["\(getuid())"] }, \(page): { users: ["\(getuid())"], acts: true },
      } },
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
      limits: { \(limits) },
    }

    """
  }

  private func setUp() throws {
    guard let number = PhoneNumber("+\(Self.number)") else {
      throw Bench.Failure("our own number is no number")
    }
    _ = try client.call(GoLive())
    _ = try client.call(NumberAdd(number: TypedPhone(number), carrier: "bench", rate: Self.rate))
    rep = try client.call(RepAdd(name: "Bench", number: TypedPhone(number))).repID
    try Self.addContacts(0..<contacts, owner: rep, tag: "bench", through: client)
  }

  /// Contacts whose phones follow the first contact's.
  static func addContacts(
    _ range: Range<Int>, owner: RepID?, tag: String, through client: APIClient
  ) throws {
    var next = range.lowerBound
    while next < range.upperBound {
      let end = min(next + contactsPerCall, range.upperBound)
      let page = (next..<end).map { index in
        ContactInput(
          ref: "bench-\(index)", phones: ["+\(firstPhone + UInt64(index))"], firstName: "Contact",
          repID: owner, tags: [tag])
      }
      let result = try client.call(ContactUpsert(contacts: page))
      guard result.refused == 0 else { throw Bench.Failure("\(result.refused) contacts were refused") }
      next = end
    }
  }

  /// Checks the whole store, as `tollgate verify` does, and prints the first findings.
  static func verify(
    through client: APIClient, _ settings: Bench.Settings
  ) throws -> (findings: [VerifyFinding], checked: VerifyCounts) {
    var findings: [VerifyFinding] = []
    var checked = VerifyCounts()
    var cursor: VerifyCursor?
    var refused = 0
    repeat {
      do {
        let slice = try client.call(Verify(cursor: cursor))
        findings += slice.findings
        checked.messageCount += slice.checked.messageCount
        checked.rows += slice.checked.rows
        cursor = slice.next
        refused = 0
        guard cursor == nil else { continue }
        for finding in findings.prefix(10) {
          settings.progress(
            "\(finding.verdict.rawValue) \(finding.kind.rawValue) \(finding.subject): \(finding.detail)")
        }
        return (findings, checked)
      } catch let error as APIError {
        refused += 1
        guard error.code == .busy, refused < refusalsInARow else { throw error }
        usleep(100_000)
      }
    } while true
  }

  /// Calls the daemon is too busy for, one after the other, before a part is given up.
  static let refusalsInARow = 100

  /// A text of so many octets that stays one segment.
  static func text(_ octets: Int) -> String {
    let words =
      "The open house on Maple Street is this Saturday from ten until two, with coffee; answer here. "
    return String(String(repeating: words, count: octets / words.utf8.count + 1).prefix(octets))
  }
}
