import Contract
import SMPP
import Store

/// Turns the recipients of a committed campaign into messages, number by number, in slices.
final class FillJob: Job, Part {
  /// Recipients a slice turns into messages: a few milliseconds of work.
  static let slice = 250

  let outbox: Outbox
  private let run: Run
  private let parts: CampaignParts

  init(_ run: Run, _ parts: CampaignParts) {
    self.run = run
    self.parts = parts
    outbox = parts.outbox
  }

  var resumedAs: String? { "fill \(run.campaign.id) \(run.number)" }

  func failed() {
    alert(
      .storeFailed, .critical, subject: CampaignID(run.campaign.id).description,
      "a campaign could not be filled")
  }

  func step() throws(StoreError) -> Bool {
    guard run.filled < run.end else { return false }
    guard let number = parts.directory.numbers[run.number] else {
      throw .damaged("run", row: run.campaign.id)
    }
    let batch = try parts.table.recipients(
      of: run.campaign.id, run.number, after: run.filledContact, limit: FillJob.slice)
    let segmenter = parts.routes.segmenter(of: number)
    let shared = segmenter?.plan(run.campaign.text)
    for recipient in batch {
      let id = run.filled
      run.filled += 1
      run.filledContact = recipient.contact
      run.isDirty = true
      let plan = recipient.text.map { segmenter?.plan($0) } ?? shared
      if let reason = try leaves(recipient, number) ?? (plan == nil ? .tooLong : nil) {
        run.forget(id)
        try parts.table.leave(run.campaign.id, run.number, recipient.contact, reason)
        run.campaign.tally.left += 1
        run.campaign.isDirty = true
      } else if let plan {
        let conversation = try parts.ownership.thread(number, recipient.phone)
        try parts.composer.compose(
          .init(
            text: recipient.text ?? run.campaign.text, traffic: .campaign, number: number,
            phone: recipient.phone, conversation: conversation.id, campaign: run.campaign.id),
          plan, in: .init(id: id, sharesText: recipient.text == nil))
      }
    }
    parts.lanes.touch(run.number)
    if batch.count < FillJob.slice, run.filled < run.end {
      // Recipients that left in between: their ids stay unused.
      run.filled = run.end
    }
    return run.filled < run.end
  }

  /// Why a recipient leaves the campaign before its turn: it opted out since the plan, or has no way to be sent to any more.
  private func leaves(_ recipient: CampaignTable.Recipient, _ number: Number) throws(StoreError) -> Refusal? {
    let verdict = try parts.permission.verdict(
      TextInQuestion(phone: recipient.phone, number: number, traffic: .campaign))
    switch verdict {
    case .go, .notBefore: return nil
    // A recipient cancelled before its turn still becomes a message, so that `why` can explain it.
    case .never(.notLive): return nil
    case .never(let reason): return reason
    }
  }
}
