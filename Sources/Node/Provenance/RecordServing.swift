import API
import Core
import Cryptography
import Storage

extension NodeService {
  /// `GET /v1/records/{cid}`: a record, for the owner of any of its inputs and for whoever may read what it made.
  func serveRecord(_ request: ContentRequest, to caller: Caller) async throws(Refusal) -> ContentReply {
    let cid = try await servedRecord(request, to: caller, alsoReaders: true)
    guard let bytes = try await blob(cid) else { throw Self.noRecord(cid.description) }
    return ContentReply(
      type: "application/vnd.dsse+json", body: .bytes(bytes), entityTag: cid.description, digest: cid.digest.bytes)
  }

  /// `GET /v1/records/{cid}/script`: for the owner of any of its inputs.
  func serveScript(_ request: ContentRequest, to caller: Caller) async throws(Refusal) -> ContentReply {
    let cid = try await servedRecord(request, to: caller, alsoReaders: false)
    let record = try await keptRecord(cid).record
    guard let script = try await blob(record.script) else {
      throw Refusal(.notFound, "the script of this record was deleted", concern: record.script.description)
    }
    return ContentReply(
      type: "text/x-lua; charset=utf-8", body: .bytes(script), entityTag: record.script.description,
      digest: record.script.digest.bytes)
  }

  /// `GET /v1/records/{cid}/verifications`: JSON lines of envelopes.
  func serveVerifications(_ request: ContentRequest, to caller: Caller) async throws(Refusal) -> ContentReply {
    let cid = try await servedRecord(request, to: caller, alsoReaders: true)
    var lines: [UInt8] = []
    for verification in try await ledger.read({ try Records.verifications(of: cid, in: $0) }) {
      guard let bytes = try await blob(verification) else { continue }
      lines += bytes + [0x0a]
    }
    return ContentReply(type: "application/jsonl", body: .bytes(lines))
  }

  /// `POST /v1/records/{cid}/verifications`: a verdict about a record of this node, by the owner of one of its inputs or
  /// a reader of its outputs. Posting it again changes nothing.
  func takeVerification(_ request: ContentRequest, from caller: Caller) async throws(Refusal) -> ContentReply {
    let cid = try await servedRecord(request, to: caller, alsoReaders: true)
    let bytes = try await request.body(Limits.statementBytes)
    let (envelope, verification): (Envelope, Verification)
    do throws(StatementFailure) {
      envelope = try Envelope(bytes: bytes)
      verification = try Verification(envelope)
    } catch {
      throw Refusal(.invalid, "this is not a verification: \(error)", concern: cid.description)
    }
    guard case .node(let organization, let node, _, _) = caller, verification.record == cid,
      verification.identity.organization.text == organization, verification.identity.node.text == node
    else {
      throw Refusal(.denied, "a verification is delivered by who made it, for the record it is about", rule: "verifier")
    }
    let key = envelope.signatures.first?.keyID.description ?? ""
    guard let statement = try await ledger.read({ try KeyQueries.statement(of: key, in: $0) }),
      statement.identity == verification.identity, envelope.isSigned(by: statement.key)
    else {
      throw Refusal(
        .denied, "the verification is not signed by a key of \(organization) that is known here", rule: "signature")
    }
    let (isKnown, count) = try await ledger.read { database in
      (
        try Records.verifications(of: cid, in: database).contains(envelope.cid),
        try Records.verificationCount(of: cid, by: organization, in: database)
      )
    }
    if !isKnown {
      // Each says the time, so that each is another one: a peer could go on for ever.
      guard count < NodeLimits.verificationsPerPeer else {
        throw Refusal(
          .limit, "\(organization) has delivered \(count) verifications of this record", concern: cid.description,
          rule: "verifications")
      }
      try await ledger.append([VerificationEntry(envelope.cid, verification)], blobs: [bytes], by: caller.actor)
    }
    return ContentReply(type: "application/json", body: .bytes(Array("{}".utf8)))
  }

  /// The record that a request names, if the caller may have it. Who may not hears what they would hear of a record that
  /// does not exist.
  ///
  /// A certificate alone is the hub's word, and a script may hold what nobody but partners is to read: the TLS key has to be
  /// endorsed by a key that a grant pins. And only of runs of this node: a record of somebody else that is kept here names as its script, and as the owners of its
  /// inputs, whatever its author liked.
  private func servedRecord(
    _ request: ContentRequest, to caller: Caller, alsoReaders: Bool
  ) async throws(Refusal) -> CID {
    let text = request.values["cid"] ?? ""
    guard let cid = CID(text), case .node(let organization, let node, let tlsKey, _) = caller, let me = identity else {
      throw Self.noRecord(text)
    }
    let now = clock.now
    let endorsement = request.endorsement.flatMap { Base64.decode($0) }
    let peer = NodeIdentity("spiffe://\(me.name.trustDomain)/org/\(organization)/node/\(node)")
    let may = try await ledger.read { database in
      guard try Records.isOwn(cid, in: database) else { return false }
      let uses = try Records.uses(cid, dataOf: organization, in: database)
      guard try uses || (alsoReaders && Records.isReached(cid, by: organization, at: now, in: database)) else {
        return false
      }
      guard let endorsement, let peer else { return false }
      return try Findings.isEndorsed(endorsement, peer: peer, tlsKey: tlsKey, own: me.organization, in: database)
    }
    guard may else { throw Self.noRecord(text) }
    return cid
  }

  private static func noRecord(_ cid: String) -> Refusal {
    Refusal(
      .notFound, "there is no record \(cid) that you may have", concern: cid,
      hint: "the owner of one of its inputs may, and who may read its outputs", rule: "record-access")
  }
}
