import Contract
import Settings
import Testing

@testable import Gateway

extension World {
  /// Anna's company, at a carrier that is there.
  static func company(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    try world.addAnna()
    try world.take(.reachable(world.carrier("alpha"), true))
    return world
  }

  /// A text of a class, written to the carrier.
  func written(
    _ kind: MessageClass? = nil, _ text: String = "Your code is 1234", to phone: String = Cast.customer,
    notAfter: Int64? = nil
  ) throws -> (MessageID, ClaimedSegment) {
    let sent: MessageSendResult = try call(
      .messageSend(
        MessageSend(
          from: .number(number(Cast.annasNumber)), to: .phone(number(phone)), text: text,
          idempotencyKey: nextKey(), class: kind,
          notAfter: notAfter.map { Timestamp(milliseconds: $0) })))
    return (sent.messageID, try #require(try claim().first))
  }

  /// The session ends without an answer.
  func lose(_ segments: ClaimedSegment...) throws {
    try take(.unanswered(segments.map(\.ref), carrier: carrier("alpha"), at: now))
  }

  func resolve(
    _ message: MessageID, _ resolution: UnknownResolution, key: String? = nil
  ) throws -> UnknownResolveResult {
    try call(
      .unknownResolve(
        UnknownResolve(
          messageID: message, resolution: resolution, note: "asked the carrier", idempotencyKey: key)))
  }
}
