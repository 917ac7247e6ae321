import Core
import Cryptography

/// Bytes of one or more files on their way into the store, in the order in which they came.
nonisolated struct ImportBatch: Sendable {
  /// A run of bytes of one file; `isEnd` with the file's last.
  struct Run: Sendable {
    let file: Int
    var range: Range<Int>
    var isEnd: Bool
  }

  var bytes: [UInt8] = []
  var runs: [Run] = []
}

/// The digests of whole files, carried on from batch to batch.
nonisolated struct WholeHashing: Sendable {
  /// What was found about a file that ended.
  struct Finding: Sendable {
    let file: Int
    /// Nil for a file that is one chunk: the chunk's digest is the same.
    let sha256: SHA256Digest?
    let isUTF8: Bool
  }

  private var sha256 = SHA256()
  private var utf8 = UTF8Check()
  private var isOpen = false

  /// Takes a batch in. A file that is here from start to end and is one chunk for certain is not hashed twice.
  func taking(_ batch: ImportBatch) -> (WholeHashing, [Finding]) {
    var next = self
    var findings: [Finding] = []
    batch.bytes.withUnsafeBytes { all in
      for run in batch.runs {
        let bytes = UnsafeRawBufferPointer(rebasing: all[run.range])
        let isOneChunk = !next.isOpen && run.isEnd && run.range.count <= Chunker.minimum
        next.utf8.update(bytes)
        if !isOneChunk { next.sha256.update(bytes) }
        next.isOpen = !run.isEnd
        guard run.isEnd else { continue }
        findings.append(
          Finding(file: run.file, sha256: isOneChunk ? nil : next.sha256.finish(), isUTF8: next.utf8.isUTF8))
        next.utf8 = UTF8Check()
      }
    }
    return (next, findings)
  }
}

/// The cutting of files into chunks and the building of their nodes, carried on from batch to batch.
nonisolated struct Cutting: Sendable {
  /// A batch cut: records with their offsets in `bytes`, ready to append.
  struct Output: Sendable {
    var bytes: [UInt8]
    var records: [PlacedRecord] = []
    var files: [(file: Int, tree: Subtree)] = []
  }

  private let chunker: Chunker
  /// The end of the open file's last batch, too short to know where the next cut is.
  private var leftOver: [UInt8] = []
  private var tree = FileTree()

  init(_ chunker: Chunker) { self.chunker = chunker }

  func taking(_ batch: ImportBatch) -> (Cutting, Output) {
    var next = self
    let shift = leftOver.count
    var output = Output(bytes: shift == 0 ? batch.bytes : leftOver + batch.bytes)
    next.leftOver = []
    var nodes: [Block] = []
    var position = 0
    output.bytes.withUnsafeBytes { all in
      for run in batch.runs {
        let end = run.range.upperBound + shift
        position = next.cut(all, from: position, to: end, isEnd: run.isEnd, into: &output.records)
        if run.isEnd {
          let root = next.tree.finish()
          if root.size == 0 { output.records.append(Self.empty(at: position)) }
          output.files.append((run.file, root))
        }
        nodes += next.tree.takeNodes()
        if run.isEnd { next.tree = FileTree() }
      }
    }
    next.leftOver = Array(output.bytes[position..<batch.bytes.count + shift])
    for node in nodes {
      let record = Record(kind: .node, length: node.bytes.count, digest: node.cid.digest)
      output.records.append(PlacedRecord(record: record, offset: Int64(output.bytes.count)))
      output.bytes += node.bytes
    }
    return (next, output)
  }

  private mutating func cut(
    _ all: UnsafeRawBufferPointer, from start: Int, to end: Int, isEnd: Bool, into records: inout [PlacedRecord]
  ) -> Int {
    var position = start
    while position < end, isEnd || end - position >= chunker.lookAhead {
      let length = chunker.cut(UnsafeRawBufferPointer(rebasing: all[position..<end]))
      let digest = SHA256.hash(UnsafeRawBufferPointer(rebasing: all[position..<position + length]))
      let record = Record(kind: .chunk, length: length, digest: digest)
      records.append(PlacedRecord(record: record, offset: Int64(position)))
      tree.append(chunk: CID(codec: .raw, digest: digest), size: length)
      position += length
    }
    return position
  }

  private static func empty(at position: Int) -> PlacedRecord {
    PlacedRecord(record: Record(kind: .chunk, length: 0, digest: SHA256.hash([])), offset: Int64(position))
  }
}
