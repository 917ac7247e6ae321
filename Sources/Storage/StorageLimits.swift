/// Every bound of this target.
nonisolated package enum StorageLimits {
  /// A segment is closed before it would grow beyond this.
  package static let segmentBytes: Int64 = 256 << 20
  /// Room on the disk that is kept for the start and for revocations.
  static let reserveBytes = 4 << 20
  /// What is given up of it at a time: more than one of those needs, which is a group of a segment and some pages of the
  /// catalog's journal.
  static let reserveSliceBytes = 256 << 10
  /// Bytes of the last segment that stay in the page cache after they were written, on file systems that know no writing
  /// past it. What is older is dropped once it is on the disk: a large import does not push everything else out, and
  /// writes into the pages that it has just given back, which takes a fifth of the time of fresh ones on a virtual machine
  /// (Docs/Benchmarks.md).
  static let cachedTailBytes: Int64 = 64 << 20
  /// What is written past the page cache begins and ends at multiples of this: the page, and the block of any disk.
  static let blockBytes = 4096
  /// One such write.
  static let directWriteBytes = 1 << 20
  /// Groups from this size on are written past the page cache. Smaller ones are likely to be read soon.
  static let directGroupBytes: Int64 = 256 << 10
  /// Records of the open segment that are kept in memory for its index; beyond, they are read back from its tables.
  static let rememberedRecords = 65_536
  /// Records of one group of a segment.
  package static let recordsPerGroup = 65_536
  /// The payload of one group: one write, one extent.
  package static let groupBytes = 16 << 20
  /// One blob (script, envelope, statement, descriptor).
  package static let blobBytes = 16 << 20
  /// One entry of the log: what an entry bundle of a tiled log can hold.
  package static let entryBytes = 65_535
  /// The blobs of one change.
  package static let changesBytes = 64 << 20
  /// Blobs, entries and facts of one change.
  package static let changesRecords = 100_000
  /// What an importer gathers before it hands it to the thread pool: with what is left of the batch before, below what
  /// malloc takes from the system afresh each time, which costs a page fault per 4 KiB.
  package static let batchBytes = 2 << 20
  /// Files that an importer gathers, however small they are.
  package static let filesPerBatch = 4096
  /// Batches of one importer that are under way at once.
  package static let batchesInFlight = 3
  /// Content that is written but not yet in the catalog: beyond either, it is made durable by itself.
  package static let pendingRecords = 50_000
  package static let pendingBytes = 512 << 20
  /// Requests that share one fsync and one commit.
  package static let writesPerCommit = 256
  /// Queries that share one visit to the thread pool.
  static let questionsPerVisit = 32
  /// Connections that read at once.
  package static let readers = 4
  /// Open segment files per reader.
  package static let openSegments = 64
  /// A catalog up to this size is checked at every start, a larger one after an unclean end only.
  package static let checkedCatalogBytes: Int64 = 16 << 20
  /// Ranges of segments that are known to be sound, and need not be hashed again before they are served: 2 MiB at most.
  static let soundRanges = 65_536
  /// What is read at a time while a piece is hashed: stays in the processor's cache.
  static let proofBytes = 256 << 10
  /// One read of an extent that is verified or copied.
  package static let readBytes = 4 << 20
}
