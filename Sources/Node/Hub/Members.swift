import API
package import Core
import Cryptography
package import SQLite

/// What is known about another organization.
nonisolated package struct MemberRow: Sendable {
  package let organization: String
  package let node: String
  package let address: String
  package let signingKey: String

  static func of(_ organization: String, in database: Database) throws -> MemberRow? {
    try database.first(
      "SELECT organization, node, address, signing_key FROM member WHERE organization = ?", organization
    ) { row in
      MemberRow(
        organization: try row.text(0), node: try row.text(1), address: try row.text(2), signingKey: try row.text(3))
    }
  }
}

extension NodeService {
  /// Takes certified facts about another organization; what the hub did not sign is left out.
  @discardableResult
  func take(member response: V1LookupResponse, event: Int64?) async throws(Refusal) -> MemberEntry {
    let identity = try member()
    let statements = Self.statements(response.keyStatements.map { [UInt8]($0) }, hubKey: identity.hubKey)
    let entry = MemberEntry(
      organization: response.member.organization, node: response.member.node, address: response.member.address,
      signingKey: response.member.signingKey,
      keys: statements.filter { $0.statement.identity.organization.text == response.member.organization }
        .map { MemberEntry.Key(id: $0.statement.keyID.description, statement: $0.envelope) },
      event: event)
    try await record(entry)
    return entry
  }

  /// What an address and key statements beside a grant say about its other party.
  func take(parties grant: V1Grant) async throws(Refusal) {
    let identity = try member()
    let other = grant.owner == identity.organization.text ? grant.grantee : grant.owner
    let address = grant.owner == other ? grant.ownerAddress : grant.granteeAddress
    let statements = Self.statements(grant.keyStatements.map { [UInt8]($0) }, hubKey: identity.hubKey)
      .filter { $0.statement.identity.organization.text == other }
    guard let newest = statements.max(by: { $0.statement.issued < $1.statement.issued }) else { return }
    try await record(
      MemberEntry(
        organization: other, node: newest.statement.identity.node.text, address: address,
        signingKey: newest.statement.keyID.description,
        keys: statements.map { MemberEntry.Key(id: $0.statement.keyID.description, statement: $0.envelope) },
        event: nil))
  }

  /// Writes facts that are new, and lets go of connections to where the organization was before.
  private func record(_ entry: MemberEntry) async throws(Refusal) {
    let known = try await ledger.read { database in
      try (
        MemberRow.of(entry.organization, in: database),
        entry.keys.allSatisfy { try KeyQueries.statement(of: $0.id, in: database) != nil }
      )
    }
    if let row = known.0, known.1, row.node == entry.node, row.address == entry.address,
      row.signingKey == entry.signingKey
    {
      return
    }
    try await ledger.append(entry, by: "hub")
    partners.forget(entry.organization)
  }

  /// Those of the key statements that the hub signed.
  nonisolated static func statements(
    _ envelopes: [[UInt8]], hubKey: Ed25519PublicKey
  ) -> [(statement: KeyStatement, envelope: [UInt8])] {
    envelopes.prefix(Limits.bundleKeys).compactMap { bytes in
      guard let envelope = try? Envelope(bytes: bytes), envelope.isSigned(by: hubKey),
        let statement = try? KeyStatement(envelope)
      else { return nil }
      return (statement, bytes)
    }
  }
}

/// Where signing keys are looked up.
nonisolated package enum KeyQueries {
  /// The hub's word about a key, as it was checked when it came in.
  package static func statement(of key: String, in database: Database) throws -> KeyStatement? {
    let bytes = try database.first("SELECT envelope FROM key_statement WHERE key = ?", key) { try $0.blob(0) }
    return try bytes.map { try KeyStatement(try Envelope(bytes: $0)) }
  }

  /// All envelopes of key statements.
  package static func envelopes(in database: Database) throws -> [[UInt8]] {
    try database.rows("SELECT envelope FROM key_statement ORDER BY key") { try $0.blob(0) }
  }
}
