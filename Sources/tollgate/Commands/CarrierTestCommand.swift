import CommandFrame
import Configuration
import Contract
import Daemon
import SMPP

/// `tollgate carrier test`: what a carrier says to our configuration, without the daemon.
enum CarrierTestCommand {
  static let command = Command(
    name: "test", summary: "bind once as configured, enquire, unbind, and say what was learnt",
    operands: "CARRIER", operandCount: 1...1,
    details: """
      Reads the configuration and needs no daemon. It uses one bind: where the carrier allows no more than the
      running gateway holds, it is refused with ESME_RALYBND. With --to and --from it sends one text that shows
      whether the alphabet is right, past the go-live switch, opt-outs and rates, and waits for its receipt.
      Other messages that come meanwhile are refused for now; the carrier sends them again.
      Exits 69 where there is no connection, 77 where name or password are refused, 76 where the carrier does
      not speak as agreed, 65 where it refuses the text, 75 where it says to come later or no receipt came.
      """,
    options: [
      Option("to", argument: "PHONE", "send one text to this phone, such as +12025550143"),
      Option("from", argument: "NUMBER", "the number of ours it is sent from"),
      Option("wait", argument: "SECONDS", "how long its receipt is waited for (default: 60)"),
    ],
    examples: [
      Example("tollgate carrier test bandwidth", "name, connection, bind, enquire_link, unbind"),
      Example(
        "tollgate carrier test bandwidth --to +12025550143 --from +18885550101", "and one text to your phone"),
    ]
  ) { invocation in
    let secrets = SecretSource.ofProcess()
    let configuration = try ConfigurationFile.load(invocation.value("config"), secrets: secrets)
    let name = invocation.operands[0]
    guard let carrier = configuration.carriers.first(where: { $0.name == name }) else {
      let known = configuration.carriers.map(\.name).joined(separator: ", ")
      throw invocation.usage("no carrier \(name) in \(configuration.path); it has \(known)")
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
