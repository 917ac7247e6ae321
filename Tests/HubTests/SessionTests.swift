import API
import Core
import Cryptography
import FoundationEssentials
import SwiftProtobuf
import Testing

@Suite struct SessionTests {
  @Test func aSessionLastsTwelveHours() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .member)
    let session = try await hub.login(ada)
    #expect(session.session.count == 32 && session.user.role == "member")
    var show = V1ShowSessionRequest()
    show.session = session.session
    hub.clock.advance(seconds: 12 * 3600 - 1)
    #expect(try await hub.ask(Operations.showSession, show, as: .anonymous).user.email == ada.email)
    hub.clock.advance(seconds: 1)
    #expect(try await hub.refusal(Operations.showSession, show, as: .anonymous).rule == "session")
  }

  @Test func whatDoesNotProveAnythingLooksAlike() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .member)
    let nobody = try Person("nobody@acme.example", of: "acme")
    var refusals: [Refusal] = []
    func refused(_ request: V1OpenSessionRequest) async throws {
      refusals.append(try await hub.refusal(Operations.openSession, request, as: .anonymous))
    }
    // Another key; nobody's address; a challenge that is not the hub's, of another person, too old, from the future.
    try await refused(ada.answer(hub.challenge(ada), at: hub, by: nobody.key))
    try await refused(nobody.answer(hub.challenge(nobody), at: hub))
    try await refused(try Person("ada@acme.example", of: "initech").answer(hub.challenge(nobody), at: hub))
    var forged = try await hub.challenge(ada)
    forged.challenge = Data(Random.bytes(32))
    try await refused(ada.answer(forged, at: hub))
    try await refused(ada.answer(hub.challenge(nobody), at: hub))
    var moved = try ada.answer(try await hub.challenge(ada), at: hub)
    moved.issued.seconds += 1
    try await refused(moved)
    let old = try ada.answer(try await hub.challenge(ada), at: hub)
    hub.clock.advance(seconds: 301)
    try await refused(old)
    // Answered already, also after the session has ended.
    let answer = try ada.answer(try await hub.challenge(ada), at: hub)
    let session = try await hub.ask(Operations.openSession, answer, as: .anonymous)
    try await refused(answer)
    var close = V1CloseSessionRequest()
    close.session = session.session
    _ = try await hub.ask(Operations.closeSession, close, as: .anonymous)
    _ = try await hub.ask(Operations.closeSession, close, as: .anonymous)
    try await refused(answer)
    for secret in [Data(), Data(Random.bytes(32)), Data(count: 50_000), session.session] {
      var show = V1ShowSessionRequest()
      show.session = secret
      refusals.append(try await hub.refusal(Operations.showSession, show, as: .anonymous))
    }
    #expect(refusals.count == 13)
    for refusal in refusals {
      var alike = refusal
      alike.incident = ""
      #expect(alike == Refusal.sessionRefused)
    }
  }

  /// A salt tells nothing: an address without a user has one as well, and keeps it.
  @Test func everyAddressHasASalt() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .member)
    let nobody = try Person("nobody@acme.example", of: "acme")
    #expect(try await hub.challenge(ada).salt == Data(ada.salt))
    let salt = try await hub.challenge(nobody).salt
    hub.clock.advance(seconds: 1000)
    #expect(try await hub.challenge(nobody).salt == salt && salt.count == 16)
    #expect(try await hub.challenge(try Person("nobody@acme.example", of: "initech")).salt != salt)
  }

  @Test func sessionsAreBounded() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .member)
    for _ in 0..<10 {
      _ = try await hub.login(ada)
      hub.clock.advance(seconds: 1)
    }
    let answer = try ada.answer(try await hub.challenge(ada), at: hub)
    #expect(try await hub.refusal(Operations.openSession, answer, as: .anonymous).code == .limit)
    hub.clock.advance(seconds: 60)
    _ = try await hub.login(ada)
  }

  @Test func aSuspendedOrganizationsUsersWait() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let ada = try await hub.user("ada@acme.example", of: acme, as: .member)
    var show = V1ShowSessionRequest()
    show.session = try await hub.login(ada).session
    try await hub.suspend("acme")
    hub.clock.advance(seconds: 1)
    #expect(try await hub.refusal(Operations.showSession, show, as: .anonymous).code == .suspended)
    let answer = try ada.answer(try await hub.challenge(ada), at: hub)
    #expect(try await hub.refusal(Operations.openSession, answer, as: .anonymous).code == .suspended)
    try await hub.resume("acme")
    #expect(try await hub.ask(Operations.showSession, show, as: .anonymous).user.email == ada.email)
  }
}
