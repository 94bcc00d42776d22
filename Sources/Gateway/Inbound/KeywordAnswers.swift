import Contract
import SMPP
import Settings
import Store

/// What follows a keyword: an opt-out closes the barrier, an opt-in opens it, HELP is answered; a keyword of the company's is consent,
/// and is answered as the company says.
struct KeywordAnswers: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let consent: Consent
  let permission: Permission
  let barrier: Barrier
  let composer: Composer
  let limit: AnswerLimit

  /// A text whose keyword is to be obeyed.
  struct Asked {
    var keyword: Keyword
    /// In its normal form.
    var word: String
    var phone: PhoneNumber
    var number: Number
    var conversation: Int64
    var message: Int64
    /// As it was written: the evidence.
    var text: String
    /// The company's own keyword that it is.
    var joined: OptInKeywords.Row?
    /// The word was found in another charset than the text's `data_coding` says: the network has not seen it.
    var lossy = false
  }

  private func evidence(_ asked: Asked) -> ConsentEvidence {
    ConsentEvidence(
      source: .keyword, number: asked.number.id, message: asked.message, word: asked.word, text: asked.text,
      consentText: asked.joined?.consentText)
  }

  func obey(_ asked: Asked) throws(StoreError) {
    switch asked.keyword {
    case .none: break
    case .optOut: try optOut(asked)
    case .optIn, .optInIfOut: try optIn(asked)
    case .help: try answer(asked, settings.brand.help, .help)
    case .joined: try join(asked)
    }
  }

  /// A revocation, as a barrier. `confirms`: false for one that came again.
  func optOut(_ asked: Asked, confirms: Bool = true) throws(StoreError) {
    let isNew = try barrier.optOut(
      asked.phone, consent.scope(ofOptOutTo: asked.number), asked.number, evidence(asked)
    ).isNew
    // On a toll-free number the network acts on the word STOP alone, and on no other.
    let networkActs =
      asked.number.kind == .tollFree && !asked.lossy && Keyword.isLiterally("stop", asked.text)
    if networkActs {
      let block = SuppressionScope.network(asked.number.id)
      try consent.optOut(asked.phone.packed, block, evidence(asked))
      consent.emitChange(asked.phone, .optOut, block, asked.number, evidence(asked), cancelled: 0)
    }
    if confirms, isNew, !networkActs { try answer(asked, settings.brand.stopConfirmation, .confirmation) }
  }

  /// Consent given again by a word. YES, or START on another number, clears our layer and not the network's.
  private func optIn(_ asked: Asked) throws(StoreError) {
    let phone = asked.phone.packed
    let scopes = try consent.scopes(of: phone)
    let cleared = try lift(scopes, asked)
    if scopes.isEmpty { try consent.optIn(phone, consent.scope(ofOptOutTo: asked.number), evidence(asked)) }
    let networkActs =
      asked.number.kind == .tollFree && !asked.lossy
      && ["start", "unstop"].contains { Keyword.isLiterally($0, asked.text) }
    // START to the very number lifts its block, be it of the toll-free network or of another carrier.
    let block = SuppressionScope.network(asked.number.id)
    let liftsBlock = asked.number.kind == .tollFree ? networkActs : asked.keyword == .optIn
    if liftsBlock, scopes.contains(block) {
      try consent.optIn(phone, block, evidence(asked))
      consent.emitChange(asked.phone, .optIn, block, asked.number, evidence(asked), cancelled: 0)
    }
    guard cleared else { return }
    try barrier.cancelConfirmations(to: phone)
    if !networkActs { try answer(asked, settings.brand.startConfirmation, .help) }
  }

  /// Takes back the opt-outs of our own layer that stand between the phone and the number.
  /// - Returns: whether there was one.
  private func lift(_ scopes: [SuppressionScope], _ asked: Asked) throws(StoreError) -> Bool {
    let ours = scopes.filter { $0 == .brand || $0 == .number(asked.number.id) }
    for scope in ours {
      try consent.optIn(asked.phone.packed, scope, evidence(asked))
      consent.emitChange(asked.phone, .optIn, scope, asked.number, evidence(asked), cancelled: 0)
    }
    return !ours.isEmpty
  }

  /// Consent by a word of the company's. To text the advertised word is a new and express opt-in: it takes back what START takes back
  /// of our layer. A block of the network or of a carrier stays, as only START lifts it there; the answer is then not tried.
  private func join(_ asked: Asked) throws(StoreError) {
    guard let keyword = asked.joined else { throw .misuse("keyword", "one of the company's without its row") }
    let cleared = try lift(try consent.scopes(of: asked.phone.packed), asked)
    if cleared {
      try barrier.cancelConfirmations(to: asked.phone.packed)
    } else {
      let scope = consent.scope(ofOptOutTo: asked.number)
      try consent.optIn(asked.phone.packed, scope, evidence(asked))
      consent.emitChange(asked.phone, .optIn, scope, asked.number, evidence(asked), cancelled: 0)
    }
    guard let text = keyword.answer.map({ Self.filled($0, settings) }) else {
      if cleared { try answer(asked, settings.brand.startConfirmation, .help) }
      return
    }
    // The number may have got another carrier since the answer was saved.
    if let plan = composer.routes.segmenter(of: asked.number)?.plan(text),
      plan.count > settings.maximumSegments
    {
      return noteSometimes(
        .warning, about: "answer \(keyword.id)",
        "keyword=\(KeywordID(keyword.id)) its answer is too long for the number's carrier; nobody gets it")
    }
    try answer(asked, text, .help)
  }

  /// The one merge field of an answer to a keyword of the company's.
  static let brandField = "brand"

  /// A keyword's answer as a phone gets it.
  static func filled(_ text: String, _ settings: GatewaySettings) -> String {
    MergeText(text).pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .field: settings.brand.name
      }
    }.joined()
  }

  /// Answers in the thread, unless the phone has opted out; the confirmation of that alone passes. Before the gateway is live an
  /// answer waits for its turn and ends there, so that `why` can explain it.
  private func answer(_ asked: Asked, _ text: String, _ traffic: TrafficClass) throws(StoreError) {
    let verdict = try permission.verdict(
      TextInQuestion(phone: asked.phone.packed, number: asked.number, traffic: traffic))
    switch verdict {
    case .go, .notBefore, .never(.notLive): break
    case .never: return
    }
    guard try limit.take(asked.phone, asked.number, in: asked.conversation) else { return }
    try composer.composeOwn(
      .init(
        text: text, traffic: traffic, number: asked.number, phone: asked.phone.packed,
        conversation: asked.conversation,
        // A confirmation later than five minutes is no longer covered by the consent that was revoked.
        notAfter: traffic == .confirmation ? now + 5 * 60_000 : nil))
  }
}
