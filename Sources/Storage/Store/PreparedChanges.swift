import Core

/// Changes with what can be computed before the transaction.
nonisolated struct PreparedChanges {
  let changes: Changes
  let blobs: [CID]
  /// Why they are not even tried.
  let refusal: StoreError?
  /// An upper bound of the bytes in the segment.
  let roomNeeded: Int

  init(_ changes: Changes) {
    self.changes = changes
    let bytes = changes.blobs.reduce(0) { $0 + $1.count }
    if changes.blobs.contains(where: { $0.count > StorageLimits.blobBytes }) || bytes > StorageLimits.changesBytes {
      refusal = .invalid(.limit("a blob is larger than 16 MiB, or the blobs of one change than 64 MiB"))
    } else if changes.entries.contains(where: { $0.bytes.count > StorageLimits.entryBytes }) {
      refusal = .invalid(.limit("an entry of the log is larger than 65,535 bytes"))
    } else if changes.blobs.count + changes.entries.count + changes.facts.count > StorageLimits.changesRecords {
      refusal = .invalid(.limit("a change has more than \(StorageLimits.changesRecords) parts"))
    } else {
      refusal = nil
    }
    blobs = refusal == nil ? changes.blobs.map { CID.raw(of: $0) } : []
    let entries = changes.entries.reduce(0) { $0 + $1.bytes.count }
    let parts = changes.blobs.count + changes.entries.count + changes.facts.count
    roomNeeded = refusal == nil ? bytes + entries + changes.facts.count * 76 + parts * 128 : 0
  }
}
