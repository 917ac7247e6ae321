import API
import Core

extension NodeService {
  /// The entries that keep a record which came along: none for what is no record, or names more than fits an entry.
  func entries(keeping envelope: Envelope) -> [any Entry] {
    guard let record = try? ProvenanceRecord(envelope),
      let entry = try? RecordKeptEntry(KeptRecord(cid: envelope.cid, envelope: envelope, record: record), made: false)
    else { return [] }
    return [entry]
  }
}
