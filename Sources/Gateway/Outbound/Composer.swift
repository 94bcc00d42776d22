import Contract
import SMPP
import Store

/// Makes every outbound text: a person's, a campaign's, the answer to a keyword, an alert, a copy.
struct Composer {
  let routes: Routes
  let lanes: Lanes
  let messages: MessageTable
  let parameters: ParameterTable
  let metadata: MetadataTable
  let templates: TemplateTable
  let conversations: ConversationTable

  /// A text before it is a message.
  struct Draft {
    var text: String
    var traffic: TrafficClass
    var number: Number
    var phone: Int64
    var conversation: Int64
    var campaign: Int64?
    /// Milliseconds since 1970 UTC after which it is of no use.
    var notAfter: Int64?
    /// For the carrier's own optional parameters, by name.
    var parameters: [String: String] = [:]
    /// The app's names and values; a campaign's stand with the campaign.
    var metadata: [String: String] = [:]
    /// What the text was made from.
    var template: Int64?
  }

  /// A message of a campaign's run: its id was set aside, and it leaves by the run.
  struct RunPlace {
    var id: Int64
    /// The text of the whole campaign is this one's too, and is not stored again.
    var sharesText: Bool
  }

  /// Inserts the message and, unless it is one of a run, its segments into the lane.
  /// - Parameter plan: the text in segments, as the number's first route cuts it.
  /// - Returns: its id.
  @discardableResult
  func compose(_ draft: Draft, _ plan: SegmentPlan, in place: RunPlace? = nil) throws(StoreError) -> Int64 {
    let id = place?.id ?? messages.reserve(1)
    try messages.insert(
      MessageRow(
        id: id, conversation: draft.conversation, phone: draft.phone, number: draft.number.id, outbound: true,
        traffic: draft.traffic, campaign: draft.campaign, accepted: lanes.now,
        text: place?.sharesText == true ? nil : draft.text, encoding: Int64(plan.encoding.stored),
        segments: plan.count,
        reference: plan.count > 1 ? try conversations.nextReference(draft.conversation) : 0,
        notAfter: draft.notAfter))
    if !draft.parameters.isEmpty { try parameters.add(draft.parameters, of: id) }
    if !draft.metadata.isEmpty { try metadata.add(draft.metadata, to: id) }
    if let template = draft.template { try templates.use(template, for: id) }
    announce(draft, plan, id, sharesText: place?.sharesText == true)
    guard place == nil else { return id }
    for index in 0..<plan.count {
      try lanes.pend(
        PendingSegment(ref: SegmentRef(message: id, index: index), conversation: draft.conversation),
        draft.number.id, draft.traffic.urgency)
    }
    return id
  }

  private func announce(_ draft: Draft, _ plan: SegmentPlan, _ id: Int64, sharesText: Bool) {
    guard !draft.traffic.isPrivate, let phone = PhoneNumber(packed: draft.phone) else { return }
    lanes.outbox.feed.append(
      MessageQueued(
        messageID: MessageID(id), conversationID: ConversationID(draft.conversation),
        campaignID: draft.campaign.map { CampaignID($0) }, repID: draft.number.rep.map { RepID($0) },
        templateID: draft.template.map { TemplateID($0) },
        from: draft.number.address, to: phone, class: draft.traffic.word, encoding: plan.encoding.word,
        segments: plan.count, notAfter: draft.notAfter.map { Timestamp(milliseconds: $0) },
        createdAt: Timestamp(milliseconds: lanes.now)), sharesText: sharesText)
  }

  /// A text of the gateway's own; not made where the number has no route.
  func composeOwn(_ draft: Draft) throws(StoreError) {
    guard let plan = routes.segmenter(of: draft.number)?.plan(draft.text) else { return }
    try compose(draft, plan)
  }
}
