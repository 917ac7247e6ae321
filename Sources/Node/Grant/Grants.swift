import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension NodeService {
  func registerGrants(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.offerGrant) { (request, caller) async throws(Refusal) in
      try await self.offer(request, by: caller.actor)
    }
    dispatcher.on(Operations.acceptGrant) { (request, caller) async throws(Refusal) in
      try await self.accept(request.id, by: caller.actor)
    }
    dispatcher.on(Operations.declineOffer) { (request, caller) async throws(Refusal) in
      try await self.decline(request.id, by: caller.actor)
    }
    dispatcher.on(Operations.revokeGrant) { (request, caller) async throws(Refusal) in
      try await self.revoke(request, by: caller.actor)
    }
    dispatcher.on(Operations.listGrants) { (_, _) async throws(Refusal) in
      let now = self.clock.now
      var response = V1ListGrantsResponse()
      response.grants = try await self.ledger.read { database in
        try PermissionRow.all(in: database).map { $0.wire(at: now) }
      }
      return response
    }
    dispatcher.on(Operations.showGrant) { (request, _) async throws(Refusal) in
      try await self.grant(request.id)
    }
  }

  /// The grant of an id. One that was offered this very moment may still be on its way from the hub.
  func permission(_ id: String) async throws(Refusal) -> PermissionRow {
    let mayCome = GrantID(id) != nil
    return try await settling(while: { mayCome && $0.code == .notFound }) { () async throws(Refusal) in
      guard let row = try await ledger.read({ try PermissionRow.of(id, in: $0) }) else {
        throw Refusal(
          .notFound, "there is no grant \(id)", concern: id, hint: "`demarc grant list` shows those there are")
      }
      return row
    }
  }

  private func grant(_ id: String) async throws(Refusal) -> V1Grant {
    let row = try await permission(id)
    var wire = row.wire(at: clock.now)
    let (keys, other) = try await ledger.read { database in
      (
        try KeyQueries.envelopes(in: database).filter { bytes in
          let organization = (try? Envelope(bytes: bytes)).flatMap { try? KeyStatement($0) }?.identity.organization
          return organization?.text == row.owner || organization?.text == row.grantee
        },
        try [row.owner, row.grantee].map { try MemberRow.of($0, in: database)?.address ?? "" }
      )
    }
    wire.keyStatements = keys.map { Data($0) }
    let own = identity?.organization.text
    wire.ownerAddress = row.owner == own ? settings.advertise.url : other[0]
    wire.granteeAddress = row.grantee == own ? settings.advertise.url : other[1]
    return wire
  }

  // MARK: Offer

  private func offer(_ request: V1OfferGrantRequest, by actor: String) async throws(Refusal) -> V1Grant {
    let identity = try member()
    guard let channel = ChannelName(request.channel) else { throw Self.badName(request.channel, "channel") }
    guard let grantee = OrganizationName(request.grantee) else { throw Self.badName(request.grantee, "organization") }
    guard grantee != identity.organization else {
      throw Refusal(.invalid, "an organization needs no grant for its own channel", concern: grantee.text)
    }
    let actions = try Self.actions(request.actions)
    let seconds = request.expiresSeconds == 0 ? NodeLimits.grantSeconds : request.expiresSeconds
    guard seconds <= NodeLimits.longestGrantSeconds else {
      throw Refusal(.invalid, "a grant lasts ten years at most", hint: "offer it for less and renew it")
    }
    try await checkOffer(channel, grantee)
    let granteeKey = try await signingKey(of: grantee)
    guard let id = GrantID(Hex.encode(Random.bytes(16))) else { preconditionFailure("32 hex digits are a grant's id") }
    let end = try await ledger.read { try PartnershipRow.lastEnd(with: grantee.text, in: $0) }
    let now = Self.moment(clock.now, after: end)
    let envelope = try sign(
      GrantStatement(
        id: id, owner: identity.organization, ownerKey: KeyID(signingKey.publicKey), channel: channel,
        grantee: grantee, granteeKey: granteeKey, actions: actions, offered: now,
        expires: now.advanced(by: Int64(clamping: seconds) * 1_000_000)))
    try await handIn(envelope, id: "", by: actor)
    await announce()
    return try await grant(id.text)
  }

  /// What can be offered to whom.
  private func checkOffer(_ channel: ChannelName, _ grantee: OrganizationName) async throws(Refusal) {
    let own = try member().organization.text
    let now = clock.now
    try await ledger.read { database in
      guard let row = try ChannelRow.of(channel.text, in: database), row.isOpen else {
        throw Refusal(
          .notFound, "there is no open channel \(channel)", concern: channel.text,
          hint: "`demarc channel open \(channel) --dataset DATASET`")
      }
      guard try !PartnershipRow.isPaused(with: grantee.text, in: database) else { throw Refusal.paused(with: grantee) }
      let standing = try PermissionRow.of(
        channel: channel.text, owner: own, grantee: grantee.text, in: database
      ).first { ["offered", "accepted"].contains($0.state(at: now)) }
      if let standing {
        throw Refusal(
          .exists, "\(grantee) has a grant for \(channel) already: \(standing.id), \(standing.state)",
          concern: standing.id, hint: "`demarc grant revoke \(standing.id)` ends it")
      }
    }
  }

  /// The actions of an offer: `read` alone for now, and said so.
  nonisolated static func actions(_ texts: [String]) throws(Refusal) -> [GrantAction] {
    for text in texts where text != GrantAction.read.rawValue {
      guard GrantAction(rawValue: text) != nil else {
        throw Refusal(.invalid, "“\(text)” is not an action", concern: text, hint: "this release grants: read")
      }
      throw Refusal(
        .invalid, "the action \(text) is not available in this release", concern: text,
        hint: "this release grants: read")
    }
    return [.read]
  }

  // MARK: Answer

  func accept(_ id: String, by actor: String) async throws(Refusal) -> V1Grant {
    let own = try member().organization.text
    let row = try await permission(id)
    let isOwner = row.owner == own
    switch row.state(at: clock.now) {
    case "offered" where !isOwner, "proposed": break
    case "offered":
      throw Refusal(.denied, "\(row.grantee) has to accept this offer", concern: id, rule: "not-the-grantee")
    case "accepted": return try await grant(id)
    case "expired": throw Refusal(.expired, "the offer has expired", concern: id, hint: "ask for a new one")
    case let state:
      throw Refusal(.stale, "the grant is \(state)", concern: id, hint: "ask for a new offer", rule: "grant-\(state)")
    }
    if let other = OrganizationName(isOwner ? row.grantee : row.owner) { try await checkIsNotPaused(with: other) }
    let envelope = try await signable(row, isOwner: isOwner)
    try await handIn(envelope, id: id, by: actor)
    return try await grant(id)
  }

  /// The envelope with this node's signature, after a look at what is signed.
  private func signable(_ row: PermissionRow, isOwner: Bool) async throws(Refusal) -> Envelope {
    let ownKey = KeyID(signingKey.publicKey)
    let (envelope, statement, ownerKey, channel) = try await ledger.read { database in
      let envelope = try Envelope(bytes: row.envelope)
      let statement = try GrantStatement(envelope)
      return (
        envelope, statement, try KeyQueries.statement(of: statement.ownerKey.description, in: database),
        try ChannelRow.of(row.channel, in: database)
      )
    }
    guard (isOwner ? statement.ownerKey : statement.granteeKey) == ownKey else {
      throw Refusal(.stale, "the grant names another signing key than this node's", concern: row.id, rule: "grant-key")
    }
    if isOwner {
      guard channel?.isOpen == true else {
        throw Refusal(.notFound, "there is no open channel \(row.channel)", concern: row.channel)
      }
    } else if row.state == "offered" {
      guard let ownerKey, ownerKey.identity.organization == statement.owner, envelope.isSigned(by: ownerKey.key) else {
        throw Refusal(
          .denied, "\(row.owner) never signed this offer", concern: row.id,
          hint: "do not rely on it: ask \(row.owner), and the hub's operator", rule: "owner-signature")
      }
    }
    do throws(CryptographyError) { return try envelope.signed(by: signingKey) } catch {
      throw Refusal(.internal, "the grant could not be signed: \(error)")
    }
  }

  /// Hands an envelope to the hub and records what it made of it. Without the hub nothing has happened.
  private func handIn(_ envelope: Envelope, id: String, by actor: String) async throws(Refusal) {
    var request = V1SignGrantRequest()
    request.id = id
    request.envelope = Data(envelope.bytes)
    let answer = try await link.ask(Operations.signGrant, request).grant
    guard Self.sameStatement([UInt8](answer.envelope), envelope.bytes) else {
      throw Refusal(.mismatch, "the hub answered with another grant than it was handed", rule: "hub-answer")
    }
    try await take(grant: answer, by: actor)
  }

  func decline(_ id: String, by actor: String) async throws(Refusal) -> V1Grant {
    let row = try await permission(id)
    if row.state == "declined" { return try await grant(id) }
    var request = V1DeclineGrantRequest()
    request.id = id
    try await take(grant: try await link.ask(Operations.declineGrant, request).grant, by: actor)
    return try await grant(id)
  }
}
