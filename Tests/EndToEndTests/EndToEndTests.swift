import Testing

/// The gateway as it is run: the built binary, real sockets, carriers that are not ours.
///
/// One test at a time, since each wants the machine's two cores.
@Suite(.serialized)
struct EndToEnd {}
