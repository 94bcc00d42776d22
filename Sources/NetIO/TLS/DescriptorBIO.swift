import COpenSSL

/// What OpenSSL reads from and writes to: our descriptor, by our own calls. Its own socket BIO would write without
/// MSG_NOSIGNAL and keep the error in errno alone.
enum DescriptorBIO {
  private static let retryFlags =
    BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY

  // SAFETY: a BIO_METHOD is not changed once it is made.
  nonisolated(unsafe) private static let method: OpaquePointer? = {
    let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
    guard let method = BIO_meth_new(type, "descriptor") else { return nil }
    BIO_meth_set_read_ex(method) { DescriptorBIO.read($0, $1, $2, $3) }
    BIO_meth_set_write_ex(method) { DescriptorBIO.write($0, $1, $2, $3) }
    BIO_meth_set_ctrl(method) { bio, command, _, _ in
      switch command {
      case BIO_CTRL_FLUSH: 1
      case BIO_CTRL_EOF: BIO_test_flags(bio, BIO_FLAGS_IN_EOF) == 0 ? 0 : 1
      default: 0
      }
    }
    return method
  }()

  /// - Parameter state: of the session that will own it, unretained.
  static func make(_ state: UnsafeMutableRawPointer) -> OpaquePointer? {
    guard let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, state)
    BIO_set_init(bio, 1)
    return bio
  }

  private static func state(_ bio: OpaquePointer?) -> TLSSession.State? {
    // SAFETY: set by `make` to the state of the session whose SSL owns this BIO.
    BIO_get_data(bio).map { Unmanaged<TLSSession.State>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func read(
    _ bio: OpaquePointer?, _ octets: UnsafeMutablePointer<CChar>?, _ room: Int,
    _ count: UnsafeMutablePointer<Int>?
  ) -> Int32 {
    guard let bio, let octets, let state = state(bio) else { return 0 }
    BIO_clear_flags(bio, retryFlags)
    state.io = Descriptor.read(
      state.descriptor, into: UnsafeMutableRawBufferPointer(start: octets, count: room))
    switch state.io {
    case .count(let read):
      count?.pointee = read
      return 1
    case .wouldBlock: BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    case .closed: BIO_set_flags(bio, BIO_FLAGS_IN_EOF)
    case .failed: break
    }
    return 0
  }

  private static func write(
    _ bio: OpaquePointer?, _ octets: UnsafePointer<CChar>?, _ length: Int,
    _ count: UnsafeMutablePointer<Int>?
  ) -> Int32 {
    guard let bio, let octets, let state = state(bio) else { return 0 }
    BIO_clear_flags(bio, retryFlags)
    state.io = Descriptor.write(state.descriptor, UnsafeRawBufferPointer(start: octets, count: length))
    switch state.io {
    case .count(let written):
      count?.pointee = written
      return 1
    case .wouldBlock: BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    case .closed, .failed: break
    }
    return 0
  }
}
