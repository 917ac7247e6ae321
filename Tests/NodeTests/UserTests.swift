import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Storage
import Testing

@testable import Node

@Suite struct UserTests {
  @Test func aNodeSignsForWhomItInvited() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let invitation = try await acme.invite("ada@acme.example", as: "custodian")
      #expect(invitation.organization.text == "acme")
      #expect(try await acme.user("ada@acme.example").state == "invited")
      let key = try Ed25519PrivateKey()
      try await grid.hub.accept(invitation, key)
      let user = try await acme.until("ada@acme.example") { $0.state == "active" }
      #expect(user.role == "custodian" && user.number == 1 && user.key == KeyID(key.publicKey).description)
      let envelope = try Envelope(bytes: Array(user.membership))
      let membership = try Membership(envelope)
      #expect(membership.key == key.publicKey && membership.role == .custodian && membership.user == invitation.user)
      #expect(envelope.isSigned(by: acme.service.signingKey.publicKey))
      try await grid.hub.until(invitation) { $0.state == "active" && $0.membership == user.membership }
      let again = try await refusal { () async throws(Refusal) in try await acme.add("ada@acme.example", as: "admin") }
      #expect(again.code == .exists)
      // The log has the nonce of the invitation, and no secret.
      let secret = Base64.encode(invitation.secret)
      for number in 0..<20 {
        guard let entry = try? await acme.service.store.entry(Int64(number)) else { break }
        #expect(!String(decoding: entry, as: UTF8.self).contains(secret))
      }
    }
  }

  /// A hub that accepts for somebody itself does not get a member.
  @Test func aKeyWithoutTheProofIsNotSigned() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let invitation = try await acme.invite("ada@acme.example", as: "admin")
      var news = V1UserNews()
      news.user.organization = "acme"
      news.user.email = "ada@acme.example"
      news.user.role = "admin"
      news.user.state = "pending"
      news.user.invitedBy = "node"
      let thief = try Ed25519PrivateKey()
      news.key = Data(thief.publicKey.bytes)
      for proof in [Data(), Data(Invitation.proof(secret: invitation.digest.bytes, key: thief.publicKey).bytes)] {
        news.proof = proof
        let change = news
        let refused = try await refusal { () async throws(Refusal) in
          try await acme.service.take(user: change, event: 1000)
        }
        #expect(refused.rule == "invitation-proof")
      }
      #expect(try await acme.user("ada@acme.example").state == "invited")
      // As if its own operator had asked: that waits for this node's.
      news.user.invitedBy = "hub"
      try await acme.service.take(user: news, event: 1001)
      #expect(try await acme.user("ada@acme.example").state == "pending")
      // Nonsense is put on record and changes nothing.
      for change: (inout V1UserNews) -> Void in [
        { $0.user.organization = "globex" }, { $0.user.email = "ada" }, { $0.user.role = "king" },
        { $0.user.number = .max }, { $0.user.number = -1 }, { $0.key = Data([1]) },
      ] {
        var wrong = news
        change(&wrong)
        let sent = wrong
        let refused = try await refusal { () async throws(Refusal) in
          try await acme.service.take(user: sent, event: 1002)
        }
        #expect(refused.code == .mismatch)
      }
    }
  }

  @Test func whatTheHubsOperatorWantsIsConfirmed() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let invitation = try await grid.hub.invite("ada@acme.example", into: "acme", as: "admin")
      let early = try await refusal { () async throws(Refusal) in try await acme.confirm("ada@acme.example") }
      #expect(early.code == .notFound)
      let key = try Ed25519PrivateKey()
      try await grid.hub.accept(invitation, key)
      #expect(try await acme.until("ada@acme.example") { $0.state == "pending" }.membership.isEmpty)
      #expect(try await acme.confirm("ada@acme.example").state == "active")
      #expect(try await acme.confirm("ada@acme.example").number == 1)
      try await grid.hub.until(invitation) { $0.state == "active" }

      // A second admin, so that a role can be asked for.
      let other = try await acme.invite("bob@acme.example", as: "admin")
      try await grid.hub.accept(other, try Ed25519PrivateKey())
      try await grid.hub.until(other) { $0.state == "active" }
      var role = V1SetUserRoleRequest()
      role.organization = "acme"
      role.email = "ada@acme.example"
      role.role = "member"
      _ = try await grid.hub.ask(Operations.setUserRole, role)
      #expect(try await acme.until("ada@acme.example") { $0.askedRole == "member" }.role == "admin")
      #expect(try await acme.confirm("ada@acme.example").role == "member")
      try await grid.hub.until(invitation) { $0.role == "member" && $0.askedRole.isEmpty && $0.number == 2 }
    }
  }

  @Test func takingAwayNeedsNoHub() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      let (boss, ada) = (
        try await acme.invite("boss@acme.example", as: "admin"), try await acme.invite("ada@acme.example", as: "admin")
      )
      for invitation in [boss, ada] {
        try await grid.hub.accept(invitation, try Ed25519PrivateKey())
        try await grid.hub.until(invitation) { $0.state == "active" }
      }
      let before = acme.service.clock.now
      #expect(try await acme.remove("ada@acme.example").state == "removed")
      #expect(try await acme.remove("ada@acme.example").number == 2)
      let user = ada.user
      let isDenied = try await acme.service.ledger.read {
        try Denials.cover(
          organization: ada.organization, user: user, key: "sha256:any", issued: before, in: $0)
      }
      #expect(isDenied)
      try await grid.hub.until(ada) { $0.state == "removed" && $0.number == 2 }
      // The last admin can neither be removed nor become less; somebody invited is none yet.
      _ = try await acme.invite("ada@acme.example", as: "admin")
      let last = try await refusal { () async throws(Refusal) in try await acme.remove("boss@acme.example") }
      #expect(last.rule == "last-admin")
      var role = V1SetUserRoleRequest()
      role.email = "boss@acme.example"
      role.role = "custodian"
      let request = role
      let less = try await refusal { () async throws(Refusal) in
        try await acme.ask(Operations.setUserRole, request)
      }
      #expect(less.rule == "last-admin")
      var news = V1UserNews()
      news.user.organization = "acme"
      news.user.email = "boss@acme.example"
      news.user.role = "admin"
      news.user.state = "removed"
      let lie = news
      let hubs = try await refusal { () async throws(Refusal) in try await acme.service.take(user: lie, event: 1) }
      #expect(hubs.rule == "last-admin")

      await grid.hub.stop()
      let offline = try await refusal { () async throws(Refusal) in try await acme.add("eve@acme.example", as: "member")
      }
      #expect(offline.code == .unreachable)
      #expect(
        try await refusal { () async throws(Refusal) in try await acme.user("eve@acme.example") }.code == .notFound)
      #expect(try await acme.remove("ada@acme.example").state == "removed")
    }
  }

  @Test func badInputIsRefused() async throws {
    try await Grid.with("acme") { grid in
      let acme = grid.nodes[0]
      for (email, role) in [("ada", "member"), ("a b@c", "member"), ("", "member"), ("a@b", "operator"), ("a@b", "")] {
        let refused = try await refusal { () async throws(Refusal) in try await acme.add(email, as: role) }
        #expect(refused.code == .invalid)
      }
      var foreign = V1AddUserRequest()
      foreign.organization = "globex"
      foreign.email = "a@b"
      foreign.role = "member"
      let request = foreign
      let refused = try await refusal { () async throws(Refusal) in try await acme.ask(Operations.addUser, request) }
      #expect(refused.code == .invalid)
      #expect(try await acme.ask(Operations.listUsers, V1ListUsersRequest()).users.isEmpty)
    }
  }
}

extension NodeMember {
  @discardableResult
  fileprivate func add(_ email: String, as role: String) async throws(Refusal) -> V1AddUserResponse {
    var request = V1AddUserRequest()
    request.email = email
    request.role = role
    return try await ask(Operations.addUser, request)
  }

  fileprivate func invite(_ email: String, as role: String) async throws -> Invitation {
    try Invitation(try await add(email, as: role).link)
  }

  fileprivate func user(_ email: String) async throws(Refusal) -> V1User {
    var request = V1ShowUserRequest()
    request.email = email
    return try await ask(Operations.showUser, request)
  }

  fileprivate func confirm(_ email: String) async throws(Refusal) -> V1User {
    var request = V1ConfirmUserRequest()
    request.email = email
    return try await ask(Operations.confirmUser, request)
  }

  fileprivate func remove(_ email: String) async throws(Refusal) -> V1User {
    var request = V1RemoveUserRequest()
    request.email = email
    return try await ask(Operations.removeUser, request)
  }

  /// The user as soon as a condition holds, which an event of the hub brings about.
  fileprivate func until(_ email: String, _ condition: (V1User) -> Bool) async throws -> V1User {
    let deadline = Deadline(in: .seconds(10))
    while !deadline.hasPassed {
      if let user = try? await user(email), condition(user) { return user }
      await EventLoop.turn()
    }
    throw Refusal(.internal, "\(email) did not become what it should")
  }
}

extension HubMember {
  fileprivate func invite(_ email: String, into organization: String, as role: String) async throws -> Invitation {
    var request = V1AddUserRequest()
    request.organization = organization
    request.email = email
    request.role = role
    return try Invitation(try await ask(Operations.addUser, request).link)
  }

  fileprivate func accept(_ invitation: Invitation, _ key: Ed25519PrivateKey) async throws {
    var request = V1AcceptInvitationRequest()
    request.invitation = Data(invitation.digest.bytes)
    request.organization = invitation.organization.text
    request.email = invitation.user.text
    request.key = Data(key.publicKey.bytes)
    request.salt = Data(invitation.salt)
    request.proof = Data(Invitation.proof(secret: invitation.secret, key: key.publicKey).bytes)
    _ = try await ask(Operations.acceptInvitation, request)
  }

  fileprivate func until(_ invitation: Invitation, _ condition: (V1User) -> Bool) async throws {
    var request = V1ShowUserRequest()
    request.organization = invitation.organization.text
    request.email = invitation.user.text
    let deadline = Deadline(in: .seconds(10))
    while !condition(try await ask(Operations.showUser, request)) {
      try #require(!deadline.hasPassed)
      await EventLoop.turn()
    }
  }
}
