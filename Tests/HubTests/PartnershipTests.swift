import API
import Core
import Cryptography
import FoundationEssentials
import Hub
import SwiftProtobuf
import Testing

@Suite struct PartnershipTests {
  @Test func threeSignaturesMakeAPartnership() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let atGlobex = try await Listening(hub, globex)
    let said = try acme.partnership(with: globex, at: hub.clock.now, message: "for traffic")
    let invite = try acme.signing(partnership: said.envelope)
    let invited = try await hub.ask(Operations.signPartnership, invite, as: acme.caller).partnership
    #expect(invited.state == "invited" && invited.message == "for traffic")
    // Said again, it is the same.
    #expect(try await hub.ask(Operations.signPartnership, invite, as: acme.caller).partnership == invited)
    let heard = try await atGlobex.event { $0.partnership.id == said.id.text ? $0.partnership : nil }
    #expect(heard.state == "invited" && heard.keyStatements.count == 2 && heard.inviterAddress.contains("acme"))
    let accept = try globex.signing(partnership: said.envelope)
    let active = try await hub.ask(Operations.signPartnership, accept, as: globex.caller).partnership
    #expect(active.state == "active")
    let envelope = try Envelope(bytes: Array(active.envelope))
    for key in [acme.signingKey, globex.signingKey, hub.service.authority.signingKey] {
      #expect(envelope.isSigned(by: key.publicKey))
    }
    #expect(try await hub.ask(Operations.signPartnership, accept, as: globex.caller).partnership == active)
    _ = try await atGlobex.event { $0.partnership.state == "active" ? true : nil }
    hub.service.close()
    await atGlobex.end()
    #expect(try await hub.auditHolds())
  }

  @Test func signaturesThatDoNotCount() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    let said = try acme.partnership(with: globex, at: hub.clock.now)
    func rule(_ request: V1SignPartnershipRequest, _ node: TestNode) async throws -> String {
      try await hub.refusal(Operations.signPartnership, request, as: node.caller).rule
    }
    // By the invitee first, by a stranger, with a stranger's key, unsigned, broken, no partnership at all.
    #expect(try await rule(try globex.signing(partnership: said.envelope), globex) == "no-partnership")
    #expect(try await rule(try acme.signing(partnership: said.envelope), initech) == "partnership-foreign")
    #expect(try await rule(try initech.signing(partnership: said.envelope), acme) == "partnership-signature")
    var request = V1SignPartnershipRequest()
    request.envelope = Data(said.envelope.bytes)
    #expect(try await rule(request, acme) == "partnership-signature")
    let broken = Envelope.Signature(keyID: acme.keyID, bytes: [UInt8](repeating: 7, count: 64))
    request.envelope = Data(said.envelope.adding(broken).bytes)
    #expect(try await rule(request, acme) == "partnership-signature")
    request.envelope = Data("{}".utf8)
    #expect(try await rule(request, acme) == "partnership-malformed")
    // A grant's statement is no partnership's, though it may carry one.
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    #expect(try await rule(try acme.signing(partnership: grant.envelope), acme) == "partnership-malformed")
    let stranger = try acme.partnership(with: try TestNode("globex"), at: hub.clock.now)
    #expect(try await rule(try acme.signing(partnership: stranger.envelope), acme) == "partnership-key")
    // The invitee's signature in the inviter's request is left out: others speak for themselves.
    let both = try said.envelope.signed(by: globex.signingKey)
    let invited = try await hub.ask(
      Operations.signPartnership, try acme.signing(partnership: both), as: acme.caller
    ).partnership
    #expect(invited.state == "invited")
    // Another statement under the same id.
    let twin = Partnership(
      id: said.id, inviter: said.inviter, inviterKey: said.inviterKey, invitee: said.invitee,
      inviteeKey: said.inviteeKey, message: "another", invited: said.invited)
    #expect(try await rule(try globex.signing(partnership: twin.envelope), globex) == "partnership-differs")
    #expect(try await hub.partnerships().count == 1)
  }

  /// One waits at a time, whichever way; none goes to oneself, to nobody, or to who is suspended.
  @Test func invitationsThatAreRefused() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    func refusal(_ inviter: TestNode, _ invitee: TestNode) async throws -> Refusal {
      let said = try inviter.partnership(with: invitee, at: hub.clock.now)
      let request = try inviter.signing(partnership: said.envelope)
      return try await hub.refusal(Operations.signPartnership, request, as: inviter.caller)
    }
    #expect(try await refusal(acme, acme).code == .invalid)
    #expect(try await refusal(acme, try TestNode("nobody")).code == .notFound)
    _ = try await hub.add("hooli")
    #expect(try await refusal(acme, try TestNode("hooli")).code == .notFound)
    try await hub.suspend("initech")
    #expect(try await refusal(acme, initech).code == .suspended)
    #expect(try await refusal(initech, acme).code == .suspended)
    let long = try acme.partnership(with: globex, at: hub.clock.now, message: String(repeating: "x", count: 1001))
    let request = try acme.signing(partnership: long.envelope)
    #expect(
      try await hub.refusal(Operations.signPartnership, request, as: acme.caller).rule == "partnership-malformed")
    #expect(try await hub.partnerships().isEmpty)

    let said = try acme.partnership(with: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signPartnership, try acme.signing(partnership: said.envelope), as: acme.caller)
    for (inviter, invitee) in [(acme, globex), (globex, acme)] {
      let no = try await refusal(inviter, invitee)
      #expect(no.code == .exists && no.rule == "partnership-exists", "\(no)")
    }
    // Declined by whom it was sent to, once; then there is room for another, whichever way.
    var decline = V1DeclinePartnershipRequest()
    decline.id = said.id.text
    #expect(try await hub.refusal(Operations.declinePartnership, decline, as: acme.caller).rule == "not-the-invitee")
    try await hub.resume("initech")
    #expect(try await hub.refusal(Operations.declinePartnership, decline, as: initech.caller).code == .notFound)
    for _ in 0..<2 {
      let answer = try await hub.ask(Operations.declinePartnership, decline, as: globex.caller).partnership
      #expect(answer.state == "declined")
    }
    let late = try globex.signing(partnership: said.envelope)
    #expect(
      try await hub.refusal(Operations.signPartnership, late, as: globex.caller).rule == "partnership-declined")
    _ = try await hub.partners(globex, acme)
    #expect(try await refusal(acme, globex).code == .exists)
  }

  @Test func whoPausedResumes() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    let id = try await hub.partners(acme, globex)
    let paused = try await hub.deliver(acme, id, as: .inviter, .paused)
    #expect(paused.state == "paused" && paused.pausedBy == ["acme"])
    #expect(try await hub.rule(globex, id, as: .invitee, .resumed) == "not-the-pauser")
    // In another's name, by another's key, by somebody else.
    #expect(try await hub.rule(globex, id, as: .inviter, .resumed) == "partnership-signature")
    #expect(try await hub.rule(initech, id, as: .inviter, .resumed) == "no-partnership")
    let forged = try initech.change(id, as: .inviter, .resumed, at: hub.clock.now)
    #expect(
      try await hub.refusal(Operations.deliverPartnershipChange, forged, as: acme.caller).rule
        == "partnership-signature")
    let both = try await hub.deliver(globex, id, as: .invitee, .paused)
    #expect(both.pausedBy == ["acme", "globex"] && both.changes.count == 2)
    // Nobody signs a grant meanwhile.
    let grant = try acme.grant("weather", to: globex, at: hub.clock.now)
    #expect(
      try await hub.refusal(Operations.signGrant, try acme.signing(grant.envelope), as: acme.caller).rule == "paused")
    #expect(try await hub.deliver(acme, id, as: .inviter, .resumed).pausedBy == ["globex"])
    #expect(try await hub.deliver(globex, id, as: .invitee, .resumed).state == "active")
    // An older word that comes again changes nothing.
    let early = hub.clock.now.advanced(by: -3_500_000)
    let again = try acme.change(id, as: .inviter, .paused, at: early)
    #expect(
      try await hub.ask(Operations.deliverPartnershipChange, again, as: acme.caller).partnership.state == "active")
    #expect(try await hub.auditHolds())
  }

  @Test func theEndEndsEveryGrant() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    let id = try await hub.partners(acme, globex)
    let there = try await hub.grant("weather", of: acme, to: globex)
    let back = try await hub.grant("traffic", of: globex, to: acme)
    let offered = try await hub.grant("tides", of: acme, to: globex, accepted: false)
    let elsewhere = try await hub.grant("weather", of: acme, to: initech)
    let atGlobex = try await Listening(hub, globex)
    let ended = try await hub.deliver(globex, id, as: .invitee, .ended)
    #expect(ended.state == "ended")
    for grant in [there, back, offered] {
      #expect(try await hub.state(of: grant) == "revoked")
      let heard = try await atGlobex.event {
        $0.grant.id == grant.id.text && $0.grant.state == "revoked" ? $0.grant : nil
      }
      #expect(heard.revocation == ended.changes[0].envelope)
    }
    #expect(try await hub.state(of: elsewhere) == "accepted")
    for (node, party) in [(acme, PartnershipChange.Party.inviter), (globex, .invitee)] {
      #expect(try await hub.deliver(node, id, as: party, .ended).state == "ended")
      #expect(try await hub.rule(node, id, as: party, .resumed) == "partnership-ended")
    }
    // There may be another one.
    let next = try await hub.partners(globex, acme)
    #expect(next != id)
    // What is said about the one before is not about this one any more.
    #expect(try await hub.deliver(acme, next, as: .invitee, .paused).pausedBy == ["acme"])
    hub.service.close()
    await atGlobex.end()
    #expect(try await hub.auditHolds())
  }

  @Test func anInvitationIsTakenBack() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let said = try acme.partnership(with: globex, at: hub.clock.now)
    _ = try await hub.ask(Operations.signPartnership, try acme.signing(partnership: said.envelope), as: acme.caller)
    #expect(try await hub.rule(globex, said.id.text, as: .invitee, .ended) == "not-the-inviter")
    #expect(try await hub.rule(acme, said.id.text, as: .inviter, .paused) == "partnership-pending")
    #expect(try await hub.deliver(acme, said.id.text, as: .inviter, .ended).state == "declined")
    let late = try globex.signing(partnership: said.envelope)
    #expect(
      try await hub.refusal(Operations.signPartnership, late, as: globex.caller).rule == "partnership-declined")
  }

  /// A grant that is offered to a stranger carries the invitation.
  @Test func aGrantCarriesTheInvitation() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    func only() async throws -> V1Partnership {
      let all = try await hub.partnerships().filter { $0.state != "declined" && $0.state != "ended" }
      #expect(all.count == 1)
      return try #require(all.first)
    }
    let first = try await hub.grant("weather", of: acme, to: globex, accepted: false)
    #expect(try await only().id == first.id.text)
    #expect(try await only().state == "invited")
    let explicit = try globex.signing(partnership: try globex.partnership(with: acme, at: hub.clock.now).envelope)
    #expect(try await hub.refusal(Operations.signPartnership, explicit, as: globex.caller).rule == "partnership-exists")
    var decline = V1DeclineGrantRequest()
    decline.id = first.id.text
    _ = try await hub.ask(Operations.declineGrant, decline, as: globex.caller)
    #expect(try await hub.partnerships().map(\.state) == ["declined"])
    // Taken back by its owner.
    let second = try await hub.grant("weather", of: acme, to: globex, accepted: false)
    let revocation = try acme.revocation(of: second.id, as: .owner, at: hub.clock.now)
    _ = try await hub.ask(Operations.deliverRevocation, revocation, as: acme.caller)
    #expect(try await hub.partnerships().map(\.state) == ["declined", "declined"])
    // Accepted, while another invitation waits: that has its answer.
    let waiting = try globex.partnership(with: acme, at: hub.clock.now)
    _ = try await hub.ask(
      Operations.signPartnership, try globex.signing(partnership: waiting.envelope), as: globex.caller)
    let third = try await hub.grant("weather", of: acme, to: globex)
    #expect(try await only().id == third.id.text)
    #expect(try await only().state == "active")
    // The grant may go, the partnership stays; and a change may name any statement between the two.
    let end = try globex.revocation(of: third.id, as: .grantee, at: hub.clock.now)
    _ = try await hub.ask(Operations.deliverRevocation, end, as: globex.caller)
    #expect(try await only().state == "active")
    #expect(try await hub.deliver(globex, second.id.text, as: .invitee, .paused).pausedBy == ["globex"])
    #expect(try await hub.deliver(globex, third.id.text, as: .invitee, .resumed).state == "active")
  }

  /// New hardware has another key, and the partnership names the old one.
  @Test func replacedHardwareEndsPartnerships() async throws {
    let hub = try await TestHub()
    let acme = try await hub.member("acme")
    let globex = try await hub.member("globex")
    let initech = try await hub.member("initech")
    let id = try await hub.partners(acme, globex)
    _ = try await hub.ask(
      Operations.signPartnership,
      try acme.signing(partnership: try acme.partnership(with: initech, at: hub.clock.now).envelope), as: acme.caller)
    let fresh = try TestNode("acme", name: "node-2")
    _ = try await hub.ask(
      Operations.enrol, try fresh.enrolment(try await hub.token("acme")), as: .anonymous)
    let all = try await hub.partnerships()
    #expect(Set(all.map(\.state)) == ["declined", "ended"])
    let ended = try #require(all.first { $0.id == id })
    let word = try Envelope(bytes: Array(try #require(ended.changes.first).envelope))
    #expect(word.isSigned(by: hub.service.authority.signingKey.publicKey))
    _ = try await hub.partners(fresh, globex)
  }
}
