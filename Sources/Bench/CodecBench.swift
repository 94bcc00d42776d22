import CBenchFloor
import NetIO
import SMPP

/// A submit_sm with 100 octets of text: encoded into a buffer that stays, and decoded from it.
enum CodecBench {
  /// Encodings or decodings of a run.
  static let iterations = 300_000

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    let message = sample(textOctets: settings.textOctets)
    var encoded: [UInt8] = []
    PDU(sequence: 1, body: .submitSM(message)).encode(into: &encoded)
    let octets = encoded.count

    var encode: [Double] = []
    var decode: [Double] = []
    var both: [Double] = []
    var floor: [Double] = []
    for _ in 0..<settings.runs {
      let encodeTime = timeEncode(message)
      let decodeTime = try timeDecode(encoded)
      encode.append(encodeTime)
      decode.append(decodeTime)
      both.append(encodeTime + decodeTime)
      floor.append(bench_floor_memcpy(octets, iterations * 10))
    }
    let conditions = [
      ("text", "\(settings.textOctets) octets"), ("PDU", "\(octets) octets"), ("iterations", "\(iterations)"),
      ("runs", "\(settings.runs)"),
    ]
    func figure(_ name: String, _ values: [Double], target: Double? = nil) -> Bench.Figure {
      Bench.Figure(
        part: .codec, name: name, unit: .nanoseconds, values: values,
        floor: .init(name: "memcpy", values: floor), target: target, conditions: conditions)
    }
    return [
      figure("encode + decode", both, target: 200), figure("encode", encode), figure("decode", decode),
    ]
  }

  static func sample(textOctets: Int) -> SubmitSM {
    SubmitSM(
      source: Address(ton: 1, npi: 1, digits: "18885550100"),
      destination: Address(ton: 1, npi: 1, digits: "12025550123"), registeredDelivery: 1,
      shortMessage: [UInt8](repeating: UInt8(ascii: "x"), count: textOctets))
  }

  /// Nanoseconds an encoding.
  private static func timeEncode(_ message: SubmitSM) -> Double {
    var buffer: [UInt8] = []
    buffer.reserveCapacity(1 << 10)
    var pdu = PDU(sequence: 1, body: .submitSM(message))
    var total = 0
    let start = MonotonicClock.nowNanoseconds
    for iteration in 0..<iterations {
      buffer.removeAll(keepingCapacity: true)
      pdu.sequence = UInt32(truncatingIfNeeded: iteration)
      pdu.encode(into: &buffer)
      total &+= Int(buffer[15])
    }
    let elapsed = MonotonicClock.nowNanoseconds - start
    keep(total)
    return Double(elapsed) / Double(iterations)
  }

  /// Nanoseconds a decoding, text and addresses included.
  private static func timeDecode(_ frame: [UInt8]) throws -> Double {
    var total = 0
    let start = MonotonicClock.nowNanoseconds
    for _ in 0..<iterations {
      guard case .pdu(let pdu) = PDU.decode(frame), case .submitSM(let message) = pdu.body else {
        throw Bench.Failure("our own submit_sm was refused")
      }
      total &+= message.shortMessage.count &+ message.destination.digits.count
    }
    let elapsed = MonotonicClock.nowNanoseconds - start
    keep(total)
    return Double(elapsed) / Double(iterations)
  }

  /// Keeps the optimiser from dropping what led to `value`.
  @inline(never)
  private static func keep(_ value: Int) { if value == .min { print(value) } }
}
