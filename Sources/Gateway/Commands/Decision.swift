import Contract
import Store

/// What a command has decided. From here it changes store and memory, and may no longer refuse: what it throws ends the batch.
struct Decision {
  /// The result; nil where the answer comes later.
  let apply: () throws(StoreError) -> (any Encodable)?
  /// What the caller is told in the place of a result.
  let refusal: APIError?

  init(_ apply: @escaping () throws(StoreError) -> (any Encodable)?) {
    self.apply = apply
    refusal = nil
  }

  /// A refusal by which something is kept all the same, so that nothing that a person wrote is lost.
  init(refusing refusal: APIError, _ keep: @escaping () throws(StoreError) -> Void) {
    self.refusal = refusal
    apply = { () throws(StoreError) in
      try keep()
      return nil
    }
  }
}

/// The rules of some commands. Each method decides: it reads, and may refuse.
protocol CommandRules: Part {
  var reads: DecisionReads { get }
}

/// What a decision could not read: it ends the batch, and is no refusal.
final class DecisionReads {
  private(set) var failure: StoreError?

  func begin() { failure = nil }

  fileprivate func note(_ error: StoreError) { failure = error }
}

extension CommandRules {
  /// Reads for a decision. A store that cannot be read ends the batch, whatever the decision does.
  func read<Value>(_ value: @autoclosure () throws(StoreError) -> Value) throws(APIError) -> Value {
    do throws(StoreError) {
      return try value()
    } catch {
      reads.note(error)
      throw .internalError
    }
  }

  /// A name without blanks at its ends.
  func checkedName(_ name: String, field: String = "name") throws(APIError) -> String {
    let trimmed = name.trimmed
    // SQLite takes a NUL for the end.
    guard !trimmed.isEmpty, !trimmed.utf8.contains(0), trimmed.unicodeScalars.count <= CommandLimits.name
    else {
      throw .refused(.invalidField, "1 to \(CommandLimits.name) characters", field: field)
    }
    return trimmed
  }
}

enum CommandLimits {
  /// Most characters of a name, as JSON Schema counts them: Unicode scalars.
  static let name = 200
  /// Texts of one `message.send_many`: a few milliseconds of work.
  static let texts = 100
  /// Names of one message's metadata, and characters of a name and of a value.
  static let metadata = 16
  static let metadataName = 1...64
  static let metadataValue = 200
  /// Contacts of one command.
  static let upsert = 500
  /// Octets of the outcomes of one command's contacts beyond which each is told without its details: the answer fits into a line.
  static let details = 150_000
  /// Contacts that a campaign's audience names one by one.
  static let audience = 10_000
  /// Registered at the feed, which keeps events for each of them.
  static let consumers = 256
  /// Of one contact.
  static let phones = 10
  static let tags = ContactTable.mostTags
  static let attributes = 64
  /// Characters of the value of an attribute.
  static let attribute = 1_000
  /// Octets of all attributes of a contact, as JSON: a contact fits into one line of the socket.
  static let allAttributes = 65_536
  /// Characters of what is given as evidence of consent.
  static let evidence = 1_000
  /// Characters of a note, and of a draft and a template: of these as many as a text to send may have.
  static let note = 1_000
  static let text = 10_000
  /// Of a group.
  static let conditions = 20
  /// Segments per second a number may be given; more than any carrier sells for one.
  static let rate = 1...100_000
  /// Routes of one number.
  static let routes = 8
  /// Of a queue: outcomes, characters of an outcome's key, seconds to answer, conversations of a member.
  static let dispositions = 50
  static let dispositionKey = 64
  static let answerWithin: ClosedRange<Int64> = 10...86_400
  static let capacity: ClosedRange<Int64> = 1...100
  /// Of a route.
  static let priority = 0...1_000_000
}
