import CarrierSimulator
import Contract
import NetIO
import SocketServer

/// The company's people and programs that give commands: each again, with its key, until it is answered.
final class Desk {
  private final class Call {
    let command: Command
    let caller: Caller
    /// When it was given for the first time.
    let asked: Duration
    let done: (Result<[UInt8], APIError>) -> Void
    var token: ReplyToken?
    var isAnswered = false

    init(
      _ command: Command, _ caller: Caller, at asked: Duration,
      _ done: @escaping (Result<[UInt8], APIError>) -> Void
    ) {
      self.command = command
      self.caller = caller
      self.asked = asked
      self.done = done
    }
  }

  unowned let world: Simulation
  private var open: [ReplyToken: Call] = [:]
  private var waiting = 0
  private var nextRequest: UInt64 = 1
  private var nextKey = 1
  /// What `message.send` answered, by the number of the send.
  private(set) var messageIDs: [Int: Int64] = [:]
  private(set) var campaigns: [CampaignID] = []
  /// Of them, those whose cancellation was asked for.
  private var cancelled: Set<CampaignID> = []
  private(set) var coverage = Coverage()
  /// Commands without an answer.
  var isAtRest: Bool { waiting == 0 }

  static let admin = Caller(role: Role(name: "admin", may: ["*"]), userID: 0, processID: 1)

  init(world: Simulation) { self.world = world }

  func key() -> String {
    defer { nextKey += 1 }
    return "key-\(nextKey)"
  }

  /// Gives a command until it is answered; `busy` and a lost answer are no answers.
  func give(
    _ command: Command, as caller: Caller = Desk.admin, _ done: @escaping (Result<[UInt8], APIError>) -> Void
  ) {
    waiting += 1
    world.witness.asked(command)
    attempt(Call(command, caller, at: world.clock.now, done))
  }

  private func attempt(_ call: Call) {
    guard !call.isAnswered else { return }
    let token = ReplyToken(connection: UInt64(world.process), request: nextRequest)
    nextRequest += 1
    if let old = call.token { open[old] = nil }
    call.token = token
    guard world.command(CommandRequest(token: token, command: call.command, caller: call.caller)) else {
      return world.after(.milliseconds(500)) { [unowned self] in attempt(call) }
    }
    open[token] = call
    let process = world.process
    // The connection to a process that is gone is gone: again. A slow one is waited for.
    func look() {
      world.after(.milliseconds(700)) { [unowned self] in
        guard !call.isAnswered, call.token == token else { return }
        if world.process != process { attempt(call) } else { look() }
      }
    }
    look()
  }

  func answered(_ token: ReplyToken, _ reply: Reply) {
    guard let call = open.removeValue(forKey: token) else { return }
    switch reply {
    case .failure(let error) where error.code == .busy || error.code == .internalError:
      if error.code == .internalError {
        world.witness.violated("commands", "\(call.command.method) failed inside: \(error)")
      }
      call.token = nil
      world.after(.milliseconds(500)) { [unowned self] in attempt(call) }
    case .failure(let error): finish(call, .failure(error))
    case .result(let json): finish(call, .success(json))
    }
  }

  private func finish(_ call: Call, _ outcome: Result<[UInt8], APIError>) {
    call.isAnswered = true
    waiting -= 1
    let isSuccess = if case .success = outcome { true } else { false }
    coverage.note(call.command.method, isAnswered: isSuccess)
    world.note { "\(call.command.method.rawValue) is \(isSuccess ? "answered" : "refused")" }
    world.witness.answered(call.command, asked: call.asked, isDone: isSuccess)
    call.done(outcome)
  }

  // MARK: What it does

  /// A text whose parts all differ: `mark`, and its place, over and over.
  static func text(_ mark: String, parts: Int) -> String {
    guard parts > 1 else { return "\(mark) how is the house?" }
    var text = ""
    var place = 0
    // Of 153 septets a part at most: well inside the last one.
    while text.utf8.count < 150 * (parts - 1) + 20 {
      text += "\(mark).\(place) "
      place += 1
    }
    return text
  }

  func campaign(_ number: Int, parts: Int, copyToRep: Bool) {
    let plan = CampaignPlan(
      audience: Audience(tag: "all"), text: Desk.text("c\(number)", parts: parts), copyToRep: copyToRep,
      idempotencyKey: key())
    give(.campaignPlan(plan)) { [unowned self] outcome in
      // Nobody in it may be texted now, or its rep has no number: an answer.
      if case .failure(let error) = outcome, error.code == .refused { return }
      guard let planned = world.decode(CampaignPlanResult.self, outcome, "campaign.plan") else { return }
      commit(planned.campaignID)
    }
  }

  func commit(_ campaign: CampaignID, _ then: @escaping () -> Void = {}) {
    campaigns.append(campaign)
    give(.campaignCommit(CampaignCommit(campaignID: campaign, idempotencyKey: key()))) {
      [unowned self] outcome in
      // Cancelled while its commit waited for an answer: it is no campaign to commit any more.
      if case .failure(let error) = outcome, error.code == .refused, cancelled.contains(campaign) { return }
      if world.decode(CampaignChange.self, outcome, "campaign.commit") != nil { then() }
    }
  }

  func cancelCampaign() {
    guard let campaign = campaigns.last else { return }
    cancel(campaign)
  }

  func cancel(_ campaign: CampaignID) {
    cancelled.insert(campaign)
    give(.campaignCancel(CampaignCancel(campaignID: campaign, idempotencyKey: key()))) {
      [unowned self] outcome in
      // It may be over already.
      if case .failure(let error) = outcome, [.refused, .notFound].contains(error.code) { return }
      _ = world.decode(CampaignChange.self, outcome, "campaign.cancel")
    }
  }

  func send(_ number: Int, to phone: Int, parts: Int, from: Sender? = nil) {
    guard let to = PhoneNumber(Phones.number(phone)) else { return }
    let command = MessageSend(
      from: from, to: .phone(to), text: Desk.text("s\(number)", parts: parts), idempotencyKey: key())
    give(.messageSend(command)) { [unowned self] outcome in
      switch outcome {
      case .success:
        if let sent = world.decode(MessageSendResult.self, outcome, "message.send") {
          messageIDs[number] = sent.messageID.value
        }
      // Opted out, or its lane is full: an answer.
      case .failure(let error) where error.code == .refused: break
      case .failure(let error): world.witness.violated("commands", "message.send: \(error)")
      }
    }
  }

  func pause(_ number: Int, for time: Duration) {
    guard let address = PhoneNumber(world.numbers[number].address) else { return }
    give(.numberPause(NumberPause(number: address))) { [unowned self] _ in
      world.after(time) { [unowned self] in give(.numberResume(NumberResume(number: address))) { _ in } }
    }
  }
}
