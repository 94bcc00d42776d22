import Contract
import SMPP
import Settings
import Store

/// A rep answers an alert from the private mobile: the text goes to the contact, from the conversation's own number. Where it is not
/// clear which contact is meant, or the text may not leave, nothing is sent and the rep is told so.
struct RepAnswers: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let permission: Permission
  let conversations: ConversationTable
  let contacts: ContactTable
  let lanes: Lanes
  let composer: Composer
  let episodes: Episodes
  let leads: Leads
  let marks: AlertMarks
  let limit: AnswerLimit

  /// Conversations that a rep is told the marks of at a time, those of the newest alerts.
  private static let mostChoices = 6

  /// - Parameter thread: the rep's own, with the number that the text came to.
  func relay(_ text: InboundText, from rep: Rep, _ mobile: PhoneNumber, to number: Number, in thread: Int64)
    throws(StoreError)
  {
    guard settings.alertReps, !text.text.isBlank else { return }
    switch try marks.meaning(of: text.text, from: rep.id, at: now) {
    case .conversation(let id, let words):
      if let reason = try send(words, from: rep, to: id) { try tell(reason, mobile, number, thread) }
    case .unclear(let open): try tell(try choices(open, of: rep), mobile, number, thread)
    }
  }

  /// Sends it; what is returned is why it was not sent.
  private func send(_ words: String, from rep: Rep, to id: Int64) throws(StoreError) -> String? {
    guard rep.isActive else { return "you are not active" }
    guard let conversation = try conversations.find(id: id), conversation.ownerRep == rep.id,
      let number = directory.numbers[conversation.number]
    else { return "this conversation is no longer yours" }
    let question = TextInQuestion(phone: conversation.phone, number: number, traffic: .interactive)
    if case .never(let reason) = try permission.verdict(question) {
      return reason.rawValue.split(separator: "_").joined(separator: " ")
    }
    guard !words.contains("{{") else { return "a text from here has no merge fields" }
    guard let plan = routes.segmenter(of: number)?.plan(words), plan.count <= settings.maximumSegments else {
      return "the text is too long"
    }
    guard lanes[number.id].depth + plan.count <= settings.queuePerNumber else {
      return "too many texts wait; try again later"
    }
    try composer.compose(
      .init(
        text: words, traffic: .interactive, number: number, phone: conversation.phone,
        conversation: conversation.id), plan)
    try episodes.answered(in: conversation.id, by: nil, number)
    try leads.texted(in: conversation)
    return nil
  }

  private func choices(_ open: [AlertMarks.Mark], of rep: Rep) throws(StoreError) -> String {
    guard !open.isEmpty else { return "nobody has written to you lately" }
    var named: [String] = []
    let newest = open.sorted { $0.at > $1.at }.prefix(RepAnswers.mostChoices)
    for mark in newest.sorted(by: { $0.mark < $1.mark }) {
      guard
        let phone = try conversations.find(id: mark.conversation).flatMap({ PhoneNumber(packed: $0.phone) })
      else { continue }
      named.append("\(mark.mark) \(try contacts.contacts(of: phone.packed).who(phone))")
      guard !mark.isTold else { continue }
      var told = mark
      told.isTold = true
      try marks.table.put(told, of: rep.id)
    }
    return "start with a number: " + named.joined(separator: ", ")
  }

  /// In the rep's own thread, a bounded number an hour: the mobile may answer by itself.
  private func tell(_ reason: String, _ mobile: PhoneNumber, _ number: Number, _ thread: Int64)
    throws(StoreError)
  {
    switch try permission.verdict(
      TextInQuestion(phone: mobile.packed, number: number, traffic: .alert))
    {
    case .go, .notBefore, .never(.notLive): break
    case .never: return
    }
    guard try limit.take(mobile, number, in: thread) else { return }
    try composer.composeOwn(
      .init(
        text: settings.alertNotSent.replacing("{{reason}}", with: reason)
          .replacing("{{brand}}", with: settings.brand.name),
        traffic: .alert, number: number, phone: mobile.packed, conversation: thread))
  }
}
