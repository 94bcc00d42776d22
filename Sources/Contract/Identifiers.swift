/// What an ``ID`` identifies.
public protocol IDKind: Sendable {
  /// The letters before the number, with the underscore: `rep_`.
  static var prefix: StaticString { get }
}

/// The id of something in the store: a positive integer there, `rep_12` on the socket. Opaque to peers.
public struct ID<Kind: IDKind>: Hashable, Sendable {
  /// The store's integer; positive.
  public let value: Int64

  @inlinable
  public init(_ value: Int64) { self.value = value }

  /// Parses the prefix and 1 to 18 decimal digits without a leading zero.
  public init?(_ text: String) {
    guard let value = parsePrefixed(text, prefix: Kind.prefix), value > 0 else { return nil }
    self.value = value
  }
}

public enum RepKind: IDKind { public static var prefix: StaticString { "rep_" } }
public enum MemberKind: IDKind { public static var prefix: StaticString { "mem_" } }
public enum SessionKind: IDKind { public static var prefix: StaticString { "ses_" } }
public enum ContactKind: IDKind { public static var prefix: StaticString { "con_" } }
public enum MessageKind: IDKind { public static var prefix: StaticString { "msg_" } }
public enum ConversationKind: IDKind { public static var prefix: StaticString { "conv_" } }
public enum CampaignKind: IDKind { public static var prefix: StaticString { "camp_" } }
public enum QueueKind: IDKind { public static var prefix: StaticString { "q_" } }
public enum EpisodeKind: IDKind { public static var prefix: StaticString { "ep_" } }
public enum DispositionKind: IDKind { public static var prefix: StaticString { "disp_" } }
public enum NoteKind: IDKind { public static var prefix: StaticString { "note_" } }
public enum TemplateKind: IDKind { public static var prefix: StaticString { "tpl_" } }
public enum LeadKind: IDKind { public static var prefix: StaticString { "lead_" } }
public enum AbsenceKind: IDKind { public static var prefix: StaticString { "abs_" } }
public enum OptInKeywordKind: IDKind { public static var prefix: StaticString { "kw_" } }
public enum EmailKind: IDKind { public static var prefix: StaticString { "eml_" } }
public enum GroupKind: IDKind { public static var prefix: StaticString { "grp_" } }

/// `rep_12`: a person.
public typealias RepID = ID<RepKind>
/// `mem_4`: a person who signs in.
public typealias MemberID = ID<MemberKind>
/// `ses_9`: one sign-in of a member.
public typealias SessionID = ID<SessionKind>
/// `con_345`: a person we text.
public typealias ContactID = ID<ContactKind>
/// `msg_6789`: one text, either way.
public typealias MessageID = ID<MessageKind>
/// `conv_42`: the thread of (number, phone).
public typealias ConversationID = ID<ConversationKind>
/// `camp_7`: a group message, planned or sent.
public typealias CampaignID = ID<CampaignKind>
/// `q_2`: a line of conversations that no rep owns.
public typealias QueueID = ID<QueueKind>
/// `ep_9`: one stretch of work in a conversation.
public typealias EpisodeID = ID<EpisodeKind>
/// `disp_4`: an outcome that was recorded.
public typealias DispositionID = ID<DispositionKind>
/// `note_8`: words for colleagues.
public typealias NoteID = ID<NoteKind>
/// `tpl_3`: a text that people send again and again.
public typealias TemplateID = ID<TemplateKind>
/// `lead_4`: somebody who asked to hear from us, whom nobody has texted yet.
public typealias LeadID = ID<LeadKind>
/// `abs_5`: a time for which a rep is away.
public typealias AbsenceID = ID<AbsenceKind>
/// `kw_2`: a word that people text to say that they want to hear from us.
public typealias KeywordID = ID<OptInKeywordKind>
/// `eml_6`: an alert as an e-mail.
public typealias EmailID = ID<EmailKind>
/// `grp_3`: a group of contacts.
public typealias GroupID = ID<GroupKind>

extension ID: CustomStringConvertible, Codable, Comparable {
  public var description: String { "\(Kind.prefix)\(value)" }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(ID.init(_:), expected: "an id as \(Kind.prefix)12")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }

  public static func < (a: ID, b: ID) -> Bool { a.value < b.value }
}

/// A position in the feed, opaque to peers: events after it are yet to come.
public struct Cursor: Hashable, Sendable {
  /// The feed sequence it stands behind; 0 is before the first event.
  public let sequence: Int64

  @inlinable
  public init(_ sequence: Int64) { self.sequence = sequence }

  public init?(_ text: String) {
    guard let value = parsePrefixed(text, prefix: "cur_") else { return nil }
    sequence = value
  }
}

extension Cursor: CustomStringConvertible, Codable, Comparable {
  public var description: String { "cur_\(sequence)" }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(Cursor.init(_:), expected: "a cursor as an event gave it")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }

  public static func < (a: Cursor, b: Cursor) -> Bool { a.sequence < b.sequence }
}

/// Where the next page of a list starts, opaque to peers. Built from up to two integers, the keys of the last item.
public struct PageCursor: Hashable, Sendable {
  /// Key of the page's last item.
  public let first: Int64
  /// Second key, where the order has one; else 0.
  public let second: Int64

  public init(_ first: Int64, _ second: Int64 = 0) {
    self.first = first
    self.second = second
  }

  public init?(_ text: String) {
    guard text.utf8.count <= 48, text.hasPrefix("pg_") else { return nil }
    let parts = text.dropFirst(3).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Int64(parts[0], radix: 36), let second = Int64(parts[1], radix: 36)
    else { return nil }
    self.init(first, second)
  }
}

extension PageCursor: CustomStringConvertible, Codable {
  public var description: String { "pg_\(String(first, radix: 36)).\(String(second, radix: 36))" }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(PageCursor.init(_:), expected: "a cursor as the page before gave it")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

/// Who sends: a rep by its home number, or a number of ours.
public enum Sender: Equatable, Sendable {
  case rep(RepID)
  case number(PhoneNumber)
}

extension Sender: CustomStringConvertible, Codable {
  public var description: String {
    switch self {
    case .rep(let id): id.description
    case .number(let number): number.description
    }
  }

  public init?(_ text: String) {
    if let id = RepID(text) {
      self = .rep(id)
    } else if let number = PhoneNumber(text) {
      self = .number(number)
    } else {
      return nil
    }
  }
  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(Sender.init(_:), expected: "a rep as rep_12, or a number as +18005550100")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

/// Who gets it: a contact by its preferred phone, or a phone.
public enum Recipient: Equatable, Sendable {
  case contact(ContactID)
  case phone(TypedPhone)

  public static func phone(_ phone: PhoneNumber) -> Recipient { .phone(TypedPhone(phone)) }
}

extension Recipient: CustomStringConvertible, Codable {
  public var description: String {
    switch self {
    case .contact(let id): id.description
    case .phone(let phone): phone.description
    }
  }

  public init?(_ text: String) {
    if let id = ContactID(text) {
      self = .contact(id)
    } else if let phone = TypedPhone(text) {
      self = .phone(phone)
    } else {
      return nil
    }
  }
  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(
      Recipient.init(_:), expected: "a contact as con_12, or a phone as +12025550143")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

/// A group, by id or by name.
public enum GroupRef: Equatable, Sendable {
  case id(GroupID)
  case name(String)
}

extension GroupRef: CustomStringConvertible, Codable {
  public var description: String {
    switch self {
    case .id(let id): id.description
    case .name(let name): name
    }
  }

  /// Nil for an empty name, or one of more than 200 characters.
  public init?(_ text: String) {
    if let id = GroupID(text) {
      self = .id(id)
    } else if text.isEmpty || text.utf8.count > 200 && text.unicodeScalars.count > 200 {
      return nil
    } else {
      self = .name(String(text))
    }
  }
  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(GroupRef.init(_:), expected: "a group as grp_12, or its name")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

/// Parses `prefix` and 1 to 18 decimal digits without a leading zero (but `0` itself).
func parsePrefixed(_ text: String, prefix: StaticString) -> Int64? {
  var octets = text.utf8.makeIterator()
  let matches = prefix.withUTF8Buffer { wanted in
    for octet in wanted where octets.next() != octet { return false }
    return true
  }
  guard matches else { return nil }
  var value: Int64 = 0
  var count = 0
  while let octet = octets.next() {
    guard octet >= 0x30, octet <= 0x39, count < 18, !(count == 1 && value == 0) else { return nil }
    value = value * 10 + Int64(octet - 0x30)
    count += 1
  }
  return count > 0 ? value : nil
}
