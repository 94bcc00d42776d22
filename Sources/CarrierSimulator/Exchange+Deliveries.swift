import NetIO
import SMPP
import SMPPSession

extension Exchange {
  /// Takes a deliver_sm to the account's queue.
  func enqueue(_ delivery: Delivery, account: Int) {
    guard accounts[account].queue.count < AccountState.maximumQueued else {
      fresh.counts.deliveriesLost += 1
      return
    }
    accounts[account].queue.append(delivery)
  }

  /// Sends what waits, as windows and buffers allow, in turn over the account's sessions.
  func pumpDeliveries() {
    for index in accounts.indices where !accounts[index].queue.isEmpty { pump(index) }
    if configuration.isLoad {
      for link in linksByNumber.values { pumpLoad(link) }
    }
    pumpInboundLoad()
  }

  private func pump(_ index: Int) {
    while !accounts[index].queue.isEmpty, let link = nextLink(of: index) {
      guard let delivery = accounts[index].queue.popFirst() else { return }
      let token = nextToken
      nextToken += 1
      guard
        let pdu = link.session.request(.deliverSM(delivery.message), token: token, at: now)
      else {
        accounts[index].queue.putBack([delivery])
        return
      }
      link.inFlight[token] = delivery
      write(pdu, on: link)
    }
  }

  /// The next session with room for a deliver_sm.
  func nextLink(of index: Int) -> Link? {
    let count = accounts[index].links.count
    for step in 0..<count {
      let place = (accounts[index].turn + step) % count
      let link = accounts[index].links[place]
      if link.receives, link.session.freeWindow > 0, link.output.count < Link.outputHighWater {
        accounts[index].turn = (place + 1) % count
        return link
      }
    }
    return nil
  }

  func deliveryAnswered(_ token: UInt64, _ pdu: PDU, on link: Link) {
    if token & LoadState.tokenBit != 0, token & RunningInboundLoad.tokenBit == 0 {
      fresh.counts.receiptsAnswered += 1
      return
    }
    if token & RunningInboundLoad.tokenBit != 0 { return inboundLoadAnswered(token, pdu.status) }
    guard var delivery = link.inFlight.removeValue(forKey: token), let account = link.account else { return }
    if pdu.status.isOK {
      switch delivery.kind {
      case .receipt: fresh.counts.receiptsAnswered += 1
      case .inbound: fresh.counts.inboundAnswered += 1
      }
      return
    }
    fresh.counts.deliveriesRefused += 1
    delivery.refusals += 1
    guard isTemporary(pdu.status), delivery.refusals < Delivery.maximumRefusals else {
      fresh.counts.deliveriesLost += 1
      return
    }
    fresh.counts.deliveriesRetried += 1
    timers.add(.delivery(account: account, delivery), at: now + Delivery.retryDelay)
  }

  private func isTemporary(_ status: CommandStatus) -> Bool {
    [.ESME_RX_T_APPN, .ESME_RTHROTTLED, .ESME_RMSGQFUL, .ESME_RSYSERR].contains(status)
  }

  /// A deliver_sm made by the user.
  func deliver(_ message: DeliverSM, account: COctetString?) {
    guard let index = accountToDeliverTo(account) else { return }
    fresh.counts.inbound += 1
    enqueue(Delivery(kind: .inbound, message: message), account: index)
  }

  /// The named account; else the first with a session; else the first.
  func accountToDeliverTo(_ systemID: COctetString?) -> Int? {
    if let systemID { return accounts.firstIndex { $0.systemID == systemID } }
    return accounts.firstIndex { !$0.links.isEmpty } ?? accounts.indices.first
  }
}
