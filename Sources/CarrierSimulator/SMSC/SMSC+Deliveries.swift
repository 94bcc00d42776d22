import SMPP
import SMPPSession

/// One message to deliver: a receipt, or a part of a phone's text.
package struct Delivery: Equatable {
  package enum Kind: Hashable { case receipt, inbound }

  package var kind: Kind
  package var message: DeliverSM
  /// Which text it is a part of, for whoever had the phone send it.
  package var text: Text?
  /// The phone whose later texts wait for this one; nil: nothing waits.
  var thread: COctetString?
  /// It goes as data_sm.
  var isData = false
  /// How often it was refused.
  var refusals = 0

  package struct Text: Hashable {
    package var id: Int
    package var part: Int
  }

  init(kind: Kind, message: DeliverSM, text: Text? = nil, thread: COctetString? = nil) {
    self.kind = kind
    self.message = message
    self.text = text
    self.thread = thread
  }
}

/// Everything of one system_id.
struct AccountState {
  let systemID: COctetString
  let password: COctetString?
  let maximumSessions: Int
  /// Bound sessions, in the order of their bind.
  var links: [SMSC.Link] = []
  /// Which link is next.
  var turn = 0
  var queue = DeliveryQueue()
  var rate: RateWindow?

  /// Deliveries that wait for a session; more are lost.
  static let maximumQueued = 1_000_000
}

/// Deliveries that wait: first come, first served, but for phones whose earlier text is not settled.
struct DeliveryQueue {
  private var ready = Queue<Delivery>()
  /// What phones wrote behind a text that is not settled.
  private var behind: [COctetString: Queue<Delivery>] = [:]
  private(set) var count = 0

  var hasReady: Bool { !ready.isEmpty }

  mutating func append(_ delivery: Delivery) {
    count += 1
    guard let thread = delivery.thread else { return ready.append(delivery) }
    if behind[thread] == nil {
      behind[thread] = Queue()
      ready.append(delivery)
    } else {
      behind[thread]?.append(delivery)
    }
  }

  mutating func popReady() -> Delivery? {
    guard let delivery = ready.popFirst() else { return nil }
    count -= 1
    return delivery
  }

  /// What was taken out before comes next, in this order.
  mutating func putBack(_ deliveries: [Delivery]) {
    count += deliveries.count
    ready.putBack(deliveries)
  }

  /// What was taken out before comes again after those that are ready.
  mutating func putLast(_ delivery: Delivery) {
    count += 1
    ready.append(delivery)
  }

  /// Taken for good, or given up: the phone's next one may go.
  mutating func settle(_ delivery: Delivery) {
    guard let thread = delivery.thread else { return }
    if let next = behind[thread]?.popFirst() {
      ready.append(next)
    } else {
      behind[thread] = nil
    }
  }
}

extension SMSC {
  func enqueue(_ delivery: Delivery, account: Int) {
    guard accounts[account].queue.count < AccountState.maximumQueued else {
      counts.deliveriesLost += 1
      return
    }
    undelivered += 1
    accounts[account].queue.append(delivery)
  }

  /// Sends what waits, as windows allow and whoever performs has room, in turn over the account's sessions.
  package func pump() {
    for index in accounts.indices where accounts[index].queue.hasReady { pump(index) }
  }

  private func pump(_ index: Int) {
    while accounts[index].queue.hasReady, let link = nextLink(of: index) {
      guard let delivery = accounts[index].queue.popReady() else { return }
      let token = nextToken
      nextToken += 1
      let body: PDU.Body =
        if delivery.isData {
          .dataSM(DataSM(delivery.message))
        } else {
          link.isESME ? .submitSM(delivery.message) : .deliverSM(delivery.message)
        }
      guard let pdu = link.session.request(body, token: token, at: now) else {
        accounts[index].queue.putBack([delivery])
        return
      }
      link.inFlight[token] = (delivery, pdu.sequence)
      want(.delivering(delivery))
      want(.write(pdu, on: link.number))
    }
  }

  /// The next session with room for a delivery.
  func nextLink(of index: Int) -> Link? {
    let count = accounts[index].links.count
    for step in 0..<count {
      let place = (accounts[index].turn + step) % count
      let link = accounts[index].links[place]
      if link.receives, link.session.freeWindow > 0 {
        accounts[index].turn = (place + 1) % count
        return link
      }
    }
    return nil
  }

  func deliveryAnswered(_ token: UInt64, _ pdu: PDU, on link: Link) {
    guard let (delivery, _) = link.inFlight.removeValue(forKey: token), let account = link.account else {
      return want(.answered(token: token, pdu.status))
    }
    want(.delivered(delivery, pdu.status))
    if pdu.status.isOK {
      switch delivery.kind {
      case .receipt: counts.receiptsAnswered += 1
      case .inbound: counts.inboundAnswered += 1
      }
      undelivered -= 1
      return accounts[account].queue.settle(delivery)
    }
    counts.deliveriesRefused += 1
    var again = delivery
    again.refusals += 1
    guard isTemporary(pdu.status), again.refusals < configuration.maximumRefusals else {
      return giveUp(delivery, account: account)
    }
    counts.deliveriesRetried += 1
    want(
      .later(.delivery(account: account, again), at: now + configuration.retryDelay.draw(&random)))
  }

  func giveUp(_ delivery: Delivery, account: Int) {
    counts.deliveriesLost += 1
    undelivered -= 1
    accounts[account].queue.settle(delivery)
  }

  private func isTemporary(_ status: CommandStatus) -> Bool {
    [.ESME_RX_T_APPN, .ESME_RTHROTTLED, .ESME_RMSGQFUL, .ESME_RSYSERR].contains(status)
  }

  /// A deliver_sm made by the user.
  package func deliver(_ message: DeliverSM, account: COctetString?) {
    guard let index = accountToDeliverTo(account) else { return }
    counts.inbound += 1
    enqueue(Delivery(kind: .inbound, message: message), account: index)
  }

  /// The named account; else the first with a session; else the first.
  func accountToDeliverTo(_ systemID: COctetString?) -> Int? {
    if let systemID { return accounts.firstIndex { $0.systemID == systemID } }
    return accounts.firstIndex { !$0.links.isEmpty } ?? accounts.indices.first
  }
}

extension DataSM {
  /// The same message with its text in message_payload (4.7.1).
  fileprivate init(_ message: DeliverSM) {
    self.init(
      serviceType: message.serviceType, source: message.source, destination: message.destination,
      esmClass: message.esmClass, registeredDelivery: message.registeredDelivery,
      dataCoding: message.dataCoding, tlvs: message.tlvs)
    if !message.shortMessage.isEmpty { tlvs.messagePayload = message.shortMessage }
  }
}
