/// HMAC-SHA256 (RFC 2104): a digest that only a holder of the key can make or check.
package enum HMAC {
  /// The code of `message` under `key`, which may have any length.
  package static func sha256(key: [UInt8], message: [UInt8]) -> SHA256Digest {
    let blockBytes = 64
    let short = key.count > blockBytes ? SHA256.hash(key).bytes : key
    let padded = short + [UInt8](repeating: 0, count: blockBytes - short.count)
    var hash = SHA256()
    hash.update(padded.map { $0 ^ 0x36 })
    hash.update(message)
    let inner = hash.finish()
    hash.update(padded.map { $0 ^ 0x5c })
    inner.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }
}
