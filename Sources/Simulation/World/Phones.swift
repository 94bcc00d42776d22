import CarrierSimulator
import SMPP

/// The people: what they write, and what they answer to what they get.
final class Phones {
  unowned let world: Simulation
  private var random: SeededRandom
  private var nextText = 1

  init(world: Simulation, seed: UInt64) {
    self.world = world
    random = SeededRandom(seed: seed)
  }

  /// +1 202 555 0000 and on.
  static func number(_ phone: Int) -> String { "+1202555" + String(10_000 + phone).dropFirst() }

  static func place(of digits: String) -> Int? {
    guard digits.hasPrefix("1202555"), digits.utf8.count == 11 else { return nil }
    return Int(digits.dropFirst(7))
  }

  /// A phone got a text; now and then it answers.
  func received(_ message: Submission, by carrier: SimulatedCarrier) {
    guard let phone = Phones.place(of: "\(message.destination.digits)"), random.happens(0.08),
      let number = world.numbers.firstIndex(where: {
        $0.address.dropFirst() == "\(message.source.digits)"
      })
    else { return }
    let words: Story.Deed.Words = random.happens(0.1) ? .stop("STOP") : .prose
    world.after(.milliseconds(random.within(20, 5_000))) { [unowned self] in write(phone, to: number, words) }
  }

  /// A phone writes to one of our numbers.
  func write(_ phone: Int, to number: Int, _ words: Story.Deed.Words) {
    let id = nextText
    nextText += 1
    let text: String
    switch words {
    case .muddle(let muddle): return muddled(muddle, phone, number)
    case .stop(let word), .start(let word): text = word
    case .help: text = "HELP"
    case .prose: text = "answer \(id)"
    case .long(let parts): text = (0..<parts * 14).map { "t\(id).\($0)" }.joined(separator: " ")
    }
    let address = world.numbers[number].address
    // A number receives by its first carrier.
    let carrier = world.smscs[world.numbers[number].carriers[0]]
    let parts = carrier.phone(Phones.number(phone), writes: text, to: address, id: id)
    world.witness.wrote(id, phone: phone, number: number, words, text, parts: parts, by: carrier.place)
  }

  /// A phone writes to a number that is not ours: the text is set aside, until a person releases it.
  func writeAstray(_ phone: Int) {
    let id = nextText
    nextText += 1
    let text = "astray \(id)"
    world.witness.astray.insert(text)
    // The first carrier never binds to us: to one that does, such a text is refused.
    _ = world.smscs[0].phone(Phones.number(phone), writes: text, to: Staff.strangersNumber, id: id)
  }

  // MARK: Parts that are lost, repeated and mixed

  /// Long texts whose parts do not come one after the other, as phones' networks have it.
  private func muddled(_ muddle: Story.Deed.Muddle, _ phone: Int, _ number: Int) {
    let carrier = world.smscs[world.numbers[number].carriers[0]]
    // A phone's next long text has another reference, so that two of a story do not meet.
    let place = Story.Deed.Muddle.allCases.firstIndex(of: muddle) ?? 0
    let reference = UInt16(truncatingIfNeeded: 40_000 + phone * 8 + 2 * place)
    func long(_ reference: UInt16, losing lost: Int? = nil) -> [Delivery] {
      let id = nextText
      nextText += 1
      let text = (0..<42).map { "t\(id).\($0)" }.joined(separator: " ")
      var parts = carrier.parts(
        of: text, from: Phones.number(phone), to: world.numbers[number].address, reference: reference, id: id)
      var words = Story.Deed.Words.long(parts: parts.count)
      var told = text
      if let lost {
        let gone = lost % parts.count
        told = parts.enumerated().map { place, part in
          place == gone
            ? "[…]"
            : String(decoding: Witness.body(part.message.shortMessage, part.message.esmClass), as: UTF8.self)
        }.joined()
        parts.remove(at: gone)
        words = .muddle(muddle)
      }
      world.witness.wrote(
        id, phone: phone, number: number, words, told, parts: parts.count, by: carrier.place)
      return parts
    }
    switch muddle {
    case .interleaved:
      let (one, other) = (long(reference), long(reference &+ 1))
      carrier.phoneSends(
        zip(one, other).flatMap { [$0, $1] } + one.dropFirst(other.count) + other.dropFirst(one.count))
    case .repeated:
      let parts = long(reference)
      carrier.phoneSends([parts[0], parts[0]] + parts.dropFirst() + [parts[1]])
    case .lost: carrier.phoneSends(long(reference, losing: phone))
    case .referenceAgain: carrier.phoneSends(long(reference, losing: 1) + long(reference))
    }
  }
}
