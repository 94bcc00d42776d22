import CarrierSimulator
import Contract

/// Orders about what is set aside: a phone writes to a number that is not ours, and a person looks at it later.
extension Staff {
  static let strangersNumber = "+18885550998"

  /// The oldest entry; a phone writes one first.
  func withSetAside(_ then: @escaping (Int) -> Void) {
    let phone = Int(random.within(0, Int64(world.story.phones) - 1))
    world.phones.writeAstray(phone)
    after(milliseconds(500, 8_000)) { [unowned self] in
      // Nobody is asked while no process runs: a connection of its own would bring the log into the file.
      guard world.isUp, let queries = world.makeQueries(),
        let list: Page<QuarantineView> = world.answer(queries, .quarantineList(QuarantineList(limit: 50))),
        let entry = list.items.last
      else { return }
      then(entry.quarantineID)
    }
  }

  func release(_ entry: Int) {
    guard let number = address(0) else { return }
    ask(
      .quarantineRelease(
        QuarantineRelease(quarantineID: entry, to: number, idempotencyKey: newKey())))
  }
}
