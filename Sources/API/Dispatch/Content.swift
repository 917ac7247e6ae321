/// Something that a daemon serves by plain HTTP: the bytes of a file, a channel's head, a tile of a log.
///
/// The same way in as every operation: the dispatcher checks the role, the service decides and performs.
package struct ContentOperation: Sendable {
  /// `GET` or `POST`.
  package let method: String
  /// Path with `{name}` for one segment and a trailing `{name…}` for the rest.
  package let template: String
  /// Who may ask.
  package let role: Role
  /// Whether a refusal of it is written to the audit log.
  package let audited: Bool

  /// Declares one.
  package init(_ method: String, _ template: String, by role: Role, audited: Bool) {
    self.method = method
    self.template = template
    self.role = role
    self.audited = audited
  }

  /// The values of the template's names if `segments` (already percent-decoded) fit it. The rest is joined by `/`.
  package func match(_ segments: [String]) -> [String: String]? {
    let pattern = template.split(separator: "/")
    var values: [String: String] = [:]
    for (index, part) in pattern.enumerated() {
      guard index < segments.count else { return nil }
      if part.hasPrefix("{"), part.hasSuffix("…}") {
        values[String(part.dropFirst().dropLast(2))] = segments[index...].joined(separator: "/")
        return values
      }
      if part.hasPrefix("{") {
        values[String(part.dropFirst().dropLast())] = segments[index]
      } else if part != segments[index] {
        return nil
      }
    }
    return pattern.count == segments.count ? values : nil
  }
}

extension Operations {
  /// Events of the hub for the node that asks, from the one after `Last-Event-ID`.
  package static let hubEvents = ContentOperation("GET", "/v1/events", by: .node, audited: true)
  /// The hub's authority certificate, PEM. A node that joins fetches it over a connection that proves nothing yet and
  /// believes it only if its SHA-256 is the one in the join token.
  package static let authority = ContentOperation("GET", "/v1/authority", by: .anyone, audited: false)
  /// Tiles, entry bundles and the checkpoint of this daemon's log. Whom a node shows which of them is its service's to
  /// decide.
  package static let logTile = ContentOperation("GET", "/v1/log/{path…}", by: .node, audited: true)

  /// The signed head of a channel.
  package static let channelHead = ContentOperation("GET", "/v1/channels/{channel}", by: .node, audited: true)
  /// A version of a channel; with `?format=dag` its inner nodes as a CAR.
  package static let channelVersion = ContentOperation("GET", "/v1/channels/{channel}/{cid}", by: .node, audited: true)
  /// A file of a version, with ranges.
  package static let channelFile = ContentOperation(
    "GET", "/v1/channels/{channel}/{cid}/{path…}", by: .node, audited: true)
  /// A record's envelope, for the owner of any of its inputs and for whoever a grant lets read its outputs.
  package static let record = ContentOperation("GET", "/v1/records/{cid}", by: .node, audited: true)
  /// A record's script and modules.
  package static let recordScript = ContentOperation("GET", "/v1/records/{cid}/script", by: .node, audited: true)
  /// Verifications of a record; posting one delivers it to its author.
  package static let recordVerifications = ContentOperation(
    "GET", "/v1/records/{cid}/verifications", by: .node, audited: true)
  /// Delivers a verification to the author of the record.
  package static let postVerification = ContentOperation(
    "POST", "/v1/records/{cid}/verifications", by: .node, audited: true)

  /// A file of a version in this node's own store, for its operator.
  package static let versionFile = ContentOperation(
    "GET", "/v1/versions/{cid}/{path…}", by: .operator, audited: false)
}
