import Glibc

/// A block of addresses: "192.0.2.0/24", "2001:db8::/32", or one address.
///
/// An IPv4 address that came over an IPv6 socket (::ffff:192.0.2.7) is the IPv4 address it stands for.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  /// The 128 bits of the block, most significant first; IPv4 as ::ffff:0:0/96.
  private let high: UInt64
  private let low: UInt64
  /// How many of the bits count.
  private let prefix: Int

  /// From CIDR notation, RFC 4632 and RFC 4291; nil for anything else, set bits behind the prefix included.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let host = parts.first, !host.contains("%"),
      let address = SocketAddress(host: String(host), port: 0), let bits = AddressRange.bits(of: address)
    else { return nil }
    var longest = 128
    if case .ipv4 = address { longest = 32 }
    var length = longest
    if parts.count == 2 {
      guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let given = Int(parts[1]), given <= longest
      else { return nil }
      length = given
    }
    prefix = length + 128 - longest
    let mask = AddressRange.mask(prefix)
    guard bits.high & ~mask.high == 0, bits.low & ~mask.low == 0 else { return nil }
    (high, low) = bits
  }

  /// Whether the address lies in it; its port does not matter.
  public func contains(_ address: SocketAddress) -> Bool {
    guard let bits = AddressRange.bits(of: address) else { return false }
    let mask = AddressRange.mask(prefix)
    return bits.high & mask.high == high && bits.low & mask.low == low
  }

  public var description: String {
    if high == 0, low >> 32 == 0xFFFF, prefix >= 96 {
      let host = SocketAddress.ipv4(address: UInt32(truncatingIfNeeded: low), port: 0).host
      return prefix == 128 ? host : "\(host)/\(prefix - 96)"
    }
    let host = SocketAddress.ipv6(high: high, low: low, port: 0, scope: 0).host
    return prefix == 128 ? host : "\(host)/\(prefix)"
  }

  private static func bits(of address: SocketAddress) -> (high: UInt64, low: UInt64)? {
    switch address {
    case .ipv4(let address, _): (0, 0xFFFF << 32 | UInt64(address))
    case .ipv6(let high, let low, _, _): (high, low)
    case .local, .other: nil
    }
  }

  private static func mask(_ prefix: Int) -> (high: UInt64, low: UInt64) {
    (
      prefix >= 64 ? .max : prefix == 0 ? 0 : .max << (64 - prefix),
      prefix <= 64 ? 0 : .max << (128 - prefix)
    )
  }
}

extension SocketAddress {
  /// Who is at the other end, for counting: the IPv4 address, or the /64 of an IPv6 address, since one customer has that
  /// many of them.
  public var origin: UInt64 {
    switch self {
    case .ipv4(let address, _): UInt64(address)
    case .ipv6(0, let low, _, _) where low >> 32 == 0xFFFF: low & 0xFFFF_FFFF
    case .ipv6(let high, _, _, _): high
    case .local, .other: 0
    }
  }
}
