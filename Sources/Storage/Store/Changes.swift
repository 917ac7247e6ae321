package import Core
package import SQLite

/// What one `Store.write` does, all of it or nothing.
nonisolated package struct Changes: Sendable {
  /// An entry of the log.
  package struct Entry: Sendable {
    /// Opaque to the store, at most 65,535 bytes: bigger things are blobs that an entry names.
    package let bytes: [UInt8]
    /// Looked at inside the transaction, before the entry is applied, with the state after all entries before it: throws
    /// to refuse (stale base, name already taken).
    package let expect: (@Sendable (Database) throws -> Void)?

    package init(_ bytes: [UInt8], expect: (@Sendable (Database) throws -> Void)? = nil) {
      self.bytes = bytes
      self.expect = expect
    }
  }

  /// Stored as they are, each under its raw CID: scripts, envelopes, statements. At most 16 MiB each, 64 MiB together.
  package var blobs: [[UInt8]]
  /// Applied in order.
  package var entries: [Entry]
  /// Facts about whole files that came with a pull.
  package var facts: [WholeFile]
  /// Whether they are so urgent that they may use the room that is kept on the disk for such: what takes rights away.
  package var usesReserve = false

  package init(blobs: [[UInt8]] = [], entries: [Entry] = [], facts: [WholeFile] = []) {
    self.blobs = blobs
    self.entries = entries
    self.facts = facts
  }
}

/// What a write did.
nonisolated package struct Receipt: Hashable, Sendable {
  /// The numbers of the entries in the log, in the order of the changes.
  package let entries: Range<Int64>
  /// The CIDs of the blobs, in the order of the changes.
  package let blobs: [CID]
}
