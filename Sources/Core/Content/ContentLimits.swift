/// The bounds of everything that describes content. A version beyond one of them is refused when it is made, and when
/// somebody sends it.
package enum ContentLimits {
  /// Bytes of one chunk: the largest that either chunker cuts.
  package static let chunkBytes = 1 << 20
  /// Bytes of one inner node. A directory of 1 MiB has about 18,000 entries; a file node stays below 16 KiB.
  package static let nodeBytes = 1 << 20
  /// Children of one file node: kubo's default, part of the identity of every large file.
  package static let linksPerFileNode = 174
  /// Levels of file nodes: 174^5 chunks are more than any disk holds.
  package static let fileDepth = 6
  /// Levels of directories.
  package static let directoryDepth = 64
  /// Files and directories of one version.
  package static let entriesPerVersion = 250_000
  /// Chunks of one version, counted wherever they stand: 1 TiB of average ones, and 240 MB of memory where they are
  /// listed, for a pull.
  package static let chunksPerVersion = 1 << 22
  /// Bytes of one component of a path: what Linux file systems take.
  package static let nameBytes = 255
  /// Bytes of a whole path: what Linux system calls take, their NUL counted.
  package static let pathBytes = 4095
  /// Bytes of all paths of one version: 256 for each entry where there are most.
  package static let pathBytesPerVersion = 64 << 20
  /// Bytes of one file.
  package static let fileBytes: UInt64 = 1 << 50
  /// Bytes of a `datapackage.json`.
  package static let descriptorBytes = 256 << 20
  /// Bytes of the header of a CAR.
  package static let carHeaderBytes = 1024

  /// What is said of a version beyond `chunksPerVersion`.
  package static let tooManyChunks = ContentFailure.limit("a version has more than \(chunksPerVersion) chunks")
  /// What is said of a version beyond `pathBytesPerVersion`.
  package static let tooManyPathBytes = ContentFailure.limit(
    "the paths of a version have more than \(pathBytesPerVersion >> 20) MiB")
}
