/// Which connection reads as which consumer: at most one each.
struct ConsumerRegistry {
  /// Consumers whose deliveries in flight are remembered after their connection ended; beyond, all are forgotten and
  /// `redelivered` starts at 0 again.
  static let maximumMemories = 1_024

  private var owners: [String: UInt64] = [:]
  private var memories: [String: DeliveryMemory] = [:]

  /// The connection that reads as the consumer, or is about to.
  func owner(of consumer: String) -> UInt64? { owners[consumer] }

  /// Consumers that a connection reads as, or is about to.
  var connected: Set<String> { Set(owners.keys) }

  /// Gives the consumer to a connection.
  mutating func claim(_ consumer: String, for connection: UInt64) { owners[consumer] = connection }

  /// The connection no longer reads as the consumer.
  mutating func release(_ consumer: String, by connection: UInt64, remembering memory: DeliveryMemory?) {
    guard owners[consumer] == connection else { return }
    owners[consumer] = nil
    guard let memory, !memory.isEmpty else { return }
    if memories.count >= ConsumerRegistry.maximumMemories { memories.removeAll() }
    memories[consumer] = memory
  }

  /// Everything a connection holds, when it ends.
  mutating func releaseAll(of connection: UInt64) {
    owners = owners.filter { $0.value != connection }
  }

  /// What the consumer's last connection left in flight; forgotten here.
  mutating func takeMemory(of consumer: String) -> DeliveryMemory? {
    memories.removeValue(forKey: consumer)
  }
}
