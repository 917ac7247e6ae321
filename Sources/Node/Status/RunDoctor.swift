import API
import Sandbox

extension NodeService {
  /// What the doctor says about runs: the engine, and the walls that this machine gives its workers.
  func doctorOfRuns() async -> [V1Finding] {
    do throws(RunFailure) {
      let engine = try await Sandbox.engine()
      let walls = try await Sandbox.walls()
      let missing = Wall.allCases.filter { !walls.contains($0) }
      let names = walls.map(\.rawValue).joined(separator: ", ")
      return [
        .fine("engine", engine),
        missing.isEmpty
          ? .fine("sandbox", "walls in force: \(names)")
          : .warning(
            "sandbox", "walls in force: \(names); not available: \(missing.map(\.rawValue).joined(separator: ", "))",
            "allow user namespaces and Landlock in this machine's kernel; the walls in force are in every record"),
      ]
    } catch {
      return [
        .problem(
          "sandbox", "no run can start: \(error.message)",
          "put demarc-sandbox beside demarcd, or name it in DEMARC_SANDBOX")
      ]
    }
  }
}
