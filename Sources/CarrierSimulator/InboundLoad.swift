import NetIO
public import SMPP
import SMPPSession

extension CarrierSimulator {
  /// Many messages from many phones, for benchmarks: message n comes from phone n mod `phones` and goes to number
  /// (phone mod `numbers`), so there are as many conversations as phones.
  public struct InboundLoad: Hashable, Sendable {
    /// Messages in all.
    public var count: Int
    /// Messages per second, evenly spaced; nil: as fast as the windows allow.
    public var rate: Double?
    /// E.164 digits of the first phone and how many follow it.
    public var firstPhone: UInt64
    public var phones: Int
    /// E.164 digits of the first number and how many follow it.
    public var firstNumber: UInt64
    public var numbers: Int
    /// ASCII; the message's number is appended, so that no two are equal.
    public var text: String
    /// Whose; nil: the first account that bound.
    public var account: COctetString?

    public init(
      count: Int, rate: Double? = nil, firstPhone: UInt64 = 15_552_000_000, phones: Int = 1000,
      firstNumber: UInt64 = 18_885_550_100, numbers: Int = 1, text: String = "Sounds good, see you then #",
      account: COctetString? = nil
    ) {
      self.count = count
      self.rate = rate
      self.firstPhone = firstPhone
      self.phones = max(1, phones)
      self.firstNumber = firstNumber
      self.numbers = max(1, numbers)
      self.text = text
      self.account = account
    }
  }
}

/// A load that is being sent.
final class RunningInboundLoad {
  /// Marks its tokens among those of other deliveries; the rest is the message's index.
  static let tokenBit: UInt64 = 1 << 63

  let load: CarrierSimulator.InboundLoad
  let text: [UInt8]
  let startedAt: Duration
  var next = 0
  /// Refused for now, to be sent again.
  var again: [Int] = []
  /// When each message in flight was written, by index modulo the ring.
  var writtenAt = [Int64](repeating: 0, count: ringMask + 1)
  static let ringMask = 0xFFFF
  /// When there is something to do; nil: nothing is left, or it waits for a window.
  var nextDue: Duration?
  /// After a refusal nothing is sent before this.
  var pausedUntil: Duration = .zero

  /// How long a refusal pauses the load.
  static let refusalPause: Duration = .milliseconds(5)

  init(_ load: CarrierSimulator.InboundLoad, at now: Duration) {
    self.load = load
    text = Array(load.text.utf8)
    startedAt = now
    nextDue = now
  }

  /// The message that is next: one to be sent again first.
  var nextIndex: Int? { again.last ?? (next < load.count ? next : nil) }

  func due(_ index: Int) -> Duration {
    guard let rate = load.rate, rate > 0 else { return startedAt }
    return startedAt + .nanoseconds(Int64(Double(index) / rate * 1e9))
  }
}

extension Exchange {
  func start(_ load: CarrierSimulator.InboundLoad) {
    inboundLoad = RunningInboundLoad(load, at: now)
  }

  /// Writes what is due, within the windows.
  func pumpInboundLoad() {
    guard let running = inboundLoad else { return }
    running.nextDue = nil
    guard let account = smsc.accountToDeliverTo(running.load.account) else { return }
    while let index = running.nextIndex {
      let due = max(running.due(index), running.pausedUntil)
      guard due <= now else {
        running.nextDue = due
        return
      }
      guard let link = smsc.nextLink(of: account).flatMap({ linksByNumber[$0.number] }),
        let sequence = link.smsc.session.reserve(
          .deliverSM, token: RunningInboundLoad.tokenBit | UInt64(index), at: now)
      else { return }
      if running.again.popLast() == nil {
        running.next += 1
        smsc.counts.inbound += 1
      }
      running.writtenAt[index & RunningInboundLoad.ringMask] = MonotonicClock.nowNanoseconds
      writeInbound(running, index, sequence, on: link)
    }
  }

  private func writeInbound(
    _ running: RunningInboundLoad, _ index: Int, _ sequence: UInt32, on link: Link
  ) {
    let phone = index % running.load.phones
    let number = phone % running.load.numbers
    var message = DeliverSM(
      source: international(running.load.firstPhone &+ UInt64(phone)),
      destination: international(running.load.firstNumber &+ UInt64(number)))
    var text = running.text
    text.append(contentsOf: String(index).utf8)
    message.shortMessage = text
    if smsc.configuration.recordsPDUs || smsc.configuration.faults.cut != nil {
      write(PDU(sequence: sequence, body: .deliverSM(message)), on: link)
    } else {
      link.pdusWritten += 1
      link.output.append { message.encode(as: .deliverSM, sequence: sequence, into: &$0) }
      link.measureRoom()
    }
  }

  private func international(_ digits: UInt64) -> Address {
    Address(
      ton: TypeOfNumber.international, npi: NumberingPlan.isdn, digits: COctetString(String(digits)))
  }

  /// A request of a load, by receipts or by texts, has its answer.
  func requestAnswered(_ token: UInt64, _ status: CommandStatus) {
    if token & RunningInboundLoad.tokenBit != 0 { return inboundLoadAnswered(token, status) }
    if token & LoadState.tokenBit != 0 { smsc.counts.receiptsAnswered += 1 }
  }

  private func inboundLoadAnswered(_ token: UInt64, _ status: CommandStatus) {
    let index = Int(truncatingIfNeeded: token & ~RunningInboundLoad.tokenBit)
    guard let running = inboundLoad, index < running.load.count else { return }
    if status.isOK {
      smsc.counts.inboundAnswered += 1
      let wrote = running.writtenAt[index & RunningInboundLoad.ringMask]
      fresh.inboundLatency.record(nanoseconds: MonotonicClock.nowNanoseconds - wrote)
    } else {
      smsc.counts.deliveriesRefused += 1
      smsc.counts.deliveriesRetried += 1
      running.pausedUntil = now + RunningInboundLoad.refusalPause
      running.again.append(index)
    }
  }

  /// The session ended before the answer: they are sent again.
  func inboundLoadUnanswered(_ tokens: [UInt64]) {
    guard let running = inboundLoad else { return }
    for token in tokens.reversed() where token & RunningInboundLoad.tokenBit != 0 {
      smsc.counts.redelivered += 1
      running.again.append(Int(truncatingIfNeeded: token & ~RunningInboundLoad.tokenBit))
    }
  }
}
