import Contract
import SMPP
import Settings
import Store

/// Alerts reps, and managers who are reps, about answers, conversations and leads: on the private mobile, by e-mail, or both, as each
/// wants. Whether and when an alert leaves is decided once for all its ways.
final class RepAlerts: Part {
  let outbox: Outbox
  private let settings: GatewaySettings
  private let directory: Directory
  private let permission: Permission
  private let composer: Composer
  private let table: AlertTable
  private let campaigns: CampaignTable
  private let emails: EmailOutbox
  private let links: AlertLinks
  let marks: AlertMarks
  /// When the next alert that waits is due, in milliseconds since 1970 UTC.
  private var nextDue: Int64?
  /// Rows of the batch, written at its end: many texts may come to one rep.
  private var rows: [Int64: AlertTable.RepRow] = [:]

  /// Alerts that leave at a time.
  private static let slice: Int64 = 100
  /// Whether the company wants the first words of texts on reps' mobiles.
  private let showsWords: Bool

  init(
    _ outbox: Outbox, _ settings: GatewaySettings, _ directory: Directory, _ permission: Permission,
    _ composer: Composer, _ table: AlertTable, _ campaigns: CampaignTable, _ emails: EmailOutbox,
    _ links: AlertLinks, _ marks: AlertMarks
  ) throws(StoreError) {
    self.outbox = outbox
    self.settings = settings
    self.directory = directory
    self.permission = permission
    self.composer = composer
    self.table = table
    self.campaigns = campaigns
    self.emails = emails
    self.links = links
    self.marks = marks
    showsWords = [settings.alertText, settings.alertSummary].contains { $0.contains("{{words}}") }
    try reload()
  }

  func reload() throws(StoreError) {
    rows = [:]
    nextDue = try table.nextDue()
  }

  /// The end of a batch.
  func flush() throws(StoreError) {
    guard !rows.isEmpty else { return }
    for row in rows.values.sorted(by: { $0.rep < $1.rep }) { try table.put(row) }
    rows.removeAll(keepingCapacity: true)
  }

  var isDue: Bool { nextDue.map { $0 <= now } ?? false }

  /// Sends an alert about a contact's text to the owner, from the rep's own number and without the contact's full number.
  ///
  /// The first leaves at once. What comes in the time after it (`alerts.quiet_s`) is one alert with a count. So is what comes once the rep
  /// had as many alerts within an hour as `limits.alerts_per_rep_hour` allows.
  func raise(_ owner: Owner, _ number: Number, _ phone: PhoneNumber, _ words: String, in conversation: Int64)
    throws(StoreError)
  {
    guard let rep = owner.rep.flatMap({ directory.reps[$0] }), wants(rep, about: phone.packed) else { return }
    var row = try row(of: rep, told: conversation)
    row.count(
      number.id, conversation, Self.name(owner.contacts, phone), showsWords ? Self.beginning(of: words) : "")
    guard row.due <= now else { return wait(row) }
    try send(row)
  }

  /// Whether some alert may reach a rep. Nobody is alerted about the own mobile.
  private func wants(_ rep: Rep, about phone: Int64? = nil) -> Bool {
    settings.alertReps && (phone == nil || rep.mobile != phone) && (rep.isTexted || address(of: rep) != nil)
  }

  private func address(of rep: Rep) -> EmailAddress? {
    rep.alertBy.emails && settings.email != nil ? rep.email : nil
  }

  /// How a text begins: on one line, at most 80 octets or as many as are given, up to a blank if there is one.
  static func beginning(of text: String, octets most: Int = longestWords) -> String {
    var words = ""
    for word in text.split(maxSplits: most, whereSeparator: \.isWhitespace) {
      let more = words.isEmpty ? String(word) : words + " " + word
      guard more.utf8.count <= most else {
        return (words.isEmpty ? prefix(of: word, octets: most) : words) + "..."
      }
      words = more
    }
    return words
  }

  /// As much of a word as the limit takes, whole scalars.
  private static func prefix(of word: Substring, octets most: Int) -> String {
    var taken = String.UnicodeScalarView()
    var octets = 0
    for scalar in word.unicodeScalars {
      octets += UTF8.width(scalar)
      guard octets <= most else { break }
      taken.append(scalar)
    }
    return String(taken)
  }

  /// Octets of what others wrote, in an alert.
  static let longestWords = 80

  /// Whom an alert is about. Forms and phones bring names of any length.
  static func name(_ contacts: [ContactTable.PhoneContact], _ phone: PhoneNumber) -> String {
    beginning(of: contacts.who(phone))
  }

  /// Tells a rep at once of a conversation that is the rep's from now on, by a text with `{{contact}}`. Beyond the hour's bound it counts
  /// like a text.
  func tell(
    _ rep: Rep, _ text: String, _ number: Number, _ phone: PhoneNumber,
    _ contacts: [ContactTable.PhoneContact],
    in conversation: Int64, details: String = ""
  ) throws(StoreError) {
    guard wants(rep, about: phone.packed) else { return }
    let who = Self.name(contacts, phone)
    var row = try row(of: rep, told: conversation)
    let lately = row.times.count { $0 > now - BoundWindow.hour && $0 <= now }
    guard lately < settings.alertsPerRepHour else {
      row.count(number.id, conversation, who, "")
      return wait(row)
    }
    // What waits stays as it is.
    try send(row, text, ["contact": who, "details": details], number.id, conversation)
  }

  /// Tells a rep of something that is in no conversation of the rep's, unless the hour's bound is reached.
  func tell(_ rep: Rep, _ text: String, _ fields: [String: String]) throws(StoreError) {
    guard wants(rep), let ways = try ways(to: rep) else { return }
    var row = try row(of: rep)
    row.times.removeAll { $0 <= now - BoundWindow.hour || $0 > now }
    guard row.times.count < settings.alertsPerRepHour else { return }
    row.times.append(now)
    rows[rep.id] = row
    let words = filled(text, fields)
    if let way = ways.text { try compose(words, from: way.home, to: way.mobile) }
    if let address = ways.email { try mail(rep, address, words, fields, link: nil) }
  }

  // MARK: Ways

  /// How an alert reaches a rep now: one way at least.
  private struct Ways {
    var text: (mobile: Int64, home: Number)?
    var email: EmailAddress?
  }

  /// - Parameter number: what the alert is about came to it: a rep without a home number is texted from there, if the rep holds it.
  private func ways(to rep: Rep, about number: NumberID? = nil) throws(StoreError) -> Ways? {
    var ways = Ways(email: address(of: rep))
    if rep.isTexted, let mobile = rep.mobile,
      let home = rep.home.flatMap({ directory.numbers[$0] })
        ?? number.flatMap({ directory.numbers[$0] }).flatMap({ $0.rep == rep.id ? $0 : nil }),
      // The phone may have opted out before it was a rep's mobile.
      try mayLeave(to: mobile, from: home, .alert)
    {
      ways.text = (mobile, home)
    }
    return ways.text == nil && ways.email == nil ? nil : ways
  }

  /// An alert as an e-mail. A rep answers a text, so there is no mark in it.
  private func mail(
    _ rep: Rep, _ to: EmailAddress, _ words: String, _ fields: [String: String], link: String?
  )
    throws(StoreError)
  {
    guard let email = settings.email else { throw .misuse("email", "no configuration says who it is from") }
    var fields = fields
    fields["text"] = words
    try emails.put(rep, to, filled(email.subject, fields), link.map { "\(words)\n\n\($0)" } ?? words)
  }

  /// Octets that `{{words}}` is shortened to, one after the other, where a link would make one segment two.
  private static let shorterWords = [60, 40, 20, 0]

  /// An alert as a text with its link, whole: in one segment if shorter words make it so. Without the link where it would have more
  /// segments than a message may have.
  private func fitted(
    _ template: String, _ fields: [String: String], _ link: String?, _ mark: String?, from home: Number
  ) -> (text: String, hasLink: Bool) {
    func text(_ fields: [String: String], _ link: String?) -> String {
      ([filled(template, fields)] + [link, mark].compactMap(\.self)).joined(separator: " ")
    }
    let plain = text(fields, nil)
    guard let link, let segmenter = composer.routes.segmenter(of: home),
      let without = segmenter.plan(plain)?.count
    else { return (plain, false) }
    let whole = text(fields, link)
    guard let with = segmenter.plan(whole)?.count, with <= settings.maximumSegments else {
      return (plain, false)
    }
    guard without == 1, with > 1 else { return (whole, true) }
    for octets in Self.shorterWords {
      var shorter = fields
      shorter["words"] = octets == 0 ? "" : fields["words"].map { Self.beginning(of: $0, octets: octets) }
      if octets == 0 { shorter["details"] = "" }
      let short = text(shorter, link)
      if segmenter.plan(short)?.count == 1 { return (short, true) }
    }
    return (whole, true)
  }

  private func compose(_ text: String, from home: Number, to mobile: Int64) throws(StoreError) {
    let thread = try composer.conversations.findOrOpenPrivate(home.id, mobile, at: now)
    try composer.composeOwn(
      .init(text: text, traffic: .alert, number: home, phone: mobile, conversation: thread.id))
  }

  /// As the batch has it so far.
  private func row(of rep: Rep) throws(StoreError) -> AlertTable.RepRow {
    if let known = rows[rep.id] { return known }
    return try table.row(of: rep.id)
  }

  /// What waits for a rep, who is told of a conversation now or with the next alert.
  private func row(of rep: Rep, told conversation: Int64) throws(StoreError) -> AlertTable.RepRow {
    // Who is not texted has nothing to answer by text.
    if rep.isTexted { try marks.alerted(rep.id, to: conversation, at: now) }
    var row = try row(of: rep)
    // The clock may have been set back.
    row.due = min(row.due, now + BoundWindow.hour)
    return row
  }

  /// A text of the configuration with its fields filled in, once: what a contact wrote has none.
  private func filled(_ text: String, _ fields: [String: String]) -> String {
    text.replacing(/\{\{([^}]*)\}\}/) { match in
      match.output.1 == "brand" ? settings.brand.name : fields[String(match.output.1)] ?? ""
    }
  }

  private func wait(_ row: AlertTable.RepRow) {
    rows[row.rep] = row
    nextDue = min(nextDue ?? row.due, row.due)
  }

  /// Alerts whose time has come.
  func sendDue() throws(StoreError) {
    guard isDue else { return }
    try flush()
    for row in try table.due(at: now, limit: RepAlerts.slice) { try send(row) }
    try flush()
    nextDue = try table.nextDue()
  }

  /// Sends what waits for a rep; what may not leave any more is dropped.
  private func send(_ waiting: AlertTable.RepRow) throws(StoreError) {
    var row = waiting
    row.waiting = 0
    try send(
      row, waiting.waiting > 1 ? settings.alertSummary : settings.alertText,
      ["contact": row.who, "words": row.words, "count": "\(waiting.waiting)"], row.number, row.conversation)
  }

  /// Sends an alert about a conversation of a number. `waiting`: what still waits for the rep.
  private func send(
    _ waiting: AlertTable.RepRow, _ template: String, _ fields: [String: String], _ number: NumberID,
    _ conversation: Int64
  ) throws(StoreError) {
    var row = waiting
    guard let rep = directory.reps[row.rep], wants(rep), let ways = try ways(to: rep, about: number) else {
      return rows[row.rep] = row
    }
    row.times.removeAll { $0 <= now - BoundWindow.hour || $0 > now }
    row.times.append(now)
    // What waits goes on waiting for no longer than before.
    let quiet = now + settings.alertQuiet.wholeMilliseconds
    row.due = row.waiting > 0 ? min(quiet, max(row.due, now)) : quiet
    if row.times.count >= settings.alertsPerRepHour {
      row.due = max(row.due, row.times[row.times.count - settings.alertsPerRepHour] + BoundWindow.hour)
    }
    rows[row.rep] = row
    if row.waiting > 0 { nextDue = min(nextDue ?? row.due, row.due) }
    try links.renew(rep.id, conversation)
    if let way = ways.text {
      let mark = try marks.told(rep.id, of: conversation, at: now).map {
        settings.alertMark.replacing("{{mark}}", with: "\($0)")
      }
      let link = try links.link(for: rep.id, into: conversation)
      let fitted = fitted(template, fields, link?.text, mark, from: way.home)
      try compose(fitted.text, from: way.home, to: way.mobile)
      if let link, fitted.hasLink { try links.keep(link) }
    }
    if let address = ways.email {
      let link = try links.link(for: rep.id, into: conversation)
      try mail(rep, address, filled(template, fields), fields, link: link?.text)
      if let link { try links.keep(link) }
    }
  }

  /// Sends a rep a copy of a group message, on the private mobile, as the first contact gets it. The copy is not one of the campaign's
  /// messages.
  func copy(_ campaign: Campaign, _ number: Number, recipients: Int64) throws(StoreError) {
    guard let rep = number.rep.flatMap({ directory.reps[$0] }), rep.isTexted, let mobile = rep.mobile,
      try mayLeave(to: mobile, from: number, .copy)
    else { return }
    let thread = try composer.conversations.findOrOpenPrivate(number.id, mobile, at: now)
    let text = try campaigns.firstText(of: campaign.id, number.id) ?? campaign.text
    try composer.composeOwn(
      .init(
        text: "Copy of your message to \(recipients) contacts: \(text)", traffic: .copy,
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
