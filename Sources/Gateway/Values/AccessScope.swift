import Contract

/// The numbers of ours that are a caller's: the one place that decides what a caller sees and changes. To the caller, what belongs to
/// other numbers, or to the whole company, does not exist.
///
/// - A thread, a message, a pause and a rate belong to their number.
/// - A rep belongs to the numbers the rep holds, a group to those of its owner.
/// - A contact belongs to the numbers of its owner, and to those with a thread with one of its phones.
/// - To a member who is a rep belong the threads and contacts that the rep owns, on whichever number.
/// - To a member who answers queues belong the threads the member has, for a day after their work is done, and their contacts; to a
///   supervisor all threads of the own queues (``EpisodeTable/isSeen(_:by:)``).
/// - To a member whom the link of an alert let in belongs the one thread, and its contacts.
/// - A campaign belongs to all the numbers that send it together.
struct AccessScope {
  /// nil: all.
  private let numbers: Set<PhoneNumber>?
  /// A member who does not see all.
  let member: Int64?
  /// The rep who that member is: the rep's own threads and contacts are the member's.
  let rep: Int64?
  /// The rep whose templates the member uses.
  let writesAs: Int64?
  let supervises: Bool
  /// The only thread: nothing else is seen by way of ``rep`` or ``member``.
  let thread: Int64?
  /// Threads whose work was done since are the member's still, in milliseconds since 1970 UTC.
  let seenSince: Int64

  /// Milliseconds for which a member sees a thread after its work is done.
  static let seenAfter: Int64 = 86_400_000

  init(_ caller: Requester) {
    numbers = caller.numbers
    member = caller.member.flatMap { $0.seesAll ? nil : $0.id }
    supervises = caller.member?.supervises ?? false
    seenSince = (caller.member?.at ?? 0) - AccessScope.seenAfter
    thread = caller.member?.thread
    writesAs = caller.member.flatMap { $0.seesAll ? nil : $0.rep }
    rep = thread == nil ? writesAs : nil
  }

  /// Every number, and what belongs to the whole company.
  var isFull: Bool { numbers == nil }

  func sees(_ address: Int64) -> Bool { isFull || sees(PhoneNumber(packed: address)) }

  func sees(_ address: PhoneNumber?) -> Bool { numbers.map { address.map($0.contains) ?? false } ?? true }

  /// A thread of a number that a rep owns.
  func sees(_ address: PhoneNumber, of owner: RepID?) -> Bool {
    sees(address) || rep != nil && owner?.value == rep
  }

  /// What belongs to any of some numbers.
  func seesAny(_ addresses: some Sequence<Int64>) -> Bool { isFull || addresses.contains { sees($0) } }

  /// What belongs to some numbers together.
  func seesAll(_ addresses: some Collection<Int64>) -> Bool {
    isFull || !addresses.isEmpty && addresses.allSatisfy { sees($0) }
  }

  /// The addresses, in order; nil: all.
  var addresses: [Int64]? { numbers?.map(\.packed).sorted() }
}
