// libFuzzer entry; built with Tests/SMPPTests/StreamProperty.swift by .ci/fuzz.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  if let broken = brokenStreamProperty(UnsafeRawBufferPointer(start: start, count: count)) {
    fatalError(broken)
  }
  return 0
}
