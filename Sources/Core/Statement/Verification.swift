/// A peer's verdict about a provenance record, after checking or re-executing it. Signed by the peer's node and posted to
/// the record's author.
package struct Verification: Statement {
  package static let kind = "verification"

  /// What was found.
  package enum Verdict: String, Hashable, Sendable {
    /// Every output that was made again has the bytes that the record names.
    case verified
    /// An output differs under the same engine, or a signature or digest does not hold.
    case mismatch
    /// It could not be told; the reason says why.
    case inconclusive
  }

  /// The record: CID of its envelope.
  package let record: CID
  package let verdict: Verdict
  /// Why, for people; empty for a plain `verified`.
  package let reason: String
  /// The engine of the verifier.
  package let engine: String
  /// Whether the run was executed again.
  package let executed: Bool
  /// Who says so.
  package let identity: NodeIdentity
  package let time: Timestamp

  package init(
    record: CID, verdict: Verdict, reason: String, engine: String, executed: Bool, identity: NodeIdentity,
    time: Timestamp
  ) {
    self.record = record
    self.verdict = verdict
    self.reason = reason
    self.engine = engine
    self.executed = executed
    self.identity = identity
    self.time = time
  }

  package var json: JSON {
    [
      "record": .text(record),
      "verdict": .string(verdict.rawValue),
      "reason": .string(reason),
      "engine": .string(engine),
      "executed": .bool(executed),
      "trustDomain": .text(identity.trustDomain),
      "organization": .text(identity.organization),
      "node": .text(identity.node),
      "time": .text(time),
    ]
  }

  package init(fields: inout Fields) throws(StatementFailure) {
    record = try fields.cid("record")
    guard let verdict = Verdict(rawValue: try fields.string("verdict")) else {
      throw .invalid("verdict", reason: "not a verdict")
    }
    self.verdict = verdict
    reason = try fields.string("reason")
    engine = try fields.string("engine")
    executed = try fields.bool("executed")
    identity = try fields.identity()
    time = try fields.time("time")
  }
}
