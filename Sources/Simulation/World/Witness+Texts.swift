import Contract
import Gateway

/// What phones write: each text is told once, whole and in its order.
extension Witness {
  // MARK: What phones write

  func wrote(
    _ id: TextID, phone: Int, number: Int, _ words: Story.Deed.Words, _ text: String, parts: Int,
    by carrier: Int
  ) {
    texts[id] = Text(phone: phone, number: number, words: words, text: text, parts: parts)
    if case .muddle = words {
      incomplete[Thread(phone: phone, number: number), default: []].append(text)
      return
    }
    threads[Thread(phone: phone, number: number), default: ([], 0)].texts.append(id)
    if case .stop = words { optOuts[phone, default: 0] += 1 }
  }

  /// A text is on its way to the gateway. An opt-in may take effect from here on.
  func offered(_ id: TextID) {
    guard let text = texts[id] else { return }
    if text.offeredAt == nil { texts[id]?.offeredAt = world.clock.now }
    if case .start = text.words { startSeen[text.phone] = world.clock.now }
    open(text)
  }

  func open(_ text: Text) {
    guard case .start(let word) = text.words else { return }
    let thread = Thread(phone: text.phone, number: text.number)
    closedBrand.remove(text.phone)
    closedThread.remove(thread)
    // The network knows START, and no word of the company's.
    if word != "YES", !word.lowercased().hasPrefix("join") { closedByNetwork.remove(thread) }
  }

  /// A START of the phone was written and is not acknowledged.
  func hasStartOnItsWay(_ phone: Int) -> Bool {
    texts.values.contains { text in
      if case .start = text.words { text.phone == phone && text.acknowledged < text.parts } else { false }
    }
  }

  func acknowledged(_ id: TextID, part: Int) { texts[id]?.acknowledged += 1 }

  // MARK: The feed

  /// A text of a phone's, when it is first read.
  func told(_ received: MessageReceived) {
    if knownConversations.insert(received.conversationID).inserted {
      conversations.append(received.conversationID)
    }
    if astray.remove(received.text) != nil { return }
    let from = received.from.description
    guard let phone = Phones.place(of: String(from.dropFirst())),
      let number = world.numbers.firstIndex(where: { $0.address == received.to.description })
    else { return violated("inbound", "a message from nobody") }
    let thread = Thread(phone: phone, number: number)
    if !received.complete {
      guard let place = incomplete[thread]?.firstIndex(of: received.text) else {
        return violated("inbound", "phone \(phone): \"\(received.text.prefix(40))\" is told incomplete")
      }
      incomplete[thread]?.remove(at: place)
      return
    }
    guard let (ids, reached) = threads[thread] else {
      return violated("inbound", "phone \(phone) wrote nothing")
    }
    var told = reached
    while told < ids.count, texts[ids[told]]?.text != received.text, mayBeMerged(ids, told) { told += 1 }
    guard told < ids.count, let text = texts[ids[told]], text.text == received.text else {
      return violated(
        "inbound",
        "phone \(phone): the feed tells \"\(received.text.prefix(40))\" as its text \(told) of \(ids.count), in the place of "
          + "\"\(told < ids.count ? texts[ids[told]]?.text.prefix(40) ?? "" : "")\"")
    }
    threads[thread] = (ids, told + 1)
  }

  /// A text that is one the phone wrote before, word for word: after a session was lost nobody can tell whether the carrier
  /// gives the first one again, so one event may stand for both.
  private func mayBeMerged(_ ids: [TextID], _ place: Int) -> Bool {
    guard world.losses > 0, let text = texts[ids[place]]?.text else { return false }
    return ids[..<place].contains { texts[$0]?.text == text }
  }

  // MARK: The end

  /// What has to be true when everything has come to rest.
  func rest(_ queries: Queries) {
    for (thread, entry) in threads.sorted(by: {
      ($0.key.phone, $0.key.number) < ($1.key.phone, $1.key.number)
    }) {
      for (place, id) in entry.texts.enumerated() where place >= entry.told {
        guard let text = texts[id], !mayBeMerged(entry.texts, place) else { continue }
        violated(
          "inbound",
          text.acknowledged >= text.parts
            ? "text \(id) of phone \(thread.phone) was acknowledged and never told"
            : "text \(id) of phone \(thread.phone) was never taken")
      }
    }
    for (thread, sends) in interactive.sorted(by: {
      ($0.key.phone, $0.key.number) < ($1.key.phone, $1.key.number)
    }) {
      let ids = sends.compactMap { world.desk.messageIDs[$0] }
      guard ids != ids.sorted() else { continue }
      // What had no answer may come again, or late.
      let certain = ids.filter { !world.wasUnanswered($0, queries) }
      if certain != certain.sorted() {
        violated(
          "order", "phone \(thread.phone) got its texts of number \(thread.number) out of order: \(sends)")
      }
    }
  }
}
