import Contract
import Foundation

/// Numbers, reps, contacts and campaigns as the tests use them.
enum World {
  /// The `index`th contact's phone: 100,000 of them, all possible in the North American plan.
  static func phone(_ index: Int) -> String { "+1\(2_022_000_000 + index)" }

  static func number(_ text: String) throws -> PhoneNumber {
    guard let number = PhoneNumber(text) else { throw HarnessError("not a number: \(text)") }
    return number
  }

  /// Adds a rep with a number of its own.
  static func rep(_ app: App, _ name: String, number text: String, rate: Int, carrier: String = "carrier")
    throws
    -> RepID
  {
    let number = try number(text)
    _ = try app.call(GoLive())
    _ = try app.call(NumberAdd(number: TypedPhone(number), carrier: carrier, rate: rate))
    return try app.call(RepAdd(name: name, number: TypedPhone(number))).repID
  }

  /// Adds contacts of one rep with consecutive phones, 500 a call, several calls on their way at once.
  @discardableResult
  static func contacts(_ app: App, _ range: Range<Int>, owner: RepID, tag: String? = nil) throws
    -> [ContactID]
  {
    var ids: [ContactID] = []
    var posted: [Int] = []
    func take() throws {
      let result = try app.answer(posted.removeFirst(), to: ContactUpsert.self)
      guard result.refused == 0 else {
        throw HarnessError("contacts refused: \(result.results.filter { $0.status == .refused }.prefix(2))")
      }
      ids += result.results.compactMap(\.contactID)
    }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 500) {
      let inputs = (start..<min(start + 500, range.upperBound)).map { index in
        ContactInput(
          ref: "contact-\(index)", phones: [phone(index)], firstName: "Name\(index)", repID: owner,
          tags: tag.map { [$0] })
      }
      posted.append(try app.post(ContactUpsert(contacts: inputs)))
      if posted.count == 4 { try take() }
    }
    while !posted.isEmpty { try take() }
    return ids
  }

  /// Plans and commits.
  static func campaign(
    _ app: App, from rep: RepID, _ audience: Audience, text: String, key: String, expecting recipients: Int
  ) throws -> CampaignID {
    let plan = try app.call(
      CampaignPlan(from: .rep(rep), audience: audience, text: text, idempotencyKey: key + "-plan"),
      within: .seconds(120))
    guard plan.recipients == recipients else {
      throw HarnessError("planned \(plan.recipients) of \(recipients), skipped \(plan.skipped)")
    }
    let commit = try app.call(
      CampaignCommit(campaignID: plan.campaignID, idempotencyKey: key + "-commit"), within: .seconds(120))
    guard commit.messageCount == recipients else {
      throw HarnessError("committed \(commit.messageCount ?? 0)")
    }
    return plan.campaignID
  }

  static func counts(_ app: App, _ campaign: CampaignID) throws -> CampaignCounts {
    try app.call(CampaignGet(campaignID: campaign)).counts
  }

  /// Every recipient of a campaign, page by page.
  static func recipients(_ app: App, _ campaign: CampaignID) throws -> [RecipientView] {
    var all: [RecipientView] = []
    var cursor: PageCursor?
    repeat {
      let page = try app.call(CampaignRecipients(campaignID: campaign, cursor: cursor, limit: 200))
      all += page.items
      cursor = page.next
    } while cursor != nil
    return all
  }

  static func conversations(_ app: App) throws -> [ConversationView] {
    var all: [ConversationView] = []
    var cursor: PageCursor?
    repeat {
      let page = try app.call(ConversationList(cursor: cursor, limit: 200))
      all += page.items
      cursor = page.next
    } while cursor != nil
    return all
  }

  /// What `verify` finds, slice by slice, while the daemon runs.
  static func findings(_ app: App) throws -> [VerifyFinding] {
    var all: [VerifyFinding] = []
    var cursor: VerifyCursor?
    repeat {
      let slice = try app.call(Verify(cursor: cursor))
      all += slice.findings
      cursor = slice.next
    } while cursor != nil
    return all
  }

  static func unknown(_ app: App) throws -> [UnknownView] {
    var all: [UnknownView] = []
    var cursor: PageCursor?
    repeat {
      let page = try app.call(UnknownList(cursor: cursor, limit: 200))
      all += page.items
      cursor = page.next
    } while cursor != nil
    return all
  }
}

/// An address of the wire or the socket without its plus sign, so that both can be compared.
func digits(_ address: some CustomStringConvertible) -> String { address.description.filter(\.isNumber) }
