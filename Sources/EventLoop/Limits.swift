/// Every bound of this target, in one place.
nonisolated enum Limits {
  /// One read from a socket. Larger ones gain nothing measurable, smaller ones cost system calls.
  static let readBytes = 64 << 10
  /// The most that one `read(atMost:)` returns, whatever its caller asks for.
  static let readCeiling = 256 << 10
  /// A socket read this large looks like bulk: the stream then reads straight into the caller's array.
  static let bulkBytes = 16 << 10
  /// One piece of a file on its way to a plain socket: 15 % less processor time than 256 KiB, which leave the second cache.
  static let fileChunkBytes = 128 << 10
  /// Idle time after which the kernel probes whether a TCP peer still exists.
  static let keepAliveSeconds: UInt32 = 60
  /// A transfer that never has to wait lets the loop poll once per this many bytes.
  static let fairShareBytes = 1 << 20
  /// Connections the kernel completes ahead of `accept`.
  static let listenBacklog: Int32 = 1024
  /// Rounds of job draining before the loop polls for events again.
  static let drainRounds = 64
  /// Idle file buffers kept for the next transfer.
  static let idleBuffers = 8
  /// How long the start-up self-check may take.
  static let selfCheck: Duration = .seconds(5)
  /// Freed memory that stays with the process, for the next buffers.
  static let freedBytesKept = 8 << 20
  /// Threads for blocking work; fsync and hashing share them, so never fewer than four.
  static let threads = 4...16
}
