import Contract
import Store

extension NoteView {
  init(_ row: NoteTable.NoteRow) {
    self.init(
      noteID: NoteID(row.id), conversationID: ConversationID(row.conversation),
      memberID: row.member.map { MemberID($0) }, text: row.text, createdAt: Timestamp(milliseconds: row.at))
  }
}

extension DraftView {
  init(_ draft: DraftTable.Draft, in conversation: ConversationID) {
    self.init(
      conversationID: conversation, text: draft.text, revision: Int(draft.revision),
      updatedAt: draft.at.map { Timestamp(milliseconds: $0) })
  }
}

extension LeaseView {
  init(_ lease: DraftTable.Lease, in conversation: ConversationID) {
    self.init(
      conversationID: conversation, memberID: MemberID(lease.member),
      heldUntil: Timestamp(milliseconds: lease.until))
  }
}

/// `note.list` and `conversation.open`: a thread as a screen shows it.
struct WritingQueries {
  /// Messages, notes and contacts of a screen.
  private static let messages = 30
  private static let notes: Int64 = 30
  private static let contacts = 10
  private static let templates: Int64 = 50
  /// Octets of a screen, as JSON: with one message more than that it still fits into a line. Of it contacts and
  /// notes take at most these.
  private static let octets = 190_000
  private static let contactOctets = 75_000
  private static let noteOctets = 40_000

  let queries: Queries
  let caller: Requester

  private var database: Database { queries.database }
  private var scope: AccessScope { AccessScope(caller) }

  func list(_ params: NoteList) throws -> Page<NoteView> {
    let notes = NoteTable(database)
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.records(
          of: "note", in: params.conversationID, since: params.since, after, count, queries)
      },
      item: { place in
        guard let row = try notes.note(place.second),
          let view = try queries.views.conversation(row.conversation), try scope.sees(view, in: database)
        else { return nil }
        return NoteView(row)
      })
  }

  func open(_ params: ConversationOpen) throws -> ConversationOpenResult {
    let id = params.conversationID
    let conversation = try queries.visible(id, scope)
    let drafts = DraftTable(database)
    let queue = try EpisodeTable(database).last(in: id.value)?.queue ?? QueueTable.defaultQueue
    var screen = ConversationOpenResult(
      conversation: conversation, knownContacts: [], newestMessages: [], newestNotes: [],
      draft: try caller.member.map { DraftView(try drafts.draft(of: $0.id, in: id.value), in: id) },
      lease: try drafts.lease(in: id.value, at: queries.clock()).map { LeaseView($0, in: id) },
      dispositions: try QueueTable(database).choices(of: queue).map {
        DispositionChoice(disposition: $0.key, label: $0.label)
      }, templates: [])
    var room = Self.octets - (try ContractJSON.encode(screen).count)
    screen.knownContacts = try fitting(try contacts(conversation), Self.contactOctets, &room)
    let notes = try NoteTable(database).newest(in: id.value, limit: Self.notes)
    screen.newestNotes = try fitting(notes.map { NoteView($0) }, Self.noteOctets, &room)
    screen.templates = try templates(conversation, &room)
    let messages = try queries.conversationMessages(
      ConversationMessages(conversationID: id, limit: Self.messages), scope, octets: room)
    (screen.newestMessages, screen.next) = (messages.items, messages.next)
    return screen
  }

  private func contacts(_ conversation: ConversationView) throws -> [ContactView] {
    try conversation.contactIDs.prefix(Self.contacts)
      .filter { try ContactTable(database).isSeen(contact: $0.value, by: scope) }
      .compactMap { try queries.views.contact($0.value) }
  }

  /// Those of the rep, of the queue and for all that the caller may see; what there is no room for is left out.
  private func templates(_ conversation: ConversationView, _ room: inout Int) throws -> [TemplateView] {
    let queues = QueueQueries(queries: queries, caller: caller)
    let queue = try conversation.queueID.flatMap { try queues.sees(queue: $0.value) ? $0.value : nil }
    let rep = conversation.repID.flatMap { scope.isFull || scope.writesAs == $0.value ? $0.value : nil }
    let rows = try TemplateTable(database).templates(queue: queue, rep: rep, limit: Self.templates)
    var shown: [TemplateView] = []
    for view in rows.map({ TemplateView($0) }) {
      let octets = try ContractJSON.encode(view).count + 1
      guard octets <= room else { continue }
      room -= octets
      shown.append(view)
    }
    return shown
  }

  /// The first of some items, as many as there is room for.
  private func fitting<Item: Encodable>(_ items: [Item], _ most: Int, _ room: inout Int) throws -> [Item] {
    var left = min(most, room)
    let fitting = try items.prefix { item in
      left -= try ContractJSON.encode(item).count + 1
      return left >= 0
    }
    for item in fitting { room -= try ContractJSON.encode(item).count + 1 }
    return Array(fitting)
  }
}
