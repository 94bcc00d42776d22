import Carriers
import Contract
import SMPP

/// How the octets of an inbound message are read.
enum Reading {
  /// The text of octets: as it most likely was written, or the reading in which it is a keyword. Nobody writes a keyword by
  /// accident in another charset, and a STOP that is missed is the worst that a wrong `data_coding` can do.
  static func text(of coded: CodedText) -> DecodedText {
    // Nearly every text.
    if coded.isPlain { return coded.decoded() }
    let likely = coded.read()
    let others = coded.otherReadings()
    guard !others.isEmpty, Keyword.classify(likely.text).keyword == .none else { return likely }
    var found: DecodedText?
    for other in others {
      switch Keyword.classify(other.text).keyword {
      case .none, .joined: continue
      case .optOut: return lossy(other, coded)
      case .optIn, .optInIfOut, .help: found = found ?? other
      }
    }
    return found.map { lossy($0, coded) } ?? likely
  }

  private static func lossy(_ reading: DecodedText, _ coded: CodedText) -> DecodedText {
    var reading = reading
    reading.lossy = true
    reading.udh = coded.header
    return reading
  }

  /// Whether octets are one of the keywords.
  static func saysKeyword(_ coded: CodedText) -> Bool {
    Keyword.classify(text(of: coded).text).keyword != .none
  }

  /// Whether a whole message is data, and no keyword in any reading.
  static func isData(_ coded: CodedText, _ ports: ApplicationPorts?) -> Bool {
    Carriers.Inbound.isData(coded, ports) && !saysKeyword(coded)
  }
}
