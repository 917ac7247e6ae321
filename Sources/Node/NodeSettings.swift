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

/// The most that one run may ask for; the configuration's `runs` says otherwise.
nonisolated package struct RunCeiling: Sendable {
  /// Live memory of the script, per worker.
  package var memoryBytes: UInt64 = 4 << 30
  /// Processor time of one piece.
  package var cpuSeconds: UInt64 = 3600
  /// Bytes of all outputs together.
  package var outputBytes: UInt64 = 64 << 30
  /// Processes that share the work.
  package var workers: UInt32 = 64

  package init() {}
}
