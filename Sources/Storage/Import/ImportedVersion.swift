package import Core

/// What an import made: content that is in the store, and durable with the next write.
nonisolated package struct ImportedVersion: Hashable, Sendable {
  /// The version's content: a directory with the files and their descriptor.
  package let root: CID
  /// All files, whole-file digests included.
  package let manifest: Manifest
  /// Bytes that were not in the store before.
  package let newBytes: Int
}
