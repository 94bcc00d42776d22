import Glibc
import NetIO

/// A TCP connection between the gateway and a carrier, in memory: octets on their way, room that ends, halves that close.
///
/// The gateway's side is an ``OctetStream``; the carrier's side is called by the simulation.
package final class Wire: OctetStream, @unchecked Sendable {
  // SAFETY: a simulated world, its gateway included, runs on one thread.

  enum State {
    case connecting
    case open
    case refused
    /// Broken: both sides see it at once, the gateway when it next reads or writes.
    case broken
  }

  let number: Int
  private(set) var state = State.connecting
  /// Octets the gateway may have written that the carrier has not got.
  var room: Int
  /// The least room where the network is not narrow.
  static let openRoom = 2_000
  /// Octets that have arrived at the gateway and were not read.
  private var inbox: [UInt8] = []
  private var inboxHead = 0
  /// The carrier's half is over: after the inbox is read, the end shows.
  private(set) var peerHasEnded = false
  /// The gateway let go of it.
  private(set) var isClosed = false
  private(set) var gatewayHasEnded = false
  private var onTheWay = 0
  /// What the gateway wrote, at the moment of its call.
  var onWrite: (UnsafeRawBufferPointer) -> Void = { _ in }
  var onGatewayEnd: () -> Void = {}
  /// The gateway has octets to write that there was no room for.
  private(set) var isStuck = false
  var onStuck: () -> Void = {}

  init(number: Int, room: Int) {
    self.number = number
    self.room = room
  }

  // MARK: The gateway's side

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    let count = min(buffer.count, inbox.count - inboxHead)
    if count > 0 {
      inbox.withUnsafeBytes { octets in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: octets[inboxHead..<inboxHead + count]))
      }
      inboxHead += count
      if inboxHead == inbox.count {
        inbox.removeAll(keepingCapacity: true)
        inboxHead = 0
      }
      return .count(count)
    }
    if buffer.isEmpty { return .count(0) }
    return state == .broken || peerHasEnded ? .closed : .wouldBlock
  }

  package func write(_ buffer: UnsafeRawBufferPointer) -> IOResult {
    guard state == .open, !gatewayHasEnded else { return .closed }
    let count = min(buffer.count, max(0, room - onTheWay))
    isStuck = count < buffer.count
    if isStuck { onStuck() }
    guard count > 0 else { return .wouldBlock }
    onTheWay += count
    onWrite(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    return .count(count)
  }

  package var connectError: Errno? { state == .refused ? Errno(rawValue: ECONNREFUSED) : nil }

  package func shutdownWriting() {
    guard !gatewayHasEnded else { return }
    gatewayHasEnded = true
    onGatewayEnd()
  }

  package func close() {
    guard !isClosed else { return }
    isClosed = true
    shutdownWriting()
  }

  // MARK: The world's side

  func establish() { if state == .connecting { state = .open } }

  func refuse() { state = .refused }

  func breakDown() { state = .broken }

  /// Both ends hold it. After a power cut the peer holds on to its end for a while.
  var isWhole: Bool { state == .open && !isClosed }

  /// Octets of the carrier arrive at the gateway's machine.
  func arrive(_ octets: some Collection<UInt8>) { if !isClosed { inbox.append(contentsOf: octets) } }

  func endByPeer() { peerHasEnded = true }

  /// Octets of the gateway reached the carrier.
  func left(_ count: Int) { onTheWay -= count }

  var isReadable: Bool { inbox.count > inboxHead || peerHasEnded || state == .broken || state == .refused }
  var isWritable: Bool { state == .refused || state == .broken || state == .open && onTheWay < room }
  var isHangup: Bool { state == .broken || state == .refused }
}
