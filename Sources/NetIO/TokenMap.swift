/// What an event loop's owner keeps for each registration, found by token without hashing. A token that was removed
/// finds nothing, even when its slot has a new tenant.
public struct TokenMap<Value> {
  private var entries: [(token: EventLoop.Token, value: Value)?] = []
  public private(set) var count = 0

  public init() {}

  public subscript(token: EventLoop.Token) -> Value? {
    get {
      let index = Int(token.slot)
      guard index < entries.count, let entry = entries[index], entry.token == token else { return nil }
      return entry.value
    }
    set {
      let index = Int(token.slot)
      if let newValue {
        while entries.count <= index { entries.append(nil) }
        if entries[index] == nil { count += 1 }
        entries[index] = (token, newValue)
      } else if index < entries.count, entries[index]?.token == token {
        entries[index] = nil
        count -= 1
      }
    }
  }

  /// Every value, by slot.
  public var values: [Value] { entries.compactMap { $0?.value } }

  /// Every token, by slot.
  public var tokens: [EventLoop.Token] { entries.compactMap { $0?.token } }
}
