import NetIO
import Pacing

/// The places where octets of carriers are seen: by the trace, and by the counters.
extension NetworkLoop {
  /// A whole frame was read.
  @inline(__always)
  func read(_ frame: UnsafeRawBufferPointer, from link: CarrierLink) {
    trace.record(.in, link.traceSource, frame)
    counters.read(frame, carrier: link.carrier, &link.sentAt, &link.readAt)
  }

  /// Appends what `encode` writes to a session's output.
  @inline(__always)
  func append(to link: CarrierLink, _ encode: (inout [UInt8]) -> Void) {
    link.output.append { storage in
      let start = storage.count
      encode(&storage)
      storage.withUnsafeBytes {
        let frame = UnsafeRawBufferPointer(rebasing: $0[start...])
        trace.record(.out, link.traceSource, frame)
        counters.wrote(frame, carrier: link.carrier, &link.sentAt, &link.readAt)
      }
    }
  }

  /// Once a second, for whoever asks for metrics.
  func publishCounters() {
    for place in counters.carriers.indices {
      counters.carriers[place].share = pacer.share(CarrierID(place), at: now)
    }
    live.publish(WireSnapshot(carriers: counters.carriers, sent: counters.sent))
  }
}

extension CarrierLink {
  /// Whose PDUs they are, for the trace.
  var traceSource: WireTrace.Source {
    WireTrace.Source(
      carrier: carrier.map { UInt16(clamping: $0) } ?? WireTrace.noCarrier,
      session: UInt16(clamping: ordinal),
      connection: UInt32(clamping: serial), peerOpened: index < 0)
  }
}
