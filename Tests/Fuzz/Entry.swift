import FuzzProperties
import Glibc

/// libFuzzer's entry point; `Scripts/fuzz` builds it and says in the environment which property it means.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  if let problem = target.check(Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(problem) }
  return 0
}

private let target: Properties.Target = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = Properties.targets.first(where: { $0.name == name }) else {
    fatalError("no target “\(name)”; there are: \(Properties.targets.map(\.name).joined(separator: ", "))")
  }
  return target
}()
