/// libFuzzer's entry point; `Scripts/fuzz` builds it together with the parser's own files.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  if let problem = Properties.requestHead(Array(UnsafeBufferPointer(start: start, count: count))) {
    fatalError(problem)
  }
  return 0
}
