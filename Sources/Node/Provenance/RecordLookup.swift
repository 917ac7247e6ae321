import API
import Core
import Storage

/// A record with its envelope, as this node keeps it.
nonisolated struct KeptRecord: Sendable {
  let cid: CID
  let envelope: Envelope
  let record: ProvenanceRecord
}

extension NodeService {
  /// The record that a reference names: a record's own CID, a run's id, or a version or file that a record made.
  func record(_ text: String) async throws(Refusal) -> KeptRecord {
    let found = try await recordCIDs(text)
    guard let first = found.first else {
      throw Refusal(
        .notFound, "no record here made “\(text)”: it was committed, not run", concern: text,
        hint: "`demarc trace \(text)` shows where it came from")
    }
    guard found.count == 1 else {
      throw Refusal(
        .ambiguous, "\(found.count) records made “\(text)”", concern: text,
        hint: "name one: " + found.prefix(5).map(\.description).joined(separator: ", "))
    }
    return try await keptRecord(first)
  }

  /// The record of a CID that this node keeps.
  func keptRecord(_ cid: CID) async throws(Refusal) -> KeptRecord {
    guard let bytes = try await blob(cid) else {
      throw Refusal(.notFound, "the record \(cid) is not in this node's store", concern: cid.description)
    }
    do throws(StatementFailure) {
      let envelope = try Envelope(foreign: bytes)
      return KeptRecord(cid: cid, envelope: envelope, record: try ProvenanceRecord(envelope))
    } catch {
      throw Refusal(.corrupt, "\(cid) is not a provenance record", concern: cid.description)
    }
  }

  /// A blob of the store, or nil.
  func blob(_ cid: CID) async throws(Refusal) -> [UInt8]? {
    do throws(StoreError) { return try await store.blob(cid) } catch { throw Refusal(of: error) }
  }

  private func recordCIDs(_ text: String) async throws(Refusal) -> [CID] {
    if let run = try await ledger.read({ try Records.ofRun(text, in: $0) }) { return [run] }
    if let cid = CID(text) {
      if try await ledger.read({ try Records.holds(cid, in: $0) }) { return [cid] }
      let making = try await ledger.read { try Records.making(cid, in: $0) }
      if !making.isEmpty { return making }
    }
    let resolution = try await resolve(text)
    if let path = resolution.path {
      let file = try await file(at: path, in: resolution.content)
      return try await ledger.read { try Records.making(file.cid, in: $0) }
    }
    // The run that made this very version, where one did; else any that made equal content.
    if let record = resolution.version.record { return [record] }
    return try await ledger.read { try Records.making(resolution.content, in: $0) }
  }

  /// A file of a version.
  func file(at path: ContentPath, in root: CID) async throws(Refusal) -> Manifest.File {
    guard let file = try await manifest(root).file(at: path.text) else {
      throw Refusal(
        .notFound, "there is no file \(path) in that version", concern: path.text,
        hint: "`demarc dataset show` lists its files")
    }
    return file
  }

  /// The files of a version.
  func manifest(_ root: CID) async throws(Refusal) -> Manifest {
    do throws(StoreError) { return try await store.manifest(root: root) } catch { throw Refusal(of: error) }
  }
}
