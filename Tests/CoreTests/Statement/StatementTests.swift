import Core
import Cryptography
import Testing

/// One of each statement, from fixed values: the same in the vectors and in the pages of Docs/Formats.
struct Samples {
  let identity: NodeIdentity
  let key: Ed25519PrivateKey
  let time: Timestamp
  let cid = CID.raw(of: Array("hello".utf8))
  let root = CID.dagPB(of: Array("directory".utf8))

  init() throws {
    identity = try #require(NodeIdentity("spiffe://grid.example/org/acme/node/edge"))
    key = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32))
    time = try #require(Timestamp("2026-11-21T09:45:13.123456Z"))
  }

  var statements: [any Statement] {
    get throws {
      let scene = try GrantScene()
      let grant = try scene.statement(
        actions: [.transform, .read], limits: GrantLimits(lease: 3_600_000_000, bytes: 5))
      let user = try #require(EmailAddress("ada@acme.example"))
      let (dataset, channel) = (try #require(DatasetName("weather")), try #require(ChannelName("daily")))
      let partnership = Partnership(
        id: try #require(PartnershipID(String(repeating: "0b", count: 16))), inviter: identity.organization,
        inviterKey: grant.ownerKey, invitee: grant.grantee, inviteeKey: grant.granteeKey, message: "for traffic",
        invited: time)
      return [
        KeyStatement(identity: identity, key: key.publicKey, issued: time),
        KeyRevocation(key: KeyID(key.publicKey), revoked: time, reason: "lost host"),
        KeyEndorsement(identity: identity, tlsKey: SHA256.hash("spki"), issued: time),
        grant,
        GrantRevocation(id: grant.id, by: .owner, revoked: time, reason: ""),
        LeaseSnapshot(
          identity: identity, epoch: 7, issued: time, validUntil: time.advanced(by: Limits.defaultLeaseMicroseconds),
          grants: LeaseSnapshot.digest(ofGrants: [grant.id]),
          suspended: ["initech", "globex"].compactMap { OrganizationName($0) }),
        ChannelHead(organization: identity.organization, channel: channel, content: root, number: 2, time: time),
        HistoryEntry(
          dataset: dataset, number: 1, content: root, parent: nil, author: "ada", message: "first\n\"day\"", time: time),
        HistoryEntry(
          dataset: dataset, number: 2, content: root, parent: cid, author: "ada", message: "é", time: time),
        Verification(
          record: cid, verdict: .inconclusive, reason: "script missing", engine: "lua-5.4.4", executed: true,
          identity: identity, time: time),
        Membership(
          number: 1, user: user, organization: identity.organization, role: .custodian, key: key.publicKey, issued: time
        ),
        MembershipEnd(number: 2, user: user, organization: identity.organization, ended: time),
        SessionRequest(
          authority: SHA256.hash("certificate"), organization: identity.organization, user: user,
          challenge: SHA256.hash("challenge")),
        partnership,
        PartnershipChange(id: partnership.id, by: .invitee, what: .paused, at: time, reason: "stocktaking"),
      ]
    }
  }
}

struct StatementTests {
  private func reread<S: Statement>(_ statement: S) throws -> S { try S(statement.envelope) }

  private func expectReturns<S: Statement>(_ statement: S) throws {
    #expect(try S(statement.envelope) == statement)
    let envelope = statement.envelope
    #expect(envelope.payloadType == "application/vnd.demarc.\(S.kind)+json")
    // As another kind it is refused, whatever its fields.
    #expect(throws: StatementFailure.self) { try S(Envelope(payloadType: "text/plain", payload: envelope.payload)) }

    let members = try #require(statement.json.members)
    for (index, member) in members.enumerated() {
      let without = members.enumerated().filter { $0.offset != index }.map(\.element)
      // Without its parent a second version is no statement either; a first one has none to miss.
      #expect(throws: StatementFailure.self, "without \(member.key)") { try read(S.self, .object(without)) }
      for wrong in [JSON.null, .integer(-1), .string("\u{0}"), .array([]), .object([]), .real(0.5)]
      where wrong != member.value {
        guard S.mayHold(wrong, in: member.key) else {
          var changed = members
          changed[index] = JSON.Member(member.key, wrong)
          #expect(throws: StatementFailure.self, "\(member.key) = \(wrong)") { try read(S.self, .object(changed)) }
          continue
        }
      }
    }
    let more = JSON.object(members + [JSON.Member("more", .null)])
    #expect(throws: StatementFailure.unknown("more")) { try read(S.self, more) }
    if members.count > 1 {
      #expect(throws: StatementFailure.notCanonical) { try read(S.self, .object(members.reversed())) }
    }
    let spaced = Envelope(payloadType: S.payloadType, payload: envelope.payload + [0x20])
    #expect(throws: StatementFailure.notCanonical) { try S(spaced) }
  }

  private func read<S: Statement>(_ type: S.Type, _ json: JSON) throws -> S {
    try S(Envelope(payloadType: S.payloadType, payload: json.canonicalBytes))
  }

  @Test func everyStatementReturnsAndNothingElseDoes() throws {
    for statement in try Samples().statements { try expectReturns(statement) }
  }

  @Test func contradictionsAreRefused() throws {
    let samples = try Samples()
    let scene = try GrantScene()
    #expect(throws: StatementFailure.self) { try reread(try scene.statement(grantee: "acme")) }
    #expect(throws: StatementFailure.self) { try reread(try scene.statement(actions: [])) }
    #expect(throws: StatementFailure.self) { try reread(try scene.statement(expires: Timestamp(seconds: 1))) }
    let dataset = try #require(DatasetName("weather"))
    for (number, parent) in [(1, samples.cid), (2, nil), (0, nil)] as [(Int64, CID?)] {
      let entry = HistoryEntry(
        dataset: dataset, number: number, content: samples.root, parent: parent, author: "", message: "",
        time: samples.time)
      #expect(throws: StatementFailure.self) { try reread(entry) }
    }
    let long = LeaseSnapshot(
      identity: samples.identity, epoch: 0, issued: samples.time,
      validUntil: samples.time.advanced(by: Limits.longestLeaseMicroseconds + 1),
      grants: LeaseSnapshot.digest(ofGrants: []), suspended: [])
    #expect(throws: StatementFailure.self) { try reread(long) }
    let message = HistoryEntry(
      dataset: dataset, number: 1, content: samples.root, parent: nil, author: "",
      message: String(repeating: "x", count: Limits.messageBytes + 1), time: samples.time)
    #expect(throws: StatementFailure.tooLarge("message", limit: Limits.messageBytes)) { try reread(message) }
  }
}

extension Statement {
  /// Values that a field takes although the sample has another: an empty text where texts are free, an empty list.
  fileprivate static func mayHold(_ value: JSON, in field: String) -> Bool {
    switch value {
    case .string: ["reason", "author", "message", "engine"].contains(field)
    case .array(let elements): elements.isEmpty && field == "suspended"
    case .object(let members): members.isEmpty && field == "limits"
    default: false
    }
  }
}
