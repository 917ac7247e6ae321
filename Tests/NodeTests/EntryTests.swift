import Core
import Cryptography
import Testing

@testable import Node

@Suite struct EntryTests {
  @Test func kindsHaveNamesOfTheirOwn() {
    #expect(Set(EntryKinds.all.map { $0.kind }).count == EntryKinds.all.count)
    for type in EntryKinds.all {
      #expect(type.kind.allSatisfy { $0.isLowercase || $0 == "-" })
    }
  }

  @Test func whatIsWrittenReadsBack() throws {
    let cid = CID.raw(of: [1])
    let time = Timestamp(seconds: 5)
    let user = try #require(EmailAddress("ada@acme.example"))
    let acme = try #require(OrganizationName("acme"))
    let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32))
    let membership = Membership(
      number: 1, user: user, organization: acme, role: .admin, key: key.publicKey, issued: time)
    let end = MembershipEnd(number: 2, user: user, organization: acme, ended: time)
    let entries: [any Entry] = [
      DatasetCreatedEntry(name: "weather", title: "T"),
      VersionCommittedEntry(
        dataset: "weather", number: 2, content: cid, parent: cid, author: "a", message: "m\n\"", bytes: 3, files: 1,
        record: nil, history: [1, 2, 3]),
      TagSetEntry(dataset: "weather", name: "v1", number: 1),
      ChannelOpenedEntry(name: "c", dataset: "weather", isPrivate: true), ChannelClosedEntry(name: "c"),
      LeaseEntry(epoch: 1, ends: time, suspended: ["x"], snapshot: [1], checkpoint: [2], event: nil),
      SuspensionEntry(names: [], event: 7), KeysKeptEntry(statements: [[1]], revocations: []),
      CertificateRenewedEntry(expires: time, advertised: "https://a:1"), RevocationDeliveredEntry(id: "a"),
      RevokedEntry(id: "a", revocation: [1], reason: "r"),
      ServedEntry(
        organization: "o", channel: "c", grant: "g", content: nil, what: "head", bytes: 1, complete: false),
      RestoredEntry(organization: "o", channel: "c", content: cid, fetched: 3, grant: "g", reason: "input"),
      UserInvitedEntry(user: user, role: .member, nonce: [1], expires: time),
      UserAskedEntry(user: user, role: .admin, key: key.publicKey.bytes, number: 0, event: nil),
      try MembershipEntry(membership.envelope.signed(by: key)),
      try MembershipEntry(end.envelope.signed(by: key), event: 3),
      MembershipDeliveredEntry(user: user, number: 2),
      DeniedEntry(organization: acme, user: user, key: "", since: time, event: 9),
      RefusedEntry(operation: "o", code: "denied", rule: "r", message: "m", incident: "i"),
    ]
    for entry in entries {
      let bytes = EntryCoding.encode(entry, time: time, actor: "uid:0", salt: [7])
      let (read, place) = try EntryCoding.decode(bytes, index: 4)
      #expect(place.time == time && place.actor == "uid:0" && place.index == 4)
      #expect(EntryCoding.encode(read, time: time, actor: "uid:0", salt: [7]) == bytes)
    }
  }

  @Test func foreignTextIsRefused() {
    for text in [
      "", "{}", "[1]", #"{"kind":"nothing","time":"1970-01-01T00:00:05.000000Z","actor":"a","salt":"Bw=="}"#,
      #"{"kind":"channel-closed","time":"1970-01-01T00:00:05.000000Z","actor":"a","salt":"Bw==","name":"c","more":1}"#,
    ] {
      #expect(throws: (any Error).self) { try EntryCoding.decode(Array(text.utf8), index: 0) }
    }
  }
}
