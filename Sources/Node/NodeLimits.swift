import EventLoop

/// The bounds of a node's services.
nonisolated package enum NodeLimits {
  /// Bytes of a dataset's title.
  static let titleBytes = 1024
  /// Seconds that a grant holds when its offer says nothing: 90 days.
  static let grantSeconds: UInt64 = 90 * 86_400
  /// Seconds that a grant may hold at most: ten years.
  static let longestGrantSeconds: UInt64 = 3650 * 86_400
  /// Bytes of a reason that somebody gives.
  static let reasonBytes = 1000
  /// Grants, offers and proposals of one organization on one channel that a request is judged by: one in force is the
  /// rule, and what is over comes last.
  static let grantCandidates = 64
  /// Transfers to partners at once.
  static let transfers = 1024
  /// Manifests of versions kept in memory, and how many files they may have together.
  static let cachedManifests = 8
  static let cachedManifestFiles = 100_000
  /// Endorsements and grants whose signatures were checked and need no second check.
  static let cachedSignatures = 4096

  /// Chunks that a pull looks for at a time.
  static let lookups = 10_000
  /// Requests of one pull that are under way at once.
  package static let pullRequests = 4
  /// The same where ranges are small on average, as those of many small files are: what takes time then is the way there
  /// and back, and requests that come together share visits to the owner's thread pool.
  static let smallPullRequests = 8
  static let smallRangeBytes: Int64 = 32 << 10
  /// Bytes of one range of a pull; a larger one delays the first verified batch, a smaller one costs round trips.
  static let pullRangeBytes: UInt64 = 32 << 20
  /// Bytes that are verified and stored at once (with the room for one more chunk below what malloc takes from the
  /// system afresh each time, which costs a page fault per 4 KiB); what a crash in the middle of a pull costs, per request under way.
  package static let pullBatchBytes = 2 << 20

  /// Bytes after which a pull makes what has arrived proof against a power cut, while the next bytes arrive. A crash of
  /// the process alone costs less: what was written is taken in at the next start.
  package static let pullFlushBytes = 32 << 20
  /// Bytes of the nodes of one version that are held in memory while it is pulled.
  static let pullNodeBytes = 256 << 20
  /// Verifications of one record that one organization may deliver.
  static let verificationsPerPeer = 64
  /// Records that come along with one version.
  static let pullRecords = 256

  /// How long a request waits for what the hub's stream is about to bring, and its first wait; each is twice the last.
  static let settlingTime = Duration.seconds(1)
  static let settlingWait = Duration.milliseconds(20)
  /// The first wait before the hub is asked again, and the longest.
  static let firstBackoff = Duration.milliseconds(200)
  static let longestBackoff = Duration.seconds(5)
  /// The longest time between two refreshes of the lease.
  static let longestRefresh = Duration.seconds(3600)
  /// A certificate is renewed when it is this old: ten days in seconds.
  static let renewalSeconds: Int64 = 10 * 86_400
  /// Bytes per second at which stored content is read again in the background, to find damage: a terabyte in a day and a
  /// half, one per cent of a core.
  package static let scrubRate: Int64 = 8 << 20
  /// The rest after everything was read once.
  package static let scrubRest = Duration.seconds(86_400)
  /// Findings of one kind that the doctor lists.
  static let shownFindings = 20
  /// Versions that are looked through for damage at a time.
  static let inspectedVersions = 1000
  /// Grants whose rate of sending is remembered.
  static let throttles = 4096
  /// The slowest rate that a configuration may hold transfers to: below it, receivers take the sender for dead.
  package static let slowestTransferRate: Int64 = 16 << 10
  /// The longest wait for a partner that a configuration may ask for.
  package static let longestPeerTimeout = Duration.seconds(3600)
  /// How often the clock's reading is kept on disk.
  static let clockInterval = Duration.seconds(300)
  /// How often transfers under way are judged again for what time alone ends: expiry and lease.
  static let transferInterval = Duration.seconds(1)
}
