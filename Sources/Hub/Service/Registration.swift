package import API
import Core
import Cryptography
import FoundationEssentials

extension HubService {
  /// Answers every operation that a hub has. What the rules are is written where their noun is; here is who gets to them
  /// and with what.
  package func register(on dispatcher: Dispatcher) {
    registerForOperators(dispatcher)
    registerForNodes(dispatcher)
    registerUsers(dispatcher)
    registerContent(dispatcher)
  }

  private func registerForOperators(_ dispatcher: Dispatcher) {
    read(dispatcher, Operations.status) { transaction, _ in try transaction.status() }
    dispatcher.on(Operations.doctor) { [ledger, clock, feed] _, caller throws(Refusal) in
      let connected = Set(feed.connected)
      return try await ledger.read(by: caller.actor) { try $0.doctor(wall: clock().wall, connected: connected) }
    }
    read(dispatcher, Operations.listAudit) { try $0.listAudit($1) }
    read(dispatcher, Operations.verifyAudit) { transaction, _ in try transaction.verifyAudit() }
    read(dispatcher, Operations.proveAudit) { try $0.proveAudit($1) }
    read(dispatcher, Operations.exportTrust) { transaction, _ in
      var response = V1ExportTrustResponse()
      response.bundle = .init(try transaction.trustBundle().json.canonicalBytes)
      return response
    }
    write(dispatcher, Operations.addOrganization) { try $0.addOrganization($1.name, tokenSeconds: $1.tokenSeconds) }
    write(dispatcher, Operations.issueToken) { try $0.issueToken(named: $1.name, seconds: $1.tokenSeconds) }
    read(dispatcher, Operations.listOrganizations) { transaction, _ in try transaction.listOrganizations() }
    read(dispatcher, Operations.showOrganization) { try $0.showOrganization($1.name) }
    write(dispatcher, Operations.suspendOrganization, usesReserve: true) { try $0.suspend($1.name, reason: $1.reason) }
    write(dispatcher, Operations.resumeOrganization) { try $0.resume($1.name) }
    write(dispatcher, Operations.proposeGrant) { try $0.proposeGrant($1) }
    read(dispatcher, Operations.listGrants) { transaction, _ in try transaction.listGrants() }
    read(dispatcher, Operations.showGrant) { try $0.wire(try $0.grant(id: $1.id)) }
    read(dispatcher, Operations.listPartnerships) { transaction, _ in try transaction.listPartnerships() }
    write(dispatcher, Operations.revokeGrant, usesReserve: true) { try $0.revokeGrant($1) }
  }

  private func registerForNodes(_ dispatcher: Dispatcher) {
    write(dispatcher, Operations.enrol) { try $0.enrol($1) }
    writeForNode(dispatcher, Operations.renew) { try $0.renew($1, by: $2) }
    writeForNode(dispatcher, Operations.publishChannels) { try $0.publishChannels($1, by: $2) }
    readForNode(dispatcher, Operations.directory) { transaction, _, node in try transaction.directory(for: node) }
    readForNode(dispatcher, Operations.lookup) { transaction, request, _ in
      try transaction.lookup(try transaction.organizationName(request.organization))
    }
    writeForNode(dispatcher, Operations.signGrant) { try $0.signGrant($1, by: $2) }
    writeForNode(dispatcher, Operations.declineGrant) { try $0.declineGrant($1, by: $2) }
    writeForNode(dispatcher, Operations.deliverRevocation, usesReserve: true) { try $0.deliverRevocation($1, by: $2) }
    writeForNode(dispatcher, Operations.signPartnership) { try $0.signPartnership($1, by: $2) }
    writeForNode(dispatcher, Operations.declinePartnership) { try $0.declinePartnership($1, by: $2) }
    writeForNode(dispatcher, Operations.deliverPartnershipChange, usesReserve: true) {
      try $0.deliverPartnershipChange($1, by: $2)
    }
    writeForNode(dispatcher, Operations.refreshLease) { try $0.refreshLease($1, by: $2) }
  }

  private func registerUsers(_ dispatcher: Dispatcher) {
    write(dispatcher, Operations.addUser) { try $0.addUser($1) }
    read(dispatcher, Operations.listUsers) { try $0.listUsers($1) }
    read(dispatcher, Operations.showUser) { try $0.user(named: $1.email, of: $1.organization).wire }
    write(dispatcher, Operations.setUserRole) { try $0.setUserRole($1) }
    write(dispatcher, Operations.removeUser, usesReserve: true) { try $0.removeUser($1) }
    writeForNode(dispatcher, Operations.inviteUser) { try $0.inviteUser($1, by: $2) }
    writeForNode(dispatcher, Operations.deliverMembership, usesReserve: true) { try $0.deliverMembership($1, by: $2) }
    write(dispatcher, Operations.acceptInvitation) { try $0.acceptInvitation($1) }
    read(dispatcher, Operations.challenge) { try $0.challenge($1) }
    write(dispatcher, Operations.openSession) { try $0.openSession($1) }
    read(dispatcher, Operations.showSession) { try $0.showSession($1) }
    write(dispatcher, Operations.closeSession, usesReserve: true) { try $0.closeSession($1) }
  }

  private func registerContent(_ dispatcher: Dispatcher) {
    dispatcher.on(Operations.hubEvents) { [self] request, caller throws(Refusal) in
      try await events(request, caller)
    }
    let authority = authority.certificate
    dispatcher.on(Operations.authority) { _, _ throws(Refusal) in
      ContentReply(type: "application/x-pem-file", body: .bytes(authority.pem))
    }
    dispatcher.on(Operations.logTile) { [self] request, caller throws(Refusal) in
      try await logContent(request.values["path"] ?? "", caller)
    }
  }

  /// The log as its files: `checkpoint`, `tile/…`.
  private func logContent(_ path: String, _ caller: Caller) async throws(Refusal) -> ContentReply {
    try await ledger.read(by: caller.actor) { transaction in
      _ = try transaction.caller(caller)
      if path == "checkpoint" {
        return ContentPiece(type: "text/plain; charset=utf-8", bytes: try transaction.latestCheckpoint())
      }
      guard let tile = Tile(path: path), let bytes = try transaction.logTile(tile) else {
        throw Refusal(.notFound, "the log has nothing at \(path.prefix(200))", concern: String(path.prefix(200)))
      }
      return ContentPiece(type: "application/octet-stream", bytes: bytes)
    }.reply
  }

  // MARK: How an operation gets its transaction

  private func write<Request, Response>(
    _ dispatcher: Dispatcher, _ operation: Operation<Request, Response>, usesReserve: Bool = false,
    _ rule: @escaping @Sendable (Transaction, Request) throws -> Response
  ) {
    dispatcher.on(operation) { [ledger] request, caller throws(Refusal) in
      try await ledger.write(by: caller.actor, usesReserve: usesReserve) { try rule($0, request) }
    }
  }

  private func read<Request, Response>(
    _ dispatcher: Dispatcher, _ operation: Operation<Request, Response>,
    _ rule: @escaping @Sendable (Transaction, Request) throws -> Response
  ) {
    dispatcher.on(operation) { [ledger] request, caller throws(Refusal) in
      try await ledger.read(by: caller.actor) { try rule($0, request) }
    }
  }

  /// Node operations: the caller must be a node that stands for its organization, and that is not suspended.
  private func writeForNode<Request, Response>(
    _ dispatcher: Dispatcher, _ operation: Operation<Request, Response>, usesReserve: Bool = false,
    _ rule: @escaping @Sendable (Transaction, Request, NodeRow) throws -> Response
  ) {
    dispatcher.on(operation) { [ledger, allowance, clock] request, caller throws(Refusal) in
      if case .node(let organization, _, _, _) = caller { try allowance.spend(organization, at: clock().wall.seconds) }
      return try await ledger.write(by: caller.actor, usesReserve: usesReserve) {
        try rule($0, request, try $0.caller(caller))
      }
    }
  }

  private func readForNode<Request, Response>(
    _ dispatcher: Dispatcher, _ operation: Operation<Request, Response>,
    _ rule: @escaping @Sendable (Transaction, Request, NodeRow) throws -> Response
  ) {
    dispatcher.on(operation) { [ledger] request, caller throws(Refusal) in
      try await ledger.read(by: caller.actor) { try rule($0, request, try $0.caller(caller)) }
    }
  }
}

/// A small body on its way out of a transaction.
private struct ContentPiece: Sendable {
  let type: String
  let bytes: [UInt8]

  @MainActor var reply: ContentReply { ContentReply(type: type, body: .bytes(bytes)) }
}
