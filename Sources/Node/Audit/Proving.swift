import API
import Core
import Cryptography
import FoundationEssentials
import SQLite
import Storage

/// Checkpoints of this node's log that the hub countersigned, each as it came with a lease.
nonisolated enum Countersigned {
  static let schema = """
    -- A node's own checkpoints with the hub's countersignature, by the number of their entries; the first of a size.
    CREATE TABLE countersigned (size INTEGER PRIMARY KEY, note BLOB NOT NULL);
    """

  /// The first that holds the entry at a position: the earliest time that the hub stands for.
  static func reaching(_ position: Int64, in database: Database) throws -> SignedNote? {
    try database.first("SELECT note FROM countersigned WHERE size > ? ORDER BY size LIMIT 1", position) {
      SignedNote(bytes: try $0.blob(0))
    } ?? nil
  }

  /// The newest.
  static func newest(in database: Database) throws -> SignedNote? {
    try database.first("SELECT note FROM countersigned ORDER BY size DESC LIMIT 1") {
      SignedNote(bytes: try $0.blob(0))
    } ?? nil
  }

  /// All of them, the smallest first.
  static func all(in database: Database) throws -> [SignedNote] {
    try database.rows("SELECT note FROM countersigned ORDER BY size") { SignedNote(bytes: try $0.blob(0)) }
      .compactMap { $0 }
  }

  static func keep(_ note: SignedNote, in database: Database) throws {
    guard let size = Checkpoint(text: note.text)?.size else { return }
    try database.run("INSERT OR IGNORE INTO countersigned (size, note) VALUES (?, ?)", size, note.bytes)
  }
}

extension NodeService {
  /// `Audit/Prove`: that this node's log holds the entry of a number.
  func proveAudit(_ request: V1ProveAuditRequest) async throws(Refusal) -> V1ProveAuditResponse {
    let identity = try member()
    guard let position = Int64(request.id), position >= 0, String(position) == request.id else {
      throw Refusal(
        .invalid, "“\(request.id.plain(atMost: 64))” is not the number of an entry",
        hint: "`demarc audit --json` lists entries with their numbers (index)")
    }
    let key = KeyID(signingKey.publicKey).description
    let statement = try await ledger.read { try KeyQueries.envelope(of: key, in: $0) }
    let (entry, anchor) = try await logged(position)
    let proof = LogProof(
      log: TrustBundle.logOrigin(identity.name), content: .entry(entry), anchor: anchor,
      keyStatement: statement.flatMap { try? Envelope(bytes: $0) })
    var response = V1ProveAuditResponse()
    response.proof = Data(proof.json.canonicalBytes)
    return response
  }

  /// An entry with the proof that this node's log holds it: under the first checkpoint with it that the hub countersigned,
  /// else under one of now that only this node signed.
  func logged(_ position: Int64) async throws(Refusal) -> (entry: [UInt8], anchor: LogAnchor) {
    let origin = TrustBundle.logOrigin(try member().name)
    let own = signingKey
    let anchor = try await ledger.read { database -> LogAnchor in
      let log = MerkleLog(database)
      guard position < (try log.size) else {
        throw Refusal(
          .notFound, "the log has no entry \(position)", concern: String(position),
          hint: "it has \(try log.size) of them, the first is 0")
      }
      if let note = try Countersigned.reaching(position, in: database),
        let head = Checkpoint(note: note, origin: origin, key: own.publicKey),
        let path = try log.inclusion(of: position, size: head.size)
      {
        return LogAnchor(index: position, path: path, checkpoint: note)
      }
      let head = try log.checkpoint(origin: origin)
      guard let note = try head.signed(by: own), let path = try log.inclusion(of: position, size: head.size) else {
        throw Refusal(.internal, "the head of the log could not be signed")
      }
      return LogAnchor(index: position, path: path, checkpoint: note)
    }
    do throws(StoreError) {
      guard let entry = try await store.entry(position) else {
        throw StoreError.corrupt("entry \(position) of the log is missing")
      }
      return (entry, anchor)
    } catch {
      throw Refusal(of: error)
    }
  }
}
