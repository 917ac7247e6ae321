import API
import Sandbox

extension NodeService {
  /// What the doctor says about runs: the engine's fitness, and each wall around a worker.
  func runFindings() async -> [V1Finding] {
    var findings: [V1Finding] = []
    let remedy = "install the package anew: demarc-sandbox has to stand beside demarcd"
    do throws(RunFailure) { findings.append(.fine("engine", try await Sandbox.engine())) } catch {
      findings.append(.problem("engine", error.message, remedy))
    }
    do throws(RunFailure) {
      let walls = try await Sandbox.walls()
      if !walls.isEmpty {
        findings.append(.fine("sandbox", "walls in force: " + walls.map(\.rawValue).joined(separator: ", ")))
      }
      for wall in Wall.allCases where !walls.contains(wall) {
        findings.append(.warning("sandbox", "the wall “\(wall.rawValue)” is missing: \(wall.purpose)", wall.remedy))
      }
    } catch {
      findings.append(.problem("sandbox", error.message, remedy))
    }
    return findings
  }
}

extension Wall {
  /// What it keeps a script from.
  fileprivate var purpose: String {
    switch self {
    case .uid: "a worker is root"
    case .namespaces: "a worker sees this machine's network, mounts and processes"
    case .descriptors: "a worker may inherit open files"
    case .landlock: "the kernel does not forbid a worker the file system"
    case .limits: "a worker's memory and files are not bounded by the kernel"
    case .privileges: "a worker could gain privileges or be traced"
    case .seccomp: "a worker may make any system call"
    }
  }

  /// What the operator can do.
  fileprivate var remedy: String {
    switch self {
    case .uid: "run the daemon as the user demarc"
    case .namespaces:
      "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0); "
        + "the other walls hold meanwhile"
    case .landlock: "a kernel of 5.13 or later with landlock in lsm=; the other walls hold meanwhile"
    case .seccomp: "a kernel with CONFIG_SECCOMP_FILTER; runs are refused until then"
    case .descriptors, .limits, .privileges: "look at what the daemon was started under: a container may forbid it"
    }
  }
}
