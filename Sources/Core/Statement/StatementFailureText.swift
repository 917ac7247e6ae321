extension StatementFailure: CustomStringConvertible {
  /// The rest of a sentence for people: what is wrong with the bytes.
  package var description: String {
    switch self {
    case .json: "it is not JSON"
    case .payloadType(let found, let expected): "it holds “\(found)” instead of “\(expected)”"
    case .missing(let field): "it has no field “\(field)”"
    case .unknown(let field): "it has a field “\(field)” that does not belong there"
    case .invalid(let field, let reason): field.isEmpty ? reason : "field “\(field)”: \(reason)"
    case .notCanonical: "it is not in canonical form"
    case .tooLarge(let what, let limit): "\(what) is larger than \(limit) bytes"
    }
  }
}
