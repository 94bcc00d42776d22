/// `tollgate bench`: its own options, parsed by itself.
enum BenchCommand {
  static let command = Command(
    name: "bench", summary: "what this machine does with it, beside the same in bare C", operands: "[PART…]",
    isRaw: true,
    examples: [Example("tollgate bench codec", "one part; all of them without")]
  ) { invocation in
    // The status is sysexits.h's already.
    ExitStatus(rawValue: Bench.run(invocation.operands)) ?? .software
  }
}
