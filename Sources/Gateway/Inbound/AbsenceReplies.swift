import Contract
import SMPP
import Settings
import Store

/// The out-of-office reply of a rep who is away: one at most to each phone and absence, in answer to a person's text.
///
/// A machine at the other end may answer the reply. So there is none within ten minutes of another automatic answer to the phone, and it
/// counts as one of those.
struct AbsenceReplies: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let routes: Routes
  let permission: Permission
  let absences: Absences
  let lanes: Lanes
  let composer: Composer
  let limit: AnswerLimit

  /// Milliseconds between a reply and the automatic answer before it.
  static let apart: Int64 = 600_000
  /// Milliseconds for which a reply that waits is of use; none leaves once the absence is over.
  static let lives: Int64 = 3_600_000

  /// - Parameter text: no keyword.
  func answer(
    _ text: InboundText, _ owner: Owner, _ number: Number, _ phone: PhoneNumber, in conversation: Int64
  ) throws(StoreError) {
    // A text that a person released may be days old.
    guard !text.isReleased, let rep = owner.absent, let id = absences.replying(for: rep),
      try !absences.table.hasReplied(id, phone.packed), try !limit.hasTaken(phone, within: Self.apart)
    else { return }
    guard let absence = try absences.table.absence(id), let reply = absence.reply else {
      throw .damaged("absence", row: id)
    }
    let notAfter = min(now + Self.lives, absence.ends ?? .max)
    let question = TextInQuestion(
      phone: phone.packed, number: number, traffic: .outOfOffice, notAfter: notAfter)
    if case .never = try permission.verdict(question) { return }
    guard let plan = routes.segmenter(of: number)?.plan(reply), plan.count <= settings.maximumSegments else {
      return noteSometimes(
        .warning, about: "reply \(id)",
        "absence=\(AbsenceID(id)) its reply is too long for the number's carrier; nobody gets it")
    }
    guard lanes[number.id].depth + plan.count <= settings.queuePerNumber,
      try limit.take(phone, number, in: conversation)
    else { return }
    let message = try composer.compose(
      .init(
        text: reply, traffic: .outOfOffice, number: number, phone: phone.packed,
        conversation: conversation, notAfter: notAfter), plan)
    try absences.table.reply(id, phone.packed, message: message)
  }
}
