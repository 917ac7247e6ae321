import CSandbox
import Glibc

/// The walls as `demarc doctor` and the tests see them.
enum Walls {
  static func printInForce() {
    let walls = sandbox_walls(4 << 30, 0)
    Descriptor.write(1, Array("\(walls)\n".utf8))
  }

  /// Exit status 0: the escape worked. 1: refused with an errno. 2: no such probe. Killed by SIGSYS: filtered.
  static func probe(_ number: Int32) {
    guard sandbox_probe_name(number) != nil else { exit(2) }
    let walls = sandbox_walls(4 << 30, 0)
    guard walls & Int32(SANDBOX_WALL_SECCOMP.rawValue) != 0 else { exit(3) }
    _exit(sandbox_probe(number) == 0 ? 0 : 1)
  }
}
