import CSandbox
import Glibc
import Transformation

/// What this worker is: two workers of the same identity make the same output from the same input.
enum Engine {
  /// Raised whenever the same script could give other bytes than before.
  static let determinismLevel = 1

  static var identity: String {
    var count = 0
    guard let archive = sandbox_lua_archive(&count) else { return "unknown" }
    let lua = Digest.sha256(UnsafeBufferPointer(start: archive, count: count))
    return "demarc-lua/\(determinismLevel) lua/\(String(cString: sandbox_lua_release()).dropFirst(4)) "
      + "archive/\(Digest.hex(lua)) golden/\(Digest.hex(golden))"
  }

  private static var golden: [UInt8] {
    var count = 0
    guard let transcript = sandbox_golden(&count) else { return [] }
    return Digest.sha256(UnsafeBufferPointer(start: transcript, count: count))
  }

  static func printIdentity() {
    guard sandbox_heap_map(64 << 20) == 0 else {
      Fatal.end(.internal, "the private heap could not be mapped at its address")
    }
    if let problem = sandbox_self_test() { Fatal.end(.internal, String(cString: problem)) }
    Descriptor.write(1, Array((identity + "\n").utf8))
    if CommandLine.arguments.contains("--golden") {
      var count = 0
      if let transcript = sandbox_golden(&count) {
        Descriptor.write(1, Array(UnsafeBufferPointer(start: transcript, count: count)))
      }
    }
  }
}
