/// Why bytes are not the content that they claim to be. The text says what is wrong, for a person; it never holds
/// more of the hostile bytes than a name.
package enum ContentFailure: Error, Equatable, Sendable {
  /// Not in the form that the format asks for: cut short, unknown fields, another order, another number form.
  case malformed(String)
  /// A well-formed thing of a kind that Demarc does not take: another codec, another hash, another UnixFS type.
  case unsupported(String)
  /// Beyond a named limit.
  case limit(String)
  /// The bytes do not hash to the identifier that names them, or a size is not what was said.
  case mismatch(String)
  /// A path that must not be written anywhere.
  case path(String)

  /// What is wrong, in words.
  package var reason: String {
    switch self {
    case .malformed(let reason), .unsupported(let reason), .limit(let reason), .mismatch(let reason),
      .path(let reason):
      reason
    }
  }
}

extension ContentFailure: CustomStringConvertible {
  package var description: String { reason }
}
