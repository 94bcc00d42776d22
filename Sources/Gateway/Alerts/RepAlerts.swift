import Contract
import Settings
import Store

/// Sends alerts about answers to reps' private mobiles.
struct RepAlerts: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let permission: Permission
  let composer: Composer
  let table: AlertTable

  /// Sends an alert about a contact's text to the owner, from the rep's own number and without the contact's full number. At
  /// most one alert per conversation and quiet period.
  func raise(_ owner: Owner, _ conversation: Conversation, _ number: Number, _ phone: PhoneNumber)
    throws(StoreError)
  {
    guard settings.alertReps, let rep = owner.rep.flatMap({ directory.reps[$0] }), rep.alerts,
      let mobile = rep.mobile, mobile != phone.packed,
      let home = rep.home.flatMap({ directory.numbers[$0] }) ?? (number.rep == rep.id ? number : nil),
      // The mobile may also be a contact of another rep, and may have opted out there.
      try mayLeave(to: mobile, from: home, .alert)
    else { return }
    if let last = try table.raised(for: conversation.id), now - last < settings.alertQuiet.wholeMilliseconds {
      return
    }
    try table.raise(for: conversation.id, at: now)
    let named = owner.contacts.first { !$0.name.isEmpty }?.name
    let who = named ?? "a number ending in \(phone.description.suffix(2))"
    let text = settings.alertText.replacing("{{contact}}", with: who).replacing(
      "{{brand}}", with: settings.brand.name)
    let thread = try composer.conversations.findOrOpenPrivate(home.id, mobile, at: now)
    try composer.composeOwn(
      .init(text: text, traffic: .alert, number: home, phone: mobile, conversation: thread.id))
  }

  /// Sends a rep a copy of a group message, on the private mobile. The copy is not one of the campaign's messages.
  func copy(_ campaign: Campaign, _ number: Number, recipients: Int64) throws(StoreError) {
    guard let rep = number.rep.flatMap({ directory.reps[$0] }), rep.alerts, let mobile = rep.mobile,
      try mayLeave(to: mobile, from: number, .copy)
    else { return }
    let thread = try composer.conversations.findOrOpenPrivate(number.id, mobile, at: now)
    try composer.composeOwn(
      .init(
        text: "Copy of your message to \(recipients) contacts: \(campaign.text)", traffic: .copy,
        number: number, phone: mobile, conversation: thread.id, campaign: campaign.id))
  }

  /// Before go-live an alert waits for its turn and ends there, so that `why` can explain the alert.
  private func mayLeave(to mobile: Int64, from number: Number, _ traffic: TrafficClass) throws(StoreError)
    -> Bool
  {
    switch try permission.verdict(TextInQuestion(phone: mobile, number: number, traffic: traffic)) {
    case .go, .notBefore, .never(.notLive): true
    case .never: false
    }
  }
}
