/// Something said about the grid and signed: a struct with one text, so that the same statement signed by the same key is
/// the same envelope with the same CID.
///
/// Reading is strict: a field that is missing, unknown or out of form refuses the whole, and so does any other text of
/// the same statement. A later form of a statement gets another payload type. (Only provenance records, whose form others
/// own, tolerate unknown fields, as in-toto asks.)
package protocol Statement: Hashable, Sendable {
  /// The last part of the payload type.
  static var kind: String { get }
  /// The statement with its fields in their order.
  var json: JSON { get }
  /// Reads every field; unknown ones are the caller's to refuse.
  init(fields: inout Fields) throws(StatementFailure)
}

extension Statement {
  /// `application/vnd.demarc.KIND+json`
  package static var payloadType: String { "application/vnd.demarc.\(kind)+json" }

  /// The statement in an envelope, not signed yet.
  package var envelope: Envelope { Envelope(payloadType: Self.payloadType, payload: json.canonicalBytes) }

  /// Reads the statement that an envelope holds; no signature is looked at.
  package init(_ envelope: Envelope) throws(StatementFailure) {
    guard envelope.payloadType == Self.payloadType else {
      throw .payloadType(found: envelope.payloadType, expected: Self.payloadType)
    }
    guard envelope.payload.count <= Limits.statementBytes else {
      throw .tooLarge("statement", limit: Limits.statementBytes)
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: envelope.payload) } catch { throw .json(error) }
    var fields = try Fields(json)
    try self.init(fields: &fields)
    try fields.end()
    guard self.json.canonicalBytes == envelope.payload else { throw .notCanonical }
  }
}

extension JSON {
  /// An object of the members that have a value: how optional fields are written, never as `null`.
  package static func fields(_ members: KeyValuePairs<String, JSON?>) -> JSON {
    .object(members.compactMap { member in member.value.map { Member(member.key, $0) } })
  }

  /// The text of a value that has one.
  package static func text(_ value: some CustomStringConvertible) -> JSON { .string(value.description) }
}
