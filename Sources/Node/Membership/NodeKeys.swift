import Core
import Cryptography
import EventLoop
import Storage

/// What is secret, and what the hub gave for it, in `DIR/keys`. Not part of the log: it must not leave with a backup of it.
///
///     signing.key      64 hex digits: the seed of the Ed25519 key that statements are signed with
///     tls.key          PEM: the P-256 key of TLS
///     join.token       the token of a join that is under way; gone when the hub has answered
///     certificate.pem  the hub's certificate of the TLS key, leaf first
///     authority.pem    the hub's authority, pinned by the join token
///     endorsement.json envelope: the signing key endorses the TLS key
///     trust.json       the bundle that the hub gave at the join
nonisolated package enum KeyFile: String, CaseIterable, Sendable {
  case signing = "signing.key"
  case tls = "tls.key"
  case joinToken = "join.token"
  case certificate = "certificate.pem"
  case authority = "authority.pem"
  case endorsement = "endorsement.json"
  case trust = "trust.json"
}

/// The files of `DIR/keys`. Each is written whole, durably, and readable by its owner alone.
nonisolated struct NodeKeys: Sendable {
  private let directory: String

  init(directory: String) throws(StoreError) {
    self.directory = directory + "/keys"
    try SecretFile.makeDirectory(self.directory)
  }

  func read(_ file: KeyFile) throws(StoreError) -> [UInt8]? { try SecretFile.read(path(file)) }

  func write(_ bytes: [UInt8], to file: KeyFile) throws(StoreError) { try SecretFile.write(bytes, to: path(file)) }

  func remove(_ file: KeyFile) throws(StoreError) { try SecretFile.remove(path(file)) }

  /// The signing key; made and kept if there is none.
  func signingKey() throws -> Ed25519PrivateKey {
    if let kept = try read(.signing) {
      guard let seed = Hex.decode(String(decoding: kept, as: UTF8.self).filter { !$0.isWhitespace }) else {
        throw StoreError.corrupt("\(path(.signing)) holds no key")
      }
      return try Ed25519PrivateKey(seed: seed)
    }
    let key = try Ed25519PrivateKey()
    try write(Array((Hex.encode(key.seed) + "\n").utf8), to: .signing)
    return key
  }

  /// The TLS key; made and kept if there is none.
  func tlsKey() throws -> P256PrivateKey {
    if let kept = try read(.tls) { return try P256PrivateKey(pem: kept) }
    let key = try P256PrivateKey.generate()
    try write(key.pem, to: .tls)
    return key
  }

  private func path(_ file: KeyFile) -> String { directory + "/" + file.rawValue }
}
