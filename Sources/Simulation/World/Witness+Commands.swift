import Contract

/// What commands change about what may be written: from when it is asked for, and for certain from when it is answered.
extension Witness {
  /// A command is given for the first time.
  func asked(_ command: Command) {
    for gate in gates(of: command) where gate.opens { self[keyPath: gate.path].opens() }
    switch command {
    case .numberSetRate(let params):
      let digits = Self.digits(params.number)
      let known = world.numbers.first { $0.address == params.number.description }?.rate ?? params.rate
      rates[digits, default: RateInForce(known)].ask(params.rate)
    case .consentRecord(let params) where params.kind == .optIn:
      guard let phone = Self.phone(params.phone) else { return }
      optInsAsked[phone, default: 0] += 1
      open(phone, params)
    default: break
    }
  }

  /// It has its answer; `isDone`: it was not refused.
  func answered(_ command: Command, asked: Duration, isDone: Bool) {
    let now = world.clock.now
    for gate in gates(of: command) {
      if gate.opens {
        self[keyPath: gate.path].opened(at: now)
      } else if isDone {
        self[keyPath: gate.path].closed(asked: asked, at: now)
      }
    }
    switch command {
    case .numberSetRate(let params):
      rates[Self.digits(params.number)]?.answered(params.rate, isSet: isDone, at: now)
    case .consentRecord(let params):
      guard let phone = Self.phone(params.phone) else { return }
      if params.kind == .optIn {
        optInsAsked[phone, default: 0] -= 1
        optInAnswered[phone] = now
        open(phone, params)
      } else if isDone {
        // Nothing that opens it may have come in between, before the loop has acted on it.
        world.after(Gate.grace) { [unowned self] in close(phone, params, asked: asked) }
      }
    case .consentImport(let params):
      guard isDone, params.dryRun != true else { break }
      for phone in params.optOuts.compactMap({ TypedPhone($0.phone).flatMap(Self.phone) }) {
        guard let typed = TypedPhone(Phones.number(phone)) else { continue }
        let record = ConsentRecord(phone: typed, kind: .optOut, scope: .brand, evidence: "list")
        world.after(Gate.grace) { [unowned self] in close(phone, record, asked: asked) }
      }
    default: break
    }
  }

  // MARK: Gates

  private struct Effect {
    var path: ReferenceWritableKeyPath<Witness, Gate>
    var opens: Bool
  }

  private func gates(of command: Command) -> [Effect] {
    func number(_ number: PhoneNumber?, opens: Bool) -> [Effect] {
      number.map { [Effect(path: \.paused[gate: Self.digits($0)], opens: opens)] } ?? []
    }
    func phones(_ phones: [TypedPhone], opens: Bool) -> [Effect] {
      phones.map { Effect(path: \.testPhones[gate: Self.typedDigits($0)], opens: opens) }
    }
    switch command {
    case .numberPause(let params): return number(params.number, opens: false)
    case .numberResume(let params): return number(params.number, opens: true)
    case .pause: return [Effect(path: \.everything, opens: false)]
    case .resume: return [Effect(path: \.everything, opens: true)]
    case .goLive(let params): return [Effect(path: \.goneLive, opens: params.live ?? true)]
    case .testPhoneAdd(let params): return phones(params.phones, opens: true)
    case .testPhoneRemove(let params): return phones(params.phones, opens: false)
    default: return []
    }
  }

  /// A text is written whose first octet left at `began`.
  func mayLeave(from number: Int64, to phone: Int64, _ began: Duration) {
    if everything.forbids(began) {
      violated("pause", "a text left from \(number) while everything was paused")
    }
    if paused[number]?.forbids(began) == true {
      violated("pause", "a text left from \(number), which was paused")
    }
    if goneLive.forbids(began), testPhones[phone]?.forbids(began) ?? true {
      violated("live", "a text left to \(phone), which is no test phone, before the gateway was live again")
    }
  }

  // MARK: Consent

  private func open(_ phone: Int, _ params: ConsentRecord) {
    if params.scope != .number { closedBrand.remove(phone) }
    for number in world.numbers.indices where params.scope != .brand {
      if params.number.map({ $0.description == world.numbers[number].address }) ?? true {
        closedThread.remove(Thread(phone: phone, number: number))
      }
    }
  }

  private func close(_ phone: Int, _ params: ConsentRecord, asked: Duration) {
    guard optInsAsked[phone, default: 0] == 0, optInAnswered[phone].map({ $0 < asked }) ?? true,
      startSeen[phone].map({ $0 < asked }) ?? true, !hasStartOnItsWay(phone)
    else { return }
    switch params.scope {
    case .brand: closedBrand.insert(phone)
    case .number:
      let number = world.numbers.firstIndex { $0.address == params.number?.description }
      if let number { closedThread.insert(Thread(phone: phone, number: number)) }
    case nil: break
    }
  }

  private static func digits(_ number: PhoneNumber) -> Int64 { Int64(number.description.dropFirst()) ?? 0 }

  private static func phone(_ phone: TypedPhone) -> Int? { Phones.place(of: "\(typedDigits(phone))") }

  /// As the staff type it: `+12025550142`, or `(202) 555-0142`.
  private static func typedDigits(_ phone: TypedPhone) -> Int64 {
    let digits = phone.text.filter { $0.isASCII && $0.isNumber }
    return Int64(phone.text.hasPrefix("+") ? digits : "1" + digits) ?? 0
  }
}
