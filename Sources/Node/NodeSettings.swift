package import Core

/// What a node is told at its start.
nonisolated package struct NodeSettings: Sendable {
  /// The directory that holds everything of it.
  package var directory: String
  /// Under which address others reach it.
  package var advertise: Endpoint
  /// What it is bound to, for `status`.
  package var listen: Endpoint
  /// The version of the program.
  package var version: String
  /// The most that a run may ask for.
  package var ceilings = RunCeiling()

  /// Settings.
  package init(directory: String, advertise: Endpoint, listen: Endpoint, version: String) {
    self.directory = directory
    self.advertise = advertise
    self.listen = listen
    self.version = version
  }
}

/// The most that one run may ask for.
nonisolated package struct RunCeiling: Sendable {
  package var memoryBytes: UInt64 = 4 << 30
  package var cpuSeconds: UInt64 = 3600
  package var outputBytes: UInt64 = 64 << 30
  package var workers: UInt32 = 64

  package init() {}
}
