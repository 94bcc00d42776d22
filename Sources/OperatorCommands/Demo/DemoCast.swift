import CarrierSimulator
import CommandFrame
import Contract

/// Who plays: read from the CSV files the demo loads, so that both know the same people.
struct DemoCast {
  struct Person {
    var name: String
    var firstName: String
    /// E.164.
    var phone: String
    var owner: String
    /// Digits without "+", as the carrier has it.
    var digits: String { String(phone.dropFirst()) }
  }

  struct Rep {
    var name: String
    var number: String
    var mobile: String
    var firstName: String { String(name.prefix { $0 != " " }) }
  }

  /// Who asks to be texted, on a form.
  struct Lead {
    let person: Person
    /// As it was typed.
    let cell: String
  }

  let data: String
  var reps: [Rep] = []
  var contacts: [Person] = []

  /// The rep who writes to the group, and the one somebody else writes to.
  var star: Rep { reps[0] }
  var other: Rep { reps[1] }
  /// The rep who gets the lead.
  var closer: Rep { reps[2] }
  var lead: Lead {
    Lead(
      person: Person(
        name: "Nora Lindqvist", firstName: "Nora", phone: "+12025550171", owner: closer.name),
      cell: "(202) 555-0171")
  }
  /// Those with the campaign's tag, in the file's order.
  var audience: [Person] { contacts.filter { $0.owner == star.name } }

  static let tag = "spring-open-house"
  static let text =
    "Hi {{first_name}}, it's Dana from Acme Homes. Open house at 12 Elm St this Saturday 10-2. Can you make it? STOP to opt out"
  static let question = "Yes! What time does it start?"
  static let answer = "Doors open at ten. I'll keep you a parking spot."
  static let thanks = "Perfect, see you then"
  static let long = """
    Sounds lovely, but we fly to São Paulo on Friday 🛫 and are back on the 12th. Could we see it some evening \
    that week instead? My sister would come too, she has been looking for a place with a garden for months now.
    """
  static let form = "web form"
  static let toTheLead = "Hi Nora, Priya from Acme Homes here. Shall I show you the loft tomorrow at six?"
  static let fromTheLead = "Six is great, thank you!"
  /// The number that no rep holds, and what the agents who answer it are called together.
  static let desk = (number: "+18885550109", queue: "front desk")
  static let agent = (login: "ana", name: "Ana Ortiz")
  static let template = (
    name: "parking",
    text: "Hi {{first_name}}, Ana at Acme Homes. We do: 90 dollars a month, and two places are free."
  )
  /// Who writes to the front desk, the first first, and what the agent answers.
  static let visitors = [
    (name: "Walter Blum", phone: "+12025550181", text: "Do you also rent out parking?"),
    (name: "Ines Duarte", phone: "+12025550182", text: "Is your office open on Sunday?"),
  ]
  static let deskAnswers = [
    "Hi Walter, Ana at Acme Homes. We do: 90 dollars a month, and two places are free.",
    "Hi Ines, we are here on Sunday from noon to five.",
  ]
  static let toTheOther = "Hi Marcus, is the two-bedroom on Pine St still free?"

  /// Places in the audience of those who do something.
  static let asker = 1
  static let helper = 4
  static let longWriter = 7
  static let refuser = 10
  /// Late in the order, so that the message still waits when STOP comes.
  static var stopper: Int { 33 }

  init(_ data: String) throws {
    self.data = data
    var columns: [String] = []
    func rows(_ file: String, _ take: ([String: String]) throws -> Void) throws {
      try CSVTable.read(
        data + "/" + file, header: { columns = $0 },
        row: { try take(Dictionary(zip(columns, $0.fields), uniquingKeysWith: { $1 })) },
        fault: { throw Failure(.data, "\(data)/\(file): line \($0.line): \($0.reason)") })
    }
    var reps: [Rep] = []
    try rows("reps.csv") {
      reps.append(Rep(name: $0["name"] ?? "", number: $0["number"] ?? "", mobile: $0["mobile"] ?? ""))
    }
    var contacts: [Person] = []
    try rows("contacts.csv") {
      let first = $0["first_name"] ?? ""
      contacts.append(
        Person(
          name: first + " " + ($0["last_name"] ?? ""), firstName: first, phone: $0["phone"] ?? "",
          owner: $0["owner"] ?? ""))
    }
    self.reps = reps
    self.contacts = contacts
    guard reps.count >= 3, audience.count > Self.stopper, contacts.contains(where: { $0.owner == other.name })
    else {
      throw Failure(.data, "\(data): the demo needs three reps and \(Self.stopper + 1) contacts of the first")
    }
  }

  /// What the phones do with what they get.
  var scripts: [CarrierSimulator.Script] {
    func answers(_ place: Int, _ texts: String..., after: Duration = .milliseconds(900))
      -> CarrierSimulator.Script
    {
      CarrierSimulator.Script(
        .these([audience[place].digits]), replies: texts.map { .init($0, after: .fixed(after)) })
    }
    return [
      answers(Self.asker, Self.question, Self.thanks), answers(Self.helper, "HELP"),
      answers(Self.longWriter, Self.long), answers(Self.refuser, "No thank you, we found a place"),
      CarrierSimulator.Script(
        .these([lead.person.digits]), replies: [.init(Self.fromTheLead, after: .fixed(.milliseconds(600)))]),
    ]
  }

  private var visitors: [Person] {
    Self.visitors.map { visitor in
      let first = visitor.name.prefix { $0 != " " }
      return Person(name: visitor.name, firstName: String(first), phone: visitor.phone, owner: "")
    }
  }

  func person(_ phone: some CustomStringConvertible) -> Person? {
    (contacts + [lead.person] + visitors).first {
      $0.phone == phone.description || $0.digits == phone.description
    }
  }

  /// A name for whoever has a number, as the story calls them.
  func name(_ number: some CustomStringConvertible) -> String {
    let text = number.description.hasPrefix("+") ? number.description : "+" + number.description
    if let person = person(text) { return person.name }
    if text == Self.desk.number { return "the front desk" }
    if let rep = reps.first(where: { $0.number == text }) { return "\(rep.firstName)'s number" }
    if let rep = reps.first(where: { $0.mobile == text }) { return "\(rep.firstName)'s own mobile" }
    return text
  }
}
