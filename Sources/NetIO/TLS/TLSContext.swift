import COpenSSL

/// Settings made ready for connections: versions, trust and our own certificate. Connections keep the one they began
/// with, so a context can be replaced at any time.
public final class TLSContext: @unchecked Sendable {
  // SAFETY: an SSL_CTX counts its references atomically and is not changed after `init`; SSL_new may be called on it
  // from any thread.
  let raw: OpaquePointer
  let isServer: Bool
  let minimum: TLSVersion
  let verification: TLSVerification
  let pins: [KeyPin]
  let hasIdentity: Bool
  /// The lists that peers' certificates are looked for in.
  let revoked: RevocationLists?

  public init(_ settings: TLSClientSettings) throws(TLSError) {
    raw = try TLSContext.make(TLS_client_method(), minimum: settings.minimum)
    isServer = false
    minimum = settings.minimum
    verification = settings.verification
    pins = settings.pins
    hasIdentity = settings.identity != nil
    revoked = settings.revoked
    if let identity = settings.identity { try use(identity) }
    switch verification {
    case .full, .chain:
      try trust(settings.authorities)
      try look(in: settings.revoked)
    case .pin:
      guard !pins.isEmpty else { throw TLSError("expected at least one pinned key") }
    case .none: break
    }
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
    SSL_CTX_set_cert_verify_callback(raw, { store, _ in TLSContext.verify(store) }, nil)
    SSL_CTX_set_cert_cb(raw, { ssl, _ in TLSContext.wasAsked(ssl) }, nil)
  }

  public init(_ settings: TLSServerSettings) throws(TLSError) {
    raw = try TLSContext.make(TLS_server_method(), minimum: settings.minimum)
    isServer = true
    minimum = settings.minimum
    verification = settings.clientAuthorities == nil ? .none : .chain
    pins = []
    hasIdentity = true
    revoked = settings.revoked
    try use(settings.identity)
    SSL_CTX_set_options(raw, COPENSSL_OP_CIPHER_SERVER_PREFERENCE)
    guard let authorities = settings.clientAuthorities else { return }
    try trust(authorities)
    try look(in: settings.revoked)
    for authority in try PEM.certificates(in: authorities.pem) { SSL_CTX_add_client_CA(raw, authority.raw) }
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    SSL_CTX_set_cert_verify_callback(raw, { store, _ in TLSContext.verify(store) }, nil)
  }

  deinit { SSL_CTX_free(raw) }

  private static func make(_ method: OpaquePointer?, minimum: TLSVersion) throws(TLSError) -> OpaquePointer {
    guard let context = SSL_CTX_new(method) else { throw TLSError("out of memory") }
    let lowest: Int32 =
      switch minimum {
      case .v1_2: TLS1_2_VERSION
      case .v1_3: TLS1_3_VERSION
      }
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(lowest), nil)
    // TLS 1.2: forward secrecy and authenticated encryption only, as every suite of TLS 1.3 has (RFC 9325, 4.2).
    guard
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK") == 1
    else {
      SSL_CTX_free(context)
      throw TLSError("OpenSSL has none of the cipher suites that TLS 1.2 needs")
    }
    // Sessions live for days and are few: nothing is gained by resuming one, and a ticket outlives the key it was
    // made with.
    SSL_CTX_set_options(
      context, COPENSSL_OP_NO_COMPRESSION | COPENSSL_OP_NO_RENEGOTIATION | COPENSSL_OP_NO_TICKET)
    SSL_CTX_set_num_tickets(context, 0)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    // A write may stop after a record and go on from a buffer that has moved; idle sessions give their buffers back.
    SSL_CTX_ctrl(
      context, SSL_CTRL_MODE,
      Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        | Int(SSL_MODE_RELEASE_BUFFERS), nil)
    // One recv takes all there is, instead of two for each record.
    SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, nil)
    return context
  }

  private func use(_ identity: TLSIdentity) throws(TLSError) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let chain = try PEM.certificates(in: identity.chain.pem)
    let key = try PEM.privateKey(in: identity.key)
    guard let leaf = chain.first, SSL_CTX_use_certificate(raw, leaf.raw) == 1 else {
      throw TLSError("the certificate cannot be used (\(TLSFailure.queueText()))")
    }
    guard SSL_CTX_use_PrivateKey(raw, key.raw) == 1 else {
      throw TLSError("the key cannot be used (\(TLSFailure.queueText()))")
    }
    for issuer in chain.dropFirst() {
      // The macro SSL_CTX_add1_chain_cert.
      guard SSL_CTX_ctrl(raw, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(issuer.raw)) == 1 else {
        throw TLSError("the certificate's chain cannot be used (\(TLSFailure.queueText()))")
      }
    }
  }

  private func trust(_ authorities: TLSCertificates?) throws(TLSError) {
    defer { ERR_clear_error() }
    guard let authorities else {
      guard SSL_CTX_set_default_verify_paths(raw) == 1 else {
        throw TLSError("this machine's list of authorities cannot be read")
      }
      return
    }
    let store = SSL_CTX_get_cert_store(raw)
    for authority in try PEM.certificates(in: authorities.pem) { X509_STORE_add_cert(store, authority.raw) }
    // What the operator lists is trusted, root or not: a carrier's intermediate, or its very certificate.
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
  }

  /// From now on the peer's certificate has to stand on no list, and has to have a list of its issuer's.
  private func look(in lists: RevocationLists?) throws(TLSError) {
    guard let lists else { return }
    defer { ERR_clear_error() }
    let store = SSL_CTX_get_cert_store(raw)
    for list in lists.raw { X509_STORE_add_crl(store, list.raw) }
    X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    X509_STORE_set_verify_cb(
      store,
      { isGood, store in
        // An authority's certificate is looked for where its issuer's list is there. The peer's own must have one.
        guard isGood == 0, let store, X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_CRL,
          X509_STORE_CTX_get_error_depth(store) > 0
        else { return isGood }
        X509_STORE_CTX_set_error(store, X509_V_OK)
        return 1
      })
  }

  // MARK: Called back by OpenSSL

  /// We are asked for a certificate. Whether there is one, OpenSSL sees for itself.
  private static func wasAsked(_ ssl: OpaquePointer?) -> Int32 {
    if let ssl { TLSSession.State.of(ssl)?.wasAskedForCertificate = true }
    return 1
  }

  /// Judges the peer's certificate; what is wrong with it goes to the session's state, in words.
  private static func verify(_ store: OpaquePointer?) -> Int32 {
    guard let store,
      let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let state = TLSSession.State.of(OpaquePointer(ssl))
    else { return 0 }
    let context = state.context
    switch context.verification {
    case .full, .chain:
      guard X509_verify_cert(store) == 1 else {
        state.verdict = CertificateProblem(store, host: state.host, isClient: context.isServer).description
        return 0
      }
    case .pin, .none: break
    }
    guard context.pins.isEmpty || isPinned(X509_STORE_CTX_get0_cert(store), context.pins) else {
      state.verdict = "the pinned key differs"
      X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
      return 0
    }
    X509_STORE_CTX_set_error(store, X509_V_OK)
    return 1
  }

  private static func isPinned(_ certificate: OpaquePointer?, _ pins: [KeyPin]) -> Bool {
    guard let certificate, let pin = KeyPin(of: certificate) else { return false }
    return pins.contains(pin)
  }
}
