import CLinux
import Glibc

/// The signals an operator sends, as events of a loop instead of interrupts (signalfd). Make it first thing in main,
/// before any thread starts: threads inherit the mask. SIGPIPE is ignored for the process.
public struct Signals: ~Copyable {
  public struct Signal: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Finish in order: systemctl stop.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// Ctrl-C.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// Read the configuration again: systemctl reload.
    public static let hangUp = Signal(rawValue: SIGHUP)
    public static let user1 = Signal(rawValue: SIGUSR1)
  }

  private let descriptor: Descriptor

  public init(_ signals: [Signal] = [.terminate, .interrupt, .hangUp]) throws(SystemError) {
    Signals.ignoreBrokenPipes()
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal.rawValue) }
    let result = pthread_sigmask(SIG_BLOCK, &set, nil)
    guard result == 0 else { throw SystemError(call: "pthread_sigmask", errno: Errno(rawValue: result)) }
    let flags = Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)
    descriptor = Descriptor(owning: try check("signalfd", signalfd(-1, &set, flags)))
  }

  /// Registers it; on its readable event call `next()` until nil.
  public borrowing func register(with loop: EventLoop) throws(SystemError) -> EventLoop.Token {
    try loop.add(descriptor, .readable)
  }

  /// The next signal that came; nil if none.
  public borrowing func next() -> Signal? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while true {
      let count = Glibc.read(descriptor.rawValue, &info, size)
      if count == size { return Signal(rawValue: Int32(bitPattern: info.ssi_signo)) }
      if count == -1, Glibc.errno == EINTR { continue }
      return nil
    }
  }

  /// Writes to a closed pipe or socket fail with EPIPE instead of ending the process.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
