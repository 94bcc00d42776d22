// Results that several methods give. What each field means stands in the schemas.

/// A page of a list: behind the last item the next page starts at `next`; the last page has none.
public struct Page<Item: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
  public var items: [Item]
  public var next: PageCursor?

  public init(items: [Item], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }
}

/// It is done, and there is no more to say.
public struct Done: Codable, Equatable, Sendable {
  public init() {}
}

/// How much a call changed.
public struct Changed: Codable, Equatable, Sendable {
  public var changed: Int

  public init(changed: Int) {
    self.changed = changed
  }
}
