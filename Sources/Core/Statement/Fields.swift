package import Cryptography

/// Why bytes are not the statement that they are said to be.
package enum StatementFailure: Error, Hashable {
  /// Not JSON.
  case json(JSONError)
  /// The envelope holds another kind of statement.
  case payloadType(found: String, expected: String)
  /// A field that the statement must have is not there.
  case missing(_ field: String)
  /// A field that the statement does not have.
  case unknown(_ field: String)
  /// A field's value is not what it must be.
  case invalid(_ field: String, reason: String)
  /// The same statement has another text: signed twice it would be two.
  case notCanonical
  /// More bytes than allowed.
  case tooLarge(_ what: String, limit: Int)
}

/// The members of one JSON object, read by name and ticked off; `end()` refuses those that nobody read.
package struct Fields {
  private var rest: [JSON.Member]

  /// The members of `json`, which must be an object.
  package init(_ json: JSON) throws(StatementFailure) {
    guard case .object(let members) = json else { throw .invalid("", reason: "not an object") }
    rest = members
  }

  /// The value of a field, nil if it is not there.
  package mutating func optional(_ field: String) -> JSON? {
    guard let at = rest.firstIndex(where: { $0.key == field }) else { return nil }
    return rest.remove(at: at).value
  }

  /// The value of a field that must be there.
  package mutating func value(_ field: String) throws(StatementFailure) -> JSON {
    guard let value = optional(field) else { throw .missing(field) }
    return value
  }

  /// A text, of at most so many bytes.
  package mutating func string(_ field: String, atMost limit: Int = Limits.labelBytes) throws(StatementFailure)
    -> String
  {
    try Self.string(try value(field), field, limit)
  }

  /// A text or nothing; `null` is neither.
  package mutating func optionalString(
    _ field: String, atMost limit: Int = Limits.labelBytes
  ) throws(StatementFailure) -> String? {
    guard let value = optional(field) else { return nil }
    return try Self.string(value, field, limit)
  }

  /// An integer of at least zero.
  package mutating func count(_ field: String) throws(StatementFailure) -> Int64 {
    guard case .integer(let count) = try value(field), count >= 0 else {
      throw .invalid(field, reason: "not an integer of at least 0")
    }
    return count
  }

  /// An integer of at least zero, or nothing.
  package mutating func optionalCount(_ field: String) throws(StatementFailure) -> Int64? {
    guard rest.contains(where: { $0.key == field }) else { return nil }
    return try count(field)
  }

  /// A truth value.
  package mutating func bool(_ field: String) throws(StatementFailure) -> Bool {
    guard case .bool(let value) = try value(field) else { throw .invalid(field, reason: "not true or false") }
    return value
  }

  /// A list of at most so many elements.
  package mutating func array(_ field: String, atMost limit: Int) throws(StatementFailure) -> [JSON] {
    guard case .array(let elements) = try value(field) else { throw .invalid(field, reason: "not a list") }
    guard elements.count <= limit else { throw .tooLarge(field, limit: limit) }
    return elements
  }

  /// A name.
  package mutating func name<N: Name>(_ field: String, _ type: N.Type = N.self) throws(StatementFailure) -> N {
    guard let name = N(try string(field)) else { throw .invalid(field, reason: "not a name") }
    return name
  }

  /// A time.
  package mutating func time(_ field: String) throws(StatementFailure) -> Timestamp {
    guard let time = Timestamp(try string(field)) else {
      throw .invalid(field, reason: "not a time like 2026-11-21T09:45:13.123456Z")
    }
    return time
  }

  /// A content id.
  package mutating func cid(_ field: String) throws(StatementFailure) -> CID {
    guard let cid = CID(try string(field)) else { throw .invalid(field, reason: "not a content id") }
    return cid
  }

  /// A content id or nothing.
  package mutating func optionalCID(_ field: String) throws(StatementFailure) -> CID? {
    guard rest.contains(where: { $0.key == field }) else { return nil }
    return try cid(field)
  }

  /// The name of a signing key.
  package mutating func keyID(_ field: String) throws(StatementFailure) -> KeyID {
    guard let keyID = KeyID(try string(field)) else { throw .invalid(field, reason: "not a key id") }
    return keyID
  }

  /// A signing key: base-64 of its 32 bytes.
  package mutating func key(_ field: String) throws(StatementFailure) -> Ed25519PublicKey {
    guard let bytes = Base64.decode(try string(field)), let key = try? Ed25519PublicKey(bytes) else {
      throw .invalid(field, reason: "not an Ed25519 public key")
    }
    return key
  }

  /// A SHA-256 digest: 64 lowercase hex digits.
  package mutating func digest(_ field: String) throws(StatementFailure) -> SHA256Digest {
    guard let digest = SHA256Digest(hex: try string(field)) else {
      throw .invalid(field, reason: "not a SHA-256 digest")
    }
    return digest
  }

  /// Refuses what nobody read: a rule that this reader does not know must not be passed over in a signed statement.
  package func end() throws(StatementFailure) {
    if let first = rest.first { throw .unknown(first.key) }
  }

  private static func string(_ value: JSON, _ field: String, _ limit: Int) throws(StatementFailure) -> String {
    guard case .string(let text) = value else { throw .invalid(field, reason: "not a text") }
    guard text.utf8.count <= limit else { throw .tooLarge(field, limit: limit) }
    return text
  }
}
