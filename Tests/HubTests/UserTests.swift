import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import Testing

@Suite struct UserTests {
  @Test func aNodesInvitationIsAcceptedAndSigned() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let listening = try await Listening(hub, acme)
    let ada = try Person("ada@acme.example", of: "acme")
    let secret = try await hub.invite(ada.email, by: acme, as: "custodian")
    #expect(try await hub.show(ada).state == "invited")
    let pending = try await hub.ask(Operations.acceptInvitation, ada.acceptance(secret), as: .anonymous)
    #expect(pending.state == "pending" && pending.key == KeyID(ada.key.publicKey).description)
    let news = try await listening.event { $0.user.user.email == ada.email ? $0.user : nil }
    #expect(Array(news.key) == ada.key.publicKey.bytes && news.user.invitedBy == "node")
    #expect(Array(news.proof) == Invitation.proof(secret: secret, key: ada.key.publicKey).bytes)
    // Nobody is a user before the node has signed.
    #expect(try await hub.refusal(Operations.openSession, ada.answer(hub.challenge(ada), at: hub)).rule == "session")
    let signed = try ada.membership(1, .custodian, by: acme)
    #expect(try await hub.ask(Operations.deliverMembership, signed, as: acme.caller).state == "active")
    #expect(try await hub.ask(Operations.deliverMembership, signed, as: acme.caller).number == 1)
    #expect(try await hub.ask(Operations.acceptInvitation, ada.acceptance(secret), as: .anonymous).state == "active")
    #expect(try await hub.show(ada).membership == signed.envelope)
    var audit = V1ListAuditRequest()
    audit.limit = 100
    let kinds = try await hub.ask(Operations.listAudit, audit).entries.map(\.kind)
    #expect(
      kinds.filter { $0.hasPrefix("user-") || $0 == "membership" } == ["user-invited", "user-accepted", "membership"])
    #expect(try await hub.auditHolds())
  }

  @Test func invitationsThatAreNoGoodLookAlike() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    _ = try await hub.member("globex")
    let ada = try Person("ada@acme.example", of: "acme")
    let secret = try await hub.invite(ada.email, by: acme, as: "member")
    var refusals: [Refusal] = []
    func refused(_ request: V1AcceptInvitationRequest) async throws {
      refusals.append(try await hub.refusal(Operations.acceptInvitation, request, as: .anonymous))
    }
    // Nobody's, and another person's or organization's.
    try await refused(ada.acceptance(Random.bytes(32)))
    try await refused(try Person("bob@acme.example", of: "acme").acceptance(secret))
    try await refused(try Person("ada@acme.example", of: "globex").acceptance(secret))
    // Replaced.
    let newer = try await hub.invite(ada.email, by: acme, as: "member")
    try await refused(ada.acceptance(secret))
    // Used, by another key.
    _ = try await hub.ask(Operations.acceptInvitation, ada.acceptance(newer), as: .anonymous)
    try await refused(try Person("ada@acme.example", of: "acme").acceptance(newer))
    // Expired, and taken back.
    let brief = try await hub.invite("eve@acme.example", into: "acme", as: "member", seconds: 60)
    hub.clock.advance(seconds: 60)
    try await refused(try Person("eve@acme.example", of: "acme").acceptance(brief.secret))
    let eve = try Person("eve@acme.example", of: "acme")
    let taken = try await hub.invite(eve.email, into: "acme", as: "member")
    try await hub.remove(eve)
    try await refused(eve.acceptance(taken.secret))
    // Suspended.
    let late = try await hub.invite(eve.email, into: "acme", as: "member")
    try await hub.suspend("acme")
    try await refused(eve.acceptance(late.secret))

    #expect(refusals.count == 8)
    for refusal in refusals {
      var alike = refusal
      alike.incident = ""
      #expect(alike == Refusal.invitationRefused)
    }
    var malformed = ada.acceptance(newer)
    malformed.salt = Data([1])
    #expect(try await hub.refusal(Operations.acceptInvitation, malformed, as: .anonymous).code == .invalid)
  }

  @Test func aHubsInvitationWaitsForTheNode() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let listening = try await Listening(hub, acme)
    let ada = try Person("ada@acme.example", of: "acme")
    let invitation = try await hub.invite("ada@ACME.example", into: "acme", as: "admin")
    #expect(invitation.user.text == ada.email && invitation.hub == "https://hub.test:7441")
    _ = try await hub.ask(Operations.acceptInvitation, ada.acceptance(invitation.secret), as: .anonymous)
    let news = try await listening.event { $0.user.user.email == ada.email ? $0.user : nil }
    #expect(news.user.invitedBy == "hub" && news.user.state == "pending")
    var again = V1AddUserRequest()
    again.organization = "acme"
    again.email = ada.email
    again.role = "admin"
    #expect(try await hub.refusal(Operations.addUser, again).code == .exists)
    #expect(try await hub.refusal(Operations.openSession, ada.answer(hub.challenge(ada), at: hub)).rule == "session")
  }

  @Test func onlyTheOwnNodesWordCounts() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let ada = try Person("ada@acme.example", of: "acme")
    let secret = try await hub.invite(ada.email, by: acme, as: "member")
    func refused(_ request: V1DeliverMembershipRequest, _ node: TestNode) async throws -> Refusal {
      try await hub.refusal(Operations.deliverMembership, request, as: node.caller)
    }
    _ = try await hub.ask(Operations.acceptInvitation, ada.acceptance(secret), as: .anonymous)
    #expect(try await refused(ada.membership(1, .admin, by: globex), globex).rule == "membership-signature")
    #expect(try await refused(ada.membership(1, .admin, by: globex), acme).rule == "membership-signature")
    var other = ada
    other.key = try Ed25519PrivateKey()
    #expect(try await refused(other.membership(1, .admin, by: acme), acme).rule == "membership-key")
    #expect(
      try await refused(try Person("eve@acme.example", of: "acme").membership(1, .admin, by: acme), acme).code
        == .notFound)
    var nonsense = V1DeliverMembershipRequest()
    nonsense.envelope = Data([1, 2])
    #expect(try await refused(nonsense, acme).rule == "membership-malformed")
    #expect(try await hub.show(ada).state == "pending")
  }

  @Test func aRemovedUserHasNothingLeft() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    // globex shares with acme, so it would honour tokens of acme's users.
    let grant = try globex.grant("weather", to: acme, at: hub.clock.now)
    let offer = try await hub.ask(Operations.signGrant, try globex.signing(grant.envelope), as: globex.caller).grant
    _ = try await hub.ask(
      Operations.signGrant, try acme.signing(try Envelope(bytes: Array(offer.envelope))), as: acme.caller)
    _ = try await hub.user("boss@acme.example", of: acme, as: .admin)
    let ada = try await hub.user("ada@acme.example", of: acme, as: .custodian)
    let session = try await hub.login(ada)
    var show = V1ShowSessionRequest()
    show.session = session.session
    #expect(try await hub.ask(Operations.showSession, show, as: .anonymous).user.role == "custodian")
    let listening = [try await Listening(hub, acme), try await Listening(hub, globex)]
    try await hub.remove(ada)
    try await hub.remove(ada)
    #expect(try await hub.refusal(Operations.showSession, show, as: .anonymous).rule == "session")
    #expect(try await hub.refusal(Operations.openSession, ada.answer(hub.challenge(ada), at: hub)).rule == "session")
    for node in listening {
      let denied = try await node.event { $0.denied.email == ada.email ? $0.denied : nil }
      #expect(denied.organization == "acme" && denied.key.isEmpty && denied.since == hub.clock.now.wire)
    }
    #expect(try await listening[0].event { $0.user.user.email == ada.email ? $0.user.user.state : nil } == "removed")
    // What the node said before it heard brings nobody back; its end of the membership is taken.
    let role = try ada.membership(2, .admin, by: acme)
    #expect(try await hub.ask(Operations.deliverMembership, role, as: acme.caller).state == "removed")
    #expect(try await hub.ask(Operations.deliverMembership, ada.end(3, by: acme), as: acme.caller).number == 3)
    // A new start.
    let secret = try await hub.invite(ada.email, by: acme, as: "member")
    _ = try await hub.ask(Operations.acceptInvitation, ada.acceptance(secret), as: .anonymous)
    let old = try ada.membership(3, .member, by: acme)
    #expect(try await hub.ask(Operations.deliverMembership, old, as: acme.caller).state == "pending")
    let new = try ada.membership(4, .member, by: acme)
    #expect(try await hub.ask(Operations.deliverMembership, new, as: acme.caller).state == "active")
    #expect(try await hub.auditHolds())
  }

  @Test func theLastAdminStays() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let boss = try await hub.user("boss@acme.example", of: acme, as: .admin)
    _ = try await hub.user("ada@acme.example", of: acme, as: .custodian)
    var remove = V1RemoveUserRequest()
    remove.organization = "acme"
    remove.email = boss.email
    #expect(try await hub.refusal(Operations.removeUser, remove).rule == "last-admin")
    var role = V1SetUserRoleRequest()
    role.organization = "acme"
    role.email = boss.email
    role.role = "member"
    #expect(try await hub.refusal(Operations.setUserRole, role).rule == "last-admin")
    _ = try await hub.user("second@acme.example", of: acme, as: .admin)
    #expect(try await hub.ask(Operations.setUserRole, role).askedRole == "member")
    #expect(try await hub.show(boss).role == "admin", "asked is not done")
    try await hub.remove(boss)
    #expect(try await hub.show(boss).state == "removed")
  }

  @Test func anotherNodeHasToSignAnew() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .admin)
    _ = try await hub.invite("eve@acme.example", by: acme, as: "member")
    let session = try await hub.login(ada)
    let other = try TestNode("acme", name: "node-2")
    _ = try await hub.ask(Operations.enrol, try other.enrolment(try await hub.token("acme")), as: .anonymous)
    #expect(try await hub.show(ada).state == "pending")
    #expect(try await hub.show(try Person("eve@acme.example", of: "acme")).state == "removed")
    var show = V1ShowSessionRequest()
    show.session = session.session
    #expect(try await hub.refusal(Operations.showSession, show, as: .anonymous).rule == "session")
    let news = try await Listening(hub, other).event { $0.user.user.email == ada.email ? $0.user : nil }
    #expect(news.user.number == 1 && news.user.invitedBy == "hub")
    let signed = try ada.membership(2, .admin, by: other)
    #expect(try await hub.ask(Operations.deliverMembership, signed, as: other.caller).state == "active")
  }

  @Test func badInputIsRefused() async throws {
    let hub = try await TestHub()
    _ = try await hub.member("acme")
    var request = V1AddUserRequest()
    request.organization = "acme"
    request.email = "ada@acme.example"
    request.role = "member"
    func refused(_ change: (inout V1AddUserRequest) -> Void) async throws -> RefusalCode {
      var changed = request
      change(&changed)
      return try await hub.refusal(Operations.addUser, changed).code
    }
    #expect(try await refused { $0.email = "ada" } == .invalid)
    #expect(try await refused { $0.email = "a\u{0}@acme.example" } == .invalid)
    #expect(try await refused { $0.email = String(repeating: "a", count: 1_000_000) } == .invalid)
    #expect(try await refused { $0.role = "operator" } == .invalid)
    #expect(try await refused { $0.role = "" } == .invalid)
    #expect(try await refused { $0.organization = "initech" } == .notFound)
    #expect(try await refused { $0.organization = "A B" } == .invalid)
    #expect(try await refused { $0.validSeconds = 31 * 86_400 } == .invalid)
    #expect(try await refused { $0.validSeconds = .max } == .invalid)
    var show = V1ShowUserRequest()
    show.organization = "acme"
    show.email = request.email
    #expect(try await hub.refusal(Operations.showUser, show).code == .notFound)
    #expect(try await hub.ask(Operations.listUsers, V1ListUsersRequest()).users.isEmpty)
    // Who is no operator adds nobody, and who is no node announces nothing.
    #expect(try await hub.refusal(Operations.addUser, request, as: .anonymous).code == .unauthenticated)
    #expect(
      try await hub.refusal(Operations.inviteUser, V1InviteUserRequest(), as: .anonymous).code == .unauthenticated)
  }

  @Test func aLongListComesInPages() async throws {
    let hub = try await TestHub()
    _ = try await hub.member("acme")
    for number in 0..<(Limits.userPage + 2) {
      _ = try await hub.invite("user\(number)@acme.example", into: "acme", as: "member")
    }
    var request = V1ListUsersRequest()
    let first = try await hub.ask(Operations.listUsers, request)
    #expect(first.users.count == Limits.userPage && first.more)
    request.afterOrganization = first.users.last?.organization ?? ""
    request.afterEmail = first.users.last?.email ?? ""
    let second = try await hub.ask(Operations.listUsers, request)
    #expect(second.users.count == 2 && !second.more)
    #expect(Set((first.users + second.users).map(\.email)).count == Limits.userPage + 2)
  }
}
