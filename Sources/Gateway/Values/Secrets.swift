import Contract

/// Where secrets come from: the machine's random numbers, or a simulation's.
final class Secrets {
  private var random: any RandomNumberGenerator

  init(_ random: any RandomNumberGenerator) { self.random = random }

  func octets(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
  }

  func linkToken() -> LinkToken {
    guard let token = LinkToken(octets: octets(LinkToken.octets)) else {
      preconditionFailure("a token of another length")
    }
    return token
  }

  func token() -> SecretToken {
    guard let token = SecretToken(octets: octets(SecretToken.length)) else {
      preconditionFailure("a token of another length")
    }
    return token
  }
}
