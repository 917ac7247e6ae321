import API
import Core
import Cryptography
import EventLoop
import FoundationEssentials
import Peers
import SwiftProtobuf

/// The hub, as a person reaches it over the network: authenticated by the fingerprint that the invitation brought.
@MainActor struct HubDoor {
  private let client: HubClient

  /// Finds the hub and checks that it is the one.
  static func open(_ hub: Endpoint, authority fingerprint: SHA256Digest) async throws(Refusal) -> HubDoor {
    let (authority, trustDomain) = try await HubClient.authority(at: hub, fingerprint: fingerprint)
    return HubDoor(
      client: try HubClient(at: hub, trustDomain: trustDomain, authority: authority, identity: nil))
  }

  func call<Request, Response>(
    _ operation: Operation<Request, Response>, _ request: Request
  ) async throws(Refusal) -> Response {
    try await client.call(operation, request)
  }

  func close() { client.close() }

  /// Opens a session for an account.
  func session(of account: Account, _ passphrase: Passphrase) async throws(Refusal) -> V1Session {
    let challenge = try await call(
      Operations.challenge,
      .with {
        $0.organization = account.organization.text
        $0.email = account.user.text
      })
    guard let digest = SHA256Digest(Array(challenge.challenge)) else {
      throw Refusal(.mismatch, "the hub gave no challenge that could be signed", rule: "hub-answer")
    }
    let key = try await Self.key(of: passphrase, salt: Array(challenge.salt))
    let asked = SessionRequest(
      authority: account.authority, organization: account.organization, user: account.user, challenge: digest)
    let envelope: Envelope
    do throws(CryptographyError) { envelope = try asked.envelope.signed(by: key) } catch {
      throw Refusal(.internal, "the challenge could not be signed: \(error)")
    }
    return try await call(
      Operations.openSession,
      .with {
        $0.envelope = .init(envelope.bytes)
        $0.issued = challenge.issued
      })
  }

  /// The key of a passphrase, derived off the loop.
  static func key(of passphrase: Passphrase, salt: [UInt8]) async throws(Refusal) -> Ed25519PrivateKey {
    do throws(CryptographyError) {
      return try await EventLoop.offload { () throws(CryptographyError) in
        try UserKey.derive(from: passphrase, salt: salt)
      }
    } catch {
      throw Refusal(.internal, "the key of the passphrase could not be derived: \(error)")
    }
  }
}
