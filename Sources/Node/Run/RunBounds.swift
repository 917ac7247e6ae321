/// The bounds of runs, records and lineages.
nonisolated extension NodeLimits {
  /// Bytes of a script.
  static let scriptBytes = 1 << 20
  /// How often a run's outputs are put on a head that moved meanwhile, before the run is refused as stale.
  static let publishAttempts = 8
  /// Log lines that wait for whoever asked for the run; more are counted.
  static let relayedLogs = 200
  /// How often progress is carried to whoever asked.
  static let relayInterval = Duration.milliseconds(200)
  /// Steps of one lineage, and records in one chain.
  static let lineageSteps = 10_000
  static let lineageDepth = 256
  /// Bytes of the reason in a verification.
  static let verdictReasonBytes = 500
}
