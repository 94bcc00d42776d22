import CommandFrame
import Configuration
import Contract
import Daemon
import OperatorCommands
import SMPP

/// `tollgate carrier test`: what a carrier says to our configuration, without the daemon.
enum CarrierTestCommand {
  static let command = Command(
    name: "test", summary: "try a bind without the daemon, and say what was learnt",
    operands: "CARRIER", operandCount: 1...1,
    details: """
      Reads the configuration, connects, binds, sends enquire_link and unbinds. Needs no daemon. The test uses one bind: if
      the running daemon already uses every bind that the carrier allows, the carrier answers ESME_RALYBND.

      With --to and --from the test sends one text and waits for the receipt. The text shows whether the alphabet is
      right. The text ignores go-live, opt-outs and rates: use your own phone. Other messages that arrive during the test
      are refused for now; the carrier sends them again.

      Exit status:
        65  the carrier refused the text
        69  no connection
        75  the carrier says to try later, or no receipt came
        76  the carrier broke the protocol
        77  the carrier refused system_id or password
      """,
    options: [
      Option("to", argument: "PHONE", "send one text to this phone, such as +12025550110"),
      Option("from", argument: "NUMBER", "send the text from this number of ours"),
      Option("wait", argument: "SECONDS", "how long to wait for the receipt (default 60)"),
    ],
    examples: [
      Example(
        "tollgate carrier test trial --config tollgate.json5",
        "try a bind with the configuration of the README's tour"),
      Example(
        "tollgate carrier test trial --config tollgate.json5 --to +12025550142 --from +18885550104",
        "the same, and send one text to your phone"),
    ]
  ) { invocation in
    let secrets = SecretSource.ofProcess()
    let configuration = try ConfigurationFile.load(invocation.value("config"), secrets: secrets)
    let name = invocation.operands[0]
    guard let carrier = configuration.carriers.first(where: { $0.name == name }) else {
      let known = configuration.carriers.map(\.name).joined(separator: ", ")
      throw invocation.usage("no carrier \(name) in \(configuration.path); carriers: \(known)")
    }
    let isJSON = invocation.has("json")
    let probe = CarrierProbe(carrier) { finding in
      if isJSON {
        try? JSONOutput.line(finding)
      } else {
        try? Output.line("\(finding.name): \(finding.value)")
        if let advice = finding.advice { try? Output.line("    \(advice)") }
      }
    }
    do throws(CarrierProbe.Problem) {
      try probe.run(try selfTest(invocation))
    } catch {
      throw failure(error, name)
    }
    return .ok
  }

  private static func selfTest(_ invocation: Invocation) throws(CarrierProbe.Problem) -> CarrierProbe
    .SelfTest?
  {
    let patience: Int
    do {
      patience = try invocation.integer("wait", 1...3600) ?? 60
    } catch {
      throw .impossible("--wait: expected a whole number from 1 to 3600")
    }
    switch (invocation.value("to"), invocation.value("from")) {
    case (nil, nil): return nil
    case (.some(let to), .some(let from)):
      guard let phone = E164(to), let number = E164(from) else {
        throw .impossible("expected --to and --from such as +12025550143")
      }
      return .init(from: number.description, to: phone.description, patience: .seconds(patience))
    default: throw .impossible("--to and --from go together")
    }
  }

  static func failure(_ problem: CarrierProbe.Problem, _ name: String) -> Failure {
    switch problem {
    case .impossible(let why): Failure(.usage, "carrier test: \(why)")
    case .unreachable(let why): Failure(.unavailable, "\(name) cannot be reached: \(why)")
    case .broken(let why): Failure(.protocol, "\(name): \(why)")
    case .noReceipt: Failure(.temporary, "\(name): the receipt did not come in time")
    case .notTaken(let status): Failure(.data, "\(name) refused the text with \(status.name)")
    case .refused(let status):
      switch status {
      case .ESME_RINVPASWD, .ESME_RINVSYSID:
        Failure(.permission, "\(name) refused the bind with \(status.name)")
      case .ESME_RALYBND, .ESME_RSYSERR, .ESME_RTHROTTLED:
        Failure(.temporary, "\(name) refused the bind with \(status.name)")
      default: Failure(.protocol, "\(name) refused the bind with \(status.name)")
      }
    }
  }
}
