import CSandbox
import Glibc

/// The worker: runs one script over pieces of one table, behind walls.
///
///     demarc-sandbox              frames on descriptors 0 and 1, breaches as one JSON line on 2
///     demarc-sandbox --engine     prints the engine's id
///     demarc-sandbox --walls      raises the walls and prints which are in force
///     demarc-sandbox --probe N    raises the walls and attempts escape N (for doctor and tests)
@main
struct Main {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case nil: Worker.run()
    case "--engine": Engine.printIdentity()
    case "--walls": Walls.printInForce()
    case "--probe": Walls.probe(arguments.dropFirst().first.flatMap { Int32($0) } ?? -1)
    default:
      Descriptor.write(2, Array("demarc-sandbox is started by demarcd and speaks frames: see demarc-sandbox(8)\n".utf8))
      exit(2)
    }
  }
}
