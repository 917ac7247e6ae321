import CSandbox
import Glibc
import Transformation

/// The conversation with the host, from the first frame to the last.
enum Worker {
  static func run() {
    // Read, but do not look at, what strangers wrote; then raise the walls; then look.
    guard let first = Incoming.frame(), first.kind == .setup, let setup = Setup(first.bytes), setup.memory >= 1 << 20,
      setup.memory <= 1 << 40
    else { Fatal.end(.internal, "the first frame is no setup") }
    guard let second = Incoming.frame(), second.kind == .script,
      second.bytes.count <= TransformationLimits.scriptBytes
    else { Fatal.end(.invalid, "a script has at most 1 MiB") }
    let memory = Int(setup.memory)
    guard sandbox_heap_map(memory) == 0 else {
      Fatal.end(.internal, "the private heap could not be mapped at its address")
    }
    if let problem = sandbox_self_test() { Fatal.end(.internal, String(cString: problem)) }
    guard sandbox_timer_arm() == 0 else { Fatal.end(.internal, "the profile timer could not be armed") }
    let walls = sandbox_walls(4 * memory + (2 << 30), 0)
    guard walls & Int32(SANDBOX_WALL_SECCOMP.rawValue) != 0 else {
      Fatal.end(.internal, "the system call filter could not be loaded, and nothing runs without it")
    }

    let session = Session(setup: setup, script: second.bytes)
    session.declare()
    guard sandbox_entry_points() & Int32(SANDBOX_HAS_ROW) != 0 else {
      Fatal.end(.script, missingRow(sandbox_entry_points()))
    }
    var declaration = PayloadWriter()
    declaration.word(UInt64(walls))
    declaration.raw(session.tree)
    Outgoing.send(.declaration, declaration.bytes)

    guard let third = Incoming.frame() else { return }  // that was all that was wanted
    guard third.kind == .binding, let binding = Binding(third.bytes) else { Fatal.end(.internal, "no binding frame") }
    session.bind(binding)
    guard let fourth = Incoming.frame() else { return }
    guard fourth.kind == .header, let newline = fourth.bytes.first else { Fatal.end(.internal, "no header frame") }
    let table: UnsafeMutablePointer<Table>
    do throws(DeclarationProblem) {
      let plan = try TablePlan(
        session.declaration, header: Array(fourth.bytes.dropFirst()), newline: newline == 1 ? [0x0D, 0x0A] : [0x0A])
      table = Table.make(plan: plan, declaration: session.declaration, newlineIsCRLF: newline == 1)
      Outgoing.send(.ready, plan.outputHeader)
    } catch {
      Fatal.end(.invalid, error.message, line: 1)
    }
    var isFresh = true
    while let count = Incoming.pieceHeader() {
      let piece = Incoming.piece(count)
      session.table = table
      if isFresh, piece.index == 0 {
        isFresh = false
        session.clock(piece: 0)
      } else {
        session.open(piece: piece.index)
      }
      session.process(piece.index, piece.bytes)
      isFresh = false
    }
  }

  private static func missingRow(_ found: Int32) -> String {
    let later = [
      (SANDBOX_HAS_BATCH, "batch"), (SANDBOX_HAS_LINE, "line"), (SANDBOX_HAS_CHUNK, "chunk"), (SANDBOX_HAS_RUN, "run"),
    ]
    for (flag, name) in later where found & Int32(flag) != 0 {
      return "\(name)() comes later: for now a transformation has row(r)"
    }
    return "the script defines no function row(r)"
  }
}
