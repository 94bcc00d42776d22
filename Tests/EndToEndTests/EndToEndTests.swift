import Testing

/// The gateway as it is run: the built binary, real sockets, carriers that are not ours.
///
/// One test at a time, so that each has a core of the machine's two.
@Suite(.serialized)
struct EndToEnd {}

/// The daemon and peers that are not ours. The peers mostly wait, so these run beside ``EndToEnd``, one at a time.
@Suite(.serialized)
struct Interop {}
