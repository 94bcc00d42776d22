import Contract
import Store

/// What people write in a thread before, and beside, what they send: notes for colleagues, drafts, and leases.
///
/// Two members who send into one thread know of each other: whoever is writing holds a lease, and whoever has not seen the newest message
/// is told.
struct Writing: Part {
  let outbox: Outbox
  let notes: NoteTable
  let drafts: DraftTable

  func leave(_ row: NoteTable.NoteRow, _ number: Number) throws(StoreError) -> NoteTable.NoteRow {
    var row = row
    row.id = try notes.add(row)
    emit(
      .noteAdded(
        NoteAdded(
          noteID: NoteID(row.id), conversationID: ConversationID(row.conversation), number: number.address,
          memberID: row.member.map { MemberID($0) }, text: row.text, at: Timestamp(milliseconds: row.at))))
    return row
  }

  /// A blank one is none.
  func keep(_ text: String, of member: Int64, in conversation: Int64) throws(StoreError) {
    try drafts.put(text.isBlank ? "" : text, of: member, in: conversation, at: now)
  }

  /// A text was refused. A draft that the member has there is the same, or newer.
  func keepRefused(_ text: String, of member: Int64, in conversation: Int64) throws(StoreError) {
    guard try drafts.draft(of: member, in: conversation).text.isEmpty else { return }
    try keep(text, of: member, in: conversation)
  }

  /// Another member who writes in a thread.
  func writer(in conversation: Int64, besides member: Int64) throws(StoreError) -> DraftTable.Lease? {
    guard let lease = try drafts.lease(in: conversation, at: now), lease.member != member else { return nil }
    return lease
  }

  /// A member's text was accepted: nothing is left to write.
  func sent(by member: Int64, in conversation: Int64) throws(StoreError) {
    try drafts.put("", of: member, in: conversation, at: now)
    // Also another's who was taken over.
    try drafts.drop(in: conversation)
  }
}
