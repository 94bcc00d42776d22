import Testing

/// The gateway as it is run: the built binary, real sockets, carriers that are not ours.
///
/// One test at a time, since each wants the machine to itself.
@Suite(.serialized)
struct EndToEnd {}

/// The daemon and peers that are not ours: it waits for them most of the time, so these run beside the others, one at a time.
@Suite(.serialized)
struct Interop {}
