import API
import Core
import Cryptography
import FoundationEssentials
import Testing

/// What a node has: its keys, and what it says with them.
struct TestNode {
  let trustDomain: TrustDomain
  let organization: OrganizationName
  let name: NodeName
  var tlsKey: P256PrivateKey
  var signingKey: Ed25519PrivateKey
  var host: String
  var expired = false

  init(_ organization: String, name: String = "node-1") throws {
    trustDomain = try #require(TrustDomain("grid.test"))
    self.organization = try #require(OrganizationName(organization))
    self.name = try #require(NodeName(name))
    tlsKey = try P256PrivateKey.generate()
    signingKey = try Ed25519PrivateKey()
    host = "\(organization).test"
  }

  var identity: NodeIdentity {
    NodeIdentity(trustDomain: trustDomain, organization: organization, node: name)
  }

  var keyID: KeyID { KeyID(signingKey.publicKey) }

  var tlsDigest: SHA256Digest { SHA256.hash(tlsKey.publicKeySPKI) }

  /// As the surface would name it.
  var caller: Caller {
    .node(organization: organization.text, node: name.text, tlsKey: tlsDigest.hex, expired: expired)
  }

  func request() throws -> Data { Data(try CertificateRequest.make(key: tlsKey, commonName: name.text).der) }

  func endorsement(of digest: SHA256Digest? = nil) throws -> Data {
    let statement = KeyEndorsement(
      identity: identity, tlsKey: digest ?? tlsDigest, issued: Timestamp(seconds: 1_800_000_000))
    return Data(try statement.envelope.signed(by: signingKey).bytes)
  }

  func enrolment(_ token: JoinToken) throws -> V1EnrolRequest {
    var request = V1EnrolRequest()
    request.token = Base64.encodeURL(token.secret)
    request.certificateRequest = try self.request()
    request.signingKey = Data(signingKey.publicKey.bytes)
    request.endorsement = try endorsement()
    request.advertise = "https://\(host):7440"
    request.node = name.text
    return request
  }

  func renewal(advertise: String = "") throws -> V1RenewRequest {
    var request = V1RenewRequest()
    request.certificateRequest = try self.request()
    request.endorsement = try endorsement()
    request.advertise = advertise
    return request
  }

  /// A grant of this node's channel, signed by nobody.
  func grant(_ channel: String, to grantee: TestNode, at now: Timestamp, seconds: Int64 = 86_400) throws
    -> GrantStatement
  {
    GrantStatement(
      id: try #require(GrantID(Hex.encode(Random.bytes(16)))), owner: organization, ownerKey: keyID,
      channel: try #require(ChannelName(channel)), grantee: grantee.organization, granteeKey: grantee.keyID,
      actions: [.read], offered: now, expires: now.advanced(by: seconds * 1_000_000))
  }

  /// The request that adds this node's signature.
  func signing(_ envelope: Envelope) throws -> V1SignGrantRequest {
    var request = V1SignGrantRequest()
    request.envelope = Data(try envelope.signed(by: signingKey).bytes)
    return request
  }

  func revocation(of id: GrantID, as party: GrantRevocation.Party, at now: Timestamp) throws
    -> V1DeliverRevocationRequest
  {
    var request = V1DeliverRevocationRequest()
    let statement = GrantRevocation(id: id, by: party, revoked: now, reason: "a test")
    request.envelope = Data(try statement.envelope.signed(by: signingKey).bytes)
    return request
  }
}
