import NetIO

extension NetworkLoop {
  /// Appends what `encode` writes to a session's output, and shows it to the trace.
  @inline(__always)
  func append(to link: CarrierLink, _ encode: (inout [UInt8]) -> Void) {
    link.output.append { storage in
      let start = storage.count
      encode(&storage)
      storage.withUnsafeBytes {
        trace.record(.out, link.traceSource, UnsafeRawBufferPointer(rebasing: $0[start...]))
      }
    }
  }
}

extension CarrierLink {
  /// Whose PDUs they are, for the trace.
  var traceSource: WireTrace.Source {
    WireTrace.Source(
      carrier: carrier.map { UInt16(clamping: $0) } ?? .max, session: UInt16(clamping: ordinal),
      connection: UInt32(clamping: serial), peerOpened: index < 0)
  }
}
