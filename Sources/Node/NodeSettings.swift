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
  /// The longest wait for a partner's answer, and for the next bytes of one.
  package var peerTimeout = Duration.seconds(120)
  /// Bytes per second that everything sent under one grant may use together; nil: no limit.
  package var transferRate: Int64?
  /// Bytes per second that the background check of stored content reads.
  package var scrubRate: Int64 = NodeLimits.scrubRate
  /// How long the background check rests after everything was read once.
  package var scrubRest = NodeLimits.scrubRest

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
