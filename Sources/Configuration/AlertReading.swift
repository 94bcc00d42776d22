import Contract
import Settings

extension Configuration {
  /// Octets of `desk.address`: an alert with a link has to fit into a text.
  private static let longestAddress = 80

  /// `alerts.email`: without it no rep is alerted by e-mail.
  mutating func readEmail(_ alerts: inout ObjectReader) throws(ConfigurationError) {
    guard let read = try Self.email(&alerts) else { return }
    (rules.email, mail) = read
  }

  /// Only how `tollgate mail` hands e-mails over: its user need not be able to read the secrets that the file names.
  public static func mail(in path: String) throws(ConfigurationError) -> Mail {
    var top = ObjectReader(try ObjectReader.Layer.parse(try text(of: path), file: path), values: nil)
    var alerts = try top.section("alerts")
    return try email(&alerts)?.mail ?? Mail()
  }

  private static func email(_ alerts: inout ObjectReader) throws(ConfigurationError)
    -> (email: GatewaySettings.Email, mail: Mail)?
  {
    guard var reader = try alerts.optionalObject("email") else { return nil }
    var mail = Mail()
    let text = try reader.string("from", octets: 3...EmailAddress.longest)
    guard let from = EmailAddress(text) else {
      throw reader.error("from", "expected an e-mail address in ASCII, such as \"alerts@acme.example\"")
    }
    var email = GatewaySettings.Email(from: from)
    try reader.read("subject", octets: 1...150, into: &email.subject)
    try check(email.subject, "subject", ["brand", "contact", "text"], reader)
    guard email.subject.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace || $0 == " " }) else {
      throw reader.error("subject", "expected one line")
    }
    try reader.read("expire_s", seconds: 300...86_400, into: &email.expires)
    mail.sendmail = try reader.absolutePath("sendmail", default: mail.sendmail)
    try reader.read("timeout_s", seconds: 1...600, into: &mail.timeout)
    try reader.finish()
    return (email, mail)
  }

  /// `desk`: without it alerts have no links.
  mutating func readDesk(_ top: inout ObjectReader) throws(ConfigurationError) {
    guard var reader = try top.optionalObject("desk") else { return }
    let address = try reader.string("address", octets: 1...Self.longestAddress)
    if let problem = Self.problem(ofDesk: address) { throw reader.error("address", problem) }
    var desk = GatewaySettings.Desk(address: address)
    try reader.read("alert_link", into: &desk.alertLink)
    try reader.finish()
    rules.desk = desk
  }

  /// What is wrong with a desk's address; nil: nothing. Each of its characters goes into a text as it is.
  private static func problem(ofDesk address: String) -> String? {
    let expected = "expected an address such as \"https://desk.acme.example\""
    guard address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }) else {
      return expected + ", without blanks and in ASCII"
    }
    let isPlain = address.hasPrefix("http://")
    guard isPlain || address.hasPrefix("https://") else { return expected }
    let rest = address.dropFirst(isPlain ? 7 : 8)
    if rest.contains(where: { "?#".contains($0) }) { return expected + ", without a query or fragment" }
    let authority = rest.prefix { $0 != "/" }
    if authority.contains("@") { return expected + ", without a name or password" }
    guard !address.hasSuffix("/") else { return expected + ", without a slash at its end" }
    let isLiteral = authority.first == "["
    let host = isLiteral ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    let isPort = port.isEmpty || port.first == ":" && (1...65_535).contains(Int(port.dropFirst()) ?? 0)
    guard isPort, isLiteral ? host == "[::1]" : isName(host) else { return expected }
    if isPlain, !["localhost", "127.0.0.1", "[::1]"].contains(host) {
      return "expected https:// for every host but this machine: the link is a secret"
    }
    return nil
  }

  private static func isName(_ host: Substring) -> Bool {
    !host.isEmpty
      && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        !label.isEmpty
          && label.utf8.allSatisfy {
            ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D
          }
      }
  }
}
