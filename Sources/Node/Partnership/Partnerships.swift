import API
import Core
import Cryptography
import FoundationEssentials
import SQLite

extension NodeService {
  func registerPartnerships(on dispatcher: Dispatcher) {
    dispatcher.on(Operations.invitePartner) { (request, caller) async throws(Refusal) in
      try await self.invite(request, by: caller.actor)
    }
    dispatcher.on(Operations.acceptPartner) { (request, caller) async throws(Refusal) in
      try await self.acceptPartner(request.organization, by: caller.actor)
    }
    dispatcher.on(Operations.declinePartner) { (request, caller) async throws(Refusal) in
      try await self.declinePartner(request.organization, by: caller.actor)
    }
    dispatcher.on(Operations.pausePartner) { (request, caller) async throws(Refusal) in
      try await self.change(request, .paused, by: caller.actor)
    }
    dispatcher.on(Operations.resumePartner) { (request, caller) async throws(Refusal) in
      try await self.change(request, .resumed, by: caller.actor)
    }
    dispatcher.on(Operations.endPartner) { (request, caller) async throws(Refusal) in
      try await self.change(request, .ended, by: caller.actor)
    }
    dispatcher.on(Operations.listPartnerships) { (_, _) async throws(Refusal) in
      let own = self.identity?.organization.text ?? ""
      var response = V1ListPartnershipsResponse()
      response.partnerships = try await self.ledger.read { database in
        try PartnershipRow.all(in: database).map { $0.wire(own: own) }
      }
      return response
    }
  }

  /// The organization that a request names, which is another than this node's.
  func partner(_ text: String) throws(Refusal) -> OrganizationName {
    let own = try member().organization
    guard let name = OrganizationName(text) else { throw Self.badName(text, "organization") }
    guard name != own else {
      throw Refusal(
        .invalid, "an organization needs no partnership with itself", concern: own.text, rule: "partnership-own")
    }
    return name
  }

  /// A partnership as this node has it, for its operator.
  func partnership(with organization: OrganizationName) async throws(Refusal) -> V1Partnership {
    let own = try member().organization.text
    guard let row = try await ledger.read({ try PartnershipRow.with(organization.text, in: $0) }) else {
      throw Refusal(.none, with: organization)
    }
    return row.wire(own: own)
  }

  private func invite(_ request: V1InvitePartnerRequest, by actor: String) async throws(Refusal) -> V1Partnership {
    let identity = try member()
    let partner = try partner(request.organization)
    try Self.checkText(request.message, "message")
    let (standing, end) = try await ledger.read { database in
      (
        try PartnershipRow.with(partner.text, in: database),
        try PartnershipRow.lastEnd(with: partner.text, in: database)
      )
    }
    if let standing, !standing.state.admitsInvitation {
      throw Refusal(
        invitation: standing.state, from: standing.side == .inviter ? identity.organization : partner, with: partner)
    }
    let key = try await signingKey(of: partner)
    guard let id = PartnershipID(Hex.encode(Random.bytes(16))) else {
      preconditionFailure("32 hex digits are a partnership's id")
    }
    let envelope = try sign(
      Partnership(
        id: id, inviter: identity.organization, inviterKey: KeyID(signingKey.publicKey), invitee: partner,
        inviteeKey: key, message: request.message, invited: Self.moment(clock.now, after: end)))
    try await handIn(partnership: envelope, by: actor)
    return try await partnership(with: partner)
  }

  /// The key that another organization signs with, as the hub vouches for it now.
  func signingKey(of organization: OrganizationName) async throws(Refusal) -> KeyID {
    var lookup = V1LookupRequest()
    lookup.organization = organization.text
    let found = try await take(member: try await link.ask(Operations.lookup, lookup), event: nil)
    guard let key = KeyID(found.signingKey), found.keys.contains(where: { $0.id == found.signingKey }) else {
      throw Refusal(.mismatch, "the hub does not vouch for the signing key of \(organization)", rule: "hub-answer")
    }
    return key
  }

  private func acceptPartner(_ text: String, by actor: String) async throws(Refusal) -> V1Partnership {
    let partner = try partner(text)
    guard let row = try await answerable(partner, .accept) else { return try await partnership(with: partner) }
    let (envelope, parties, key) = try await ledger.read { database in
      let envelope = try Envelope(bytes: row.envelope)
      let parties = try PartnershipParties(envelope)
      return (envelope, parties, try KeyQueries.statement(of: parties.inviterKey.description, in: database))
    }
    if parties.isGrant {
      _ = try await accept(row.id, by: actor)
      return try await partnership(with: partner)
    }
    guard parties.inviteeKey == KeyID(signingKey.publicKey) else {
      throw Refusal(
        .stale, "the invitation names another signing key than this node's", concern: row.id, rule: "partnership-key")
    }
    guard let key, key.identity.organization == partner, envelope.isSigned(by: key.key) else {
      throw Refusal(
        .denied, "\(partner) never signed this invitation", concern: row.id,
        hint: "do not rely on it: ask \(partner), and the hub's operator", rule: "partnership-signature")
    }
    let signed: Envelope
    do throws(CryptographyError) { signed = try envelope.signed(by: signingKey) } catch {
      throw Refusal(.internal, "the partnership could not be signed: \(error)")
    }
    try await handIn(partnership: signed, by: actor)
    return try await partnership(with: partner)
  }

  private func declinePartner(_ text: String, by actor: String) async throws(Refusal) -> V1Partnership {
    let partner = try partner(text)
    if let row = try await answerable(partner, .decline) {
      if (try? PartnershipParties(Envelope(bytes: row.envelope)))?.isGrant == true {
        _ = try await decline(row.id, by: actor)
      } else {
        var request = V1DeclinePartnershipRequest()
        request.id = row.id
        let answer = try await link.ask(Operations.declinePartnership, request).partnership
        try await take(partnership: answer, by: actor)
      }
    }
    return try await partnership(with: partner)
  }

  /// The invitation that may be answered so; nil if it was answered so before. One that was sent this very moment may
  /// still be on its way from the hub.
  private func answerable(
    _ partner: OrganizationName, _ action: PartnershipAction
  ) async throws(Refusal) -> PartnershipRow? {
    let early = [PartnershipRule.none, .declined, .ended].map(\.rawValue)
    return try await settling(while: { early.contains($0.rule) }) { () async throws(Refusal) -> PartnershipRow? in
      let row = try await ledger.read { try PartnershipRow.with(partner.text, in: $0) }
      switch (row?.state ?? .none).after(action, by: row?.side ?? .invitee) {
      case .becomes: return row
      case .unchanged: return nil
      case .refused(let rule): throw Refusal(rule, with: partner)
      }
    }
  }

  /// Hands an envelope to the hub and records what it made of it. Without the hub nothing has happened.
  private func handIn(partnership envelope: Envelope, by actor: String) async throws(Refusal) {
    var request = V1SignPartnershipRequest()
    request.envelope = Data(envelope.bytes)
    let answer = try await link.ask(Operations.signPartnership, request).partnership
    guard Self.sameStatement([UInt8](answer.envelope), envelope.bytes) else {
      throw Refusal(.mismatch, "the hub answered with another partnership than it was handed", rule: "hub-answer")
    }
    try await take(partnership: answer, by: actor)
  }

  /// What people say to each other is one line of plain text.
  static func checkText(_ text: String, _ what: String) throws(Refusal) {
    guard text.utf8.count <= Limits.partnershipTextBytes else {
      throw Refusal(.invalid, "the \(what) is longer than \(Limits.partnershipTextBytes) bytes", concern: what)
    }
    guard Partnership.isPlain(text) else {
      throw Refusal(
        .invalid, "the \(what) is not one line of plain text", concern: what,
        hint: "without line ends and other control characters")
    }
  }

  /// A time for a statement that has to be later than another.
  static func moment(_ now: Timestamp, after earlier: Timestamp?) -> Timestamp {
    max(now, earlier?.advanced(by: 1) ?? now)
  }
}
