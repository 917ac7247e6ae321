import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import HTTP
import Hub
import Peers
import SwiftProtobuf
import Testing

@testable import Node

@Suite struct PartnershipTests {
  /// acme and globex are partners, by acme's invitation.
  private func partners(_ body: (Grid, NodeMember, NodeMember) async throws -> Void) async throws {
    try await Grid.with("acme", "globex") { grid in
      let (acme, globex) = (grid.nodes[0], grid.nodes[1])
      try await acme.invite("globex", message: "for traffic")
      try await globex.partner(Operations.acceptPartner, "acme")
      try await acme.stands(to: "globex", "active")
      try await body(grid, acme, globex)
    }
  }

  @Test func invitedAcceptedPausedEnded() async throws {
    try await partners { _, acme, globex in
      let there = try #require(try await globex.partnership("acme"))
      #expect(there.message == "for traffic" && there.inviter == "acme" && there.state == "active")
      for (node, other) in [(acme, "globex"), (globex, "acme")] {
        let no = try await refusal { () async throws(Refusal) in try await node.invite(other) }
        #expect(no.code == .exists && no.rule == "partnership-exists", "\(no)")
      }
      try await globex.change(Operations.pausePartner, "acme", reason: "stocktaking")
      try await acme.stands(to: "globex", "paused")
      #expect(try await acme.partnership("globex")?.pausedBy == ["globex"])
      #expect(try await acme.partnership("globex")?.reason == "stocktaking")
      let no = try await refusal { () async throws(Refusal) in
        try await acme.change(Operations.resumePartner, "globex")
      }
      #expect(no.code == .denied && no.rule == "not-the-pauser", "\(no)")
      try await acme.change(Operations.pausePartner, "globex")
      try await globex.change(Operations.resumePartner, "acme")
      try await globex.until { (try? await globex.partnership("acme"))??.pausedBy == ["acme"] }
      try await acme.until { (try? await acme.partnership("globex"))??.pausedBy == ["acme"] }
      try await acme.change(Operations.resumePartner, "globex")
      try await globex.stands(to: "acme", "active")
      try await globex.change(Operations.endPartner, "acme")
      try await acme.stands(to: "globex", "ended")
      // Again, the other way round, and declined.
      try await globex.invite("acme")
      try await acme.partner(Operations.declinePartner, "globex")
      try await globex.stands(to: "acme", "declined")
    }
  }

  @Test func whatIsRefused() async throws {
    try await Grid.with("acme", "globex") { grid in
      let acme = grid.nodes[0]
      func code(_ organization: String, _ message: String = "") async throws -> RefusalCode {
        try await refusal { () async throws(Refusal) in
          try await acme.invite(organization, message: message)
        }.code
      }
      #expect(try await code("acme") == .invalid)
      #expect(try await code("nobody") == .notFound)
      #expect(try await code("No Name") == .invalid)
      #expect(try await code("globex", String(repeating: "x", count: 1001)) == .invalid)
      #expect(try await code("globex", "two\nlines") == .invalid)
      _ = try await grid.hub.ask(Operations.suspendOrganization, .with { $0.name = "globex" })
      #expect(try await code("globex") == .suspended)
      for operation in [Operations.pausePartner, Operations.resumePartner, Operations.endPartner] {
        let no = try await refusal { () async throws(Refusal) in try await acme.change(operation, "globex") }
        #expect(no.code == .notFound && no.rule == "no-partnership", "\(no)")
      }
      #expect(try await acme.ask(Operations.listPartnerships, V1ListPartnershipsRequest()).partnerships.isEmpty)
    }
  }

  /// The grant's flow makes the partnership, and the end of that the end of the grant; a replay comes to the same.
  @Test func aGrantCarriesThePartnership() async throws {
    try await Grid.with("acme", "globex") { grid in
      let (acme, globex) = (grid.nodes[0], grid.nodes[1])
      try await acme.create("weather")
      try await acme.commit("weather", ["w": [1]])
      try await acme.openChannel("weather", over: "weather")
      let grant = try await acme.offer("weather", to: "globex")
      #expect(try await acme.partnership("globex")?.state == "invited")
      // To accept the invitation is to accept the grant that carries it.
      try await globex.partner(Operations.acceptPartner, "acme")
      try await acme.known(grant, as: "accepted")
      for (node, other) in [(acme, "globex"), (globex, "acme")] {
        let row = try #require(try await node.partnership(other))
        #expect(row.id == grant && row.state == "active" && row.inviter == "acme")
      }
      try await globex.pull("weather", of: "acme")
      try await globex.change(Operations.endPartner, "acme", reason: "over")
      try await globex.known(grant, as: "revoked")
      try await acme.known(grant, as: "revoked")
      let over = try await refusal { () async throws(Refusal) in try await globex.pull("weather", of: "acme") }
      #expect(over.rule == "revoked", "\(over)")
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      let refused = try await refusal { () async throws(Refusal) in
        try await client.bytes("/v1/channels/weather", atMost: 1000)
      }
      #expect(refused.rule == "revoked" && refused.message.contains("grantee"), "\(refused)")
      // An offer that is taken back, and one that is declined.
      let second = try await acme.offer("weather", to: "globex")
      #expect(try await acme.partnership("globex")?.state == "invited")
      try await acme.change(Operations.endPartner, "globex")
      try await globex.known(second, as: "revoked")
      try await globex.stands(to: "acme", "declined")
      let third = try await acme.offer("weather", to: "globex")
      try await globex.partner(Operations.declinePartner, "acme")
      try await acme.known(third, as: "declined")
      try await acme.stands(to: "globex", "declined")
    }
  }

  /// A pause cuts what is sent, what is fetched, and lets neither begin, at either side and without the hub.
  @Test func aPauseCutsBothWaysWithoutTheHub() async throws {
    try await partners { grid, acme, globex in
      let size = 48 << 20
      var grants: [String] = []
      for (owner, grantee) in [(acme, globex), (globex, acme)] {
        try await owner.create("big")
        try await owner.commit("big", ["big": [UInt8](repeating: 7, count: size)])
        try await owner.openChannel("big", over: "big")
        let grant = try await owner.offer("big", to: owner === acme ? "globex" : "acme")
        try await grantee.known(grant)
        try await grantee.accept(grant)
        grants.append(grant)
        try await owner.known(grant, as: "accepted")
      }
      let version = try await acme.resolve("big").version.cid
      let client = try await globex.service.partners.client(of: try #require(OrganizationName("acme")))
      let response = try await client.get("/v1/channels/big/\(version)/big")
      var received = try await response.body.read().count
      await grid.hub.stop()
      try await acme.change(Operations.pausePartner, "globex")
      #expect(acme.service.transfers.count == 0)
      var failure: HTTPFailure?
      do throws(HTTPFailure) {
        while case let bytes = try await response.body.read(), !bytes.isEmpty { received += bytes.count }
      } catch { failure = error }
      #expect(failure != nil && received < size / 2, "\(received)")
      // globex has not heard of it, and is refused; acme knows, and does not ask.
      let there = try await refusal { () async throws(Refusal) in try await globex.pull("big", of: "acme") }
      #expect(there.code == .denied && there.rule == "paused", "\(there)")
      let back = try await refusal { () async throws(Refusal) in try await acme.pull("big", of: "globex") }
      #expect(back.code == .denied && back.rule == "paused", "\(back)")
      for row in try await acme.ask(Operations.listPartnerships, V1ListPartnershipsRequest()).partnerships {
        #expect(row.state == "paused" && row.hasDelivered && !row.delivered)
      }
      try await acme.change(Operations.resumePartner, "globex")
      try await globex.pull("big", of: "acme")
      try await acme.pull("big", of: "globex")
    }
  }
}

extension NodeMember {
  @discardableResult
  func invite(_ organization: String, message: String = "") async throws(Refusal) -> V1Partnership {
    var request = V1InvitePartnerRequest()
    request.organization = organization
    request.message = message
    return try await ask(Operations.invitePartner, request)
  }

  @discardableResult
  func partner(
    _ operation: API.Operation<V1AnswerPartnerRequest, V1Partnership>, _ organization: String
  ) async throws(Refusal) -> V1Partnership {
    var request = V1AnswerPartnerRequest()
    request.organization = organization
    return try await ask(operation, request)
  }

  @discardableResult
  func change(
    _ operation: API.Operation<V1ChangePartnerRequest, V1Partnership>, _ organization: String, reason: String = ""
  ) async throws(Refusal) -> V1Partnership {
    var request = V1ChangePartnerRequest()
    request.organization = organization
    request.reason = reason
    return try await ask(operation, request)
  }

  /// How this node stands to another organization.
  func partnership(_ organization: String) async throws(Refusal) -> V1Partnership? {
    try await ask(Operations.listPartnerships, V1ListPartnershipsRequest()).partnerships
      .first { $0.inviter == organization || $0.invitee == organization }
  }

  /// Returns once it stands so.
  func stands(to organization: String, _ state: String) async throws {
    try await until { (try? await self.partnership(organization))??.state == state }
  }
}
