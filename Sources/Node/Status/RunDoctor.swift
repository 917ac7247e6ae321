import API

extension NodeService {
  /// What the doctor says about runs.
  func doctorOfRuns() async -> [V1Finding] { [] }
}
