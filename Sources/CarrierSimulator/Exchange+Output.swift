import NetIO
import SMPP
import SMPPSession

extension Link {
  /// One read into the input buffer.
  func fill() -> IOResult {
    guard connection != nil else { return .closed }
    return connection.fill(&input)
  }

  func resetOnClose() { connection?.resetOnClose() }
}

extension Optional where Wrapped == Connection {
  fileprivate borrowing func fill(_ input: inout InputBuffer) -> IOResult {
    switch self {
    case .some(let connection): input.fill(from: connection)
    case .none: .closed
    }
  }

  fileprivate borrowing func flush(_ output: inout OutputBuffer, limit: Int) -> OutputBuffer.Flushed {
    switch self {
    case .some(let connection): output.flush(to: connection, limit: limit)
    case .none: .closed
    }
  }
}

extension Exchange {
  /// Puts a PDU on the wire, or the part of it that a cut leaves.
  func write(_ pdu: PDU, on link: Link) {
    guard !link.isCutting, link.connection != nil else { return }
    record(pdu, .toESME, on: link)
    if let cut = smsc.configuration.faults.cut, link.pdusWritten >= cut.afterPDUs, cut.isRepeated || !wasCut {
      wasCut = true
      link.output.append(contentsOf: pdu.encoded.prefix(cut.octets))
      link.isCutting = true
      link.closesAfterOutput = true
      link.measureRoom()
      smsc.counts.dropped += 1
      return
    }
    link.pdusWritten += 1
    link.output.append { pdu.encode(into: &$0) }
    link.measureRoom()
  }

  func writeEverywhere(_ octets: [UInt8]) {
    for link in linksByNumber.values where !link.isCutting { link.output.append(contentsOf: octets) }
  }

  func flushAll() {
    for link in linksByNumber.values {
      if !link.output.isEmpty || link.finishesWriting || link.closesAfterOutput { flush(link) }
    }
  }

  func flush(_ link: Link) {
    let before = link.output.writtenOctets
    let flushed = smsc.configuration.faults.writesSingleOctets ? flushSingly(link) : flushWhole(link)
    smsc.counts.octetsSent += link.output.writtenOctets - before
    link.measureRoom()
    switch flushed {
    case .all: outputIsEmpty(link)
    case .blocked:
      // What is to be closed is written as far as it goes at once.
      if link.closesAfterOutput { return lost(link) }
      let reads = link.output.count < Link.outputLimit
      loop.modify(link.token, reads ? [.readable, .writable] : .writable)
    case .closed, .failed: lost(link)
    }
  }

  private func outputIsEmpty(_ link: Link) {
    if link.closesAfterOutput { return lost(link) }
    if link.finishesWriting {
      link.finishesWriting = false
      link.connection?.shutdownWriting()
    }
    loop.modify(link.token, .readable)
  }

  private func flushWhole(_ link: Link) -> OutputBuffer.Flushed {
    link.connection.flush(&link.output, limit: .max)
  }

  private func flushSingly(_ link: Link) -> OutputBuffer.Flushed {
    while true {
      let before = link.output.writtenOctets
      let flushed = link.connection.flush(&link.output, limit: 1)
      if flushed != .blocked || link.output.writtenOctets == before { return flushed }
    }
  }

  // MARK: On request

  func dropAll(reset: Bool) {
    for link in Array(linksByNumber.values) { drop(link, reset: reset) }
  }

  func unbindAll() {
    for link in Array(linksByNumber.values) {
      smsc.unbind(link.smsc)
      settle()
    }
  }

  func reconfigure(_ change: (inout CarrierSimulator.Configuration) -> Void) {
    let before = smsc.configuration
    smsc.configure { configuration in
      change(&configuration)
      configuration.isLoad = before.isLoad
      configuration.recordsPDUs = before.recordsPDUs
      configuration.seed = before.seed
      configuration.listen = before.listen
    }
    if smsc.configuration.faults.cut != before.faults.cut { wasCut = false }
  }
}
