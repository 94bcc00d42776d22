import Gateway
import SMPP

/// Receipts owed to one carrier that is bound to us, in the order of their messages. The store holds them until they are
/// answered, so nothing here has to survive.
struct ReceiptQueue {
  /// A request's token that names a receipt, not a segment.
  private static let mark: UInt64 = 1 << 63

  static func isReceipt(_ token: UInt64) -> Bool { token & mark != 0 }
  static func token(_ id: Int64) -> UInt64 { UInt64(bitPattern: id) | mark }
  static func id(_ token: UInt64) -> Int64 { Int64(bitPattern: token & ~mark) }

  private var waiting: [OwedReceipt] = []
  private var head = 0
  private var inFlight: [Int64: OwedReceipt] = [:]
  /// The carrier asked us to wait.
  var notBefore: Duration = .zero

  var isEmpty: Bool { head == waiting.count }

  mutating func append(_ receipt: OwedReceipt) { waiting.append(receipt) }

  mutating func next() -> OwedReceipt? {
    guard head < waiting.count else { return nil }
    let receipt = waiting[head]
    head += 1
    if head == waiting.count || head >= 4096 {
      waiting.removeFirst(head)
      head = 0
    }
    inFlight[receipt.id] = receipt
    return receipt
  }

  /// It was answered; nothing is left of it.
  mutating func done(_ id: Int64) { inFlight[id] = nil }

  /// Sent or about to be, and to be sent again, in their order.
  mutating func returned(_ tokens: [UInt64]) {
    let back = tokens.compactMap { inFlight.removeValue(forKey: Self.id($0)) }.sorted { $0.id < $1.id }
    guard !back.isEmpty else { return }
    waiting.replaceSubrange(..<head, with: back)
    head = 0
  }
}
