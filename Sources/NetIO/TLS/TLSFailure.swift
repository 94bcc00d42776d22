import COpenSSL

/// Why TLS with a peer did not come about or broke: one line for an operator, without anything secret.
public struct TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// `tls: certificate has expired (notAfter 2026-01-01)`.
  public let description: String

  init(_ what: String) { description = "tls: " + what }

  /// Reads this thread's queue of errors, right after the call that failed.
  init(queue state: TLSSession.State) {
    let reasons = TLSFailure.reasons()
    if let verdict = state.verdict {
      self.init(verdict)
    } else if let known = reasons.lazy.compactMap({ TLSFailure.words($0, state) }).first {
      self.init(known)
    } else if let first = reasons.first {
      self.init("\(first.text)")
    } else {
      self.init("the connection broke")
    }
  }

  private struct Reason {
    var isSSL: Bool
    var code: Int32
    var text: String
  }

  private static func reasons() -> [Reason] {
    var found: [Reason] = []
    while case let error = ERR_get_error(), error != 0 {
      let text = ERR_reason_error_string(error).map { String(cString: $0) } ?? "error \(error)"
      found.append(
        Reason(isSSL: ERR_GET_LIB(error) == ERR_LIB_SSL, code: ERR_GET_REASON(error), text: text))
    }
    return found
  }

  /// What the queue says first, for errors of our own files.
  static func queueText() -> String { reasons().first?.text ?? "unknown error" }

  private static func words(_ reason: Reason, _ state: TLSSession.State) -> String? {
    guard reason.isSSL else { return nil }
    switch reason.code {
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
      return "the peer speaks no TLS"
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW,
      SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the peer speaks no version of TLS that we do (\(state.context.minimum.rawValue) or later)"
    case SSL_R_NO_SHARED_CIPHER, SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return "the peer and we have no cipher in common"
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "the peer closed the connection" + (state.isEstablished ? "" : " during the handshake")
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "the peer showed no client certificate"
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_BAD_RECORD_TYPE:
      return "a record of the peer's is damaged"
    // What peers say to a client that had no certificate to show, by version and library.
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
      SSL_R_SSLV3_ALERT_NO_CERTIFICATE, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      guard state.wasAskedForCertificate, !state.context.hasIdentity else { fallthrough }
      return "the peer asks for a client certificate and we have none"
    default: return alert(reason.code).map { "the peer refused: \($0)" }
    }
  }

  /// Alerts of the peer (RFC 8446, 6.2), as OpenSSL numbers them.
  private static func alert(_ code: Int32) -> String? {
    guard (1000..<1256).contains(code) else { return nil }
    return switch code - 1000 {
    case 10: "unexpected message"
    case 20: "bad record"
    case 40: "handshake failure"
    case 42: "it says our certificate is bad"
    case 43: "it does not take our kind of certificate"
    case 44: "it says our certificate is revoked"
    case 45: "it says our certificate has expired"
    case 46: "it does not accept our certificate"
    case 47: "illegal parameter"
    case 48: "it does not know the CA that signed our certificate"
    case 49: "access denied"
    case 50: "decode error"
    case 51: "decrypt error"
    case 80: "internal error of its own"
    case 90: "cancelled"
    case 112: "it does not know the name we asked for"
    case 116: "it asks for a client certificate"
    default: "alert \(code - 1000)"
    }
  }
}
