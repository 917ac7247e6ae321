import API
import Core
import Cryptography
import SQLite

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
    let facts = KeyFacts(response.keyStatements.map { [UInt8]($0) }, hubKey: identity.hubKey)
    try await keep(facts)
    let entry = MemberEntry(
      organization: response.member.organization, node: response.member.node, address: response.member.address,
      signingKey: response.member.signingKey,
      keys: facts.statements.filter { $0.statement.identity.organization.text == response.member.organization }
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
    let facts = KeyFacts(grant.keyStatements.map { [UInt8]($0) }, hubKey: identity.hubKey)
    try await keep(facts)
    let statements = facts.statements.filter { $0.statement.identity.organization.text == other }
    guard let newest = statements.max(by: { $0.statement.issued < $1.statement.issued }) else { return }
    try await record(
      MemberEntry(
        organization: other, node: newest.statement.identity.node.text, address: address,
        signingKey: newest.statement.keyID.description,
        keys: statements.map { MemberEntry.Key(id: $0.statement.keyID.description, statement: $0.envelope) },
        event: nil))
  }

  /// Keeps what is new about signing keys.
  func keep(_ facts: KeyFacts) async throws(Refusal) {
    guard let entry = try await ledger.read({ try facts.entry(in: $0) }) else { return }
    try await ledger.append(entry, by: "hub")
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
}
