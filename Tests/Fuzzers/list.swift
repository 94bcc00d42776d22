// libFuzzer entry; built with Tests/ProjectTests/ListFuzzing.swift by .ci/fuzz.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  if let violation = violationInLists(input) { fatalError(violation) }
  return 0
}
