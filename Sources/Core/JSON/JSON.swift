/// A JSON value (RFC 8259) that keeps what signed forms need kept: the order of an object's keys and exact integers.
package enum JSON: Hashable, Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits; a larger one does not parse.
  case integer(Int64)
  /// Any other number, finite.
  case real(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Members in the order of the text; keys differ.
  case object([Member])

  /// One key of an object with its value.
  package struct Member: Hashable, Sendable {
    package let key: String
    package let value: JSON

    package init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// The value of an object's key; nil for a missing key and for anything that is no object. Scans: objects are small.
  package subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The text of a string.
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The value of an integer.
  package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The truth value of a boolean.
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements of a list.
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  /// The members of an object.
  package var members: [Member]? { if case .object(let value) = self { value } else { nil } }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object with its members as written: the order of the source is the order of the text.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

/// Why a text is not the JSON that was asked for. Offsets count bytes.
package enum JSONError: Error, Hashable {
  /// Not JSON by the grammar.
  case syntax(_ reason: String, at: Int)
  /// Bytes that are not UTF-8, or an escape that is half a character.
  case encoding(at: Int)
  /// A key that an object has already: readers would differ in which one they take.
  case duplicateKey(String, at: Int)
  /// More bytes, levels or members than allowed.
  case limit(_ what: String)
}

extension JSONError: CustomStringConvertible {
  /// The rest of a sentence for people.
  package var description: String {
    switch self {
    case .syntax(let reason, let offset): "\(reason) at byte \(offset)"
    case .encoding(let offset): "no UTF-8 at byte \(offset)"
    case .duplicateKey(let key, let offset): "“\(key)” for the second time at byte \(offset)"
    case .limit(let what): what
    }
  }
}
