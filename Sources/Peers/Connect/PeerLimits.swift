/// The bounds of what this target takes from other daemons. Sizes are bytes.
nonisolated package enum PeerLimits {
  /// One line of the hub's event stream; an event is one line of JSON.
  package static let eventLineBytes = 4 << 20
  /// A signed statement that a peer shows.
  package static let statementBytes = 64 << 10
  /// A version's history entry with the records that belong to it.
  package static let historyBytes = 64 << 20
  /// A script with its modules.
  package static let scriptBytes = 4 << 20
  /// The hub's authority certificate.
  package static let certificateBytes = 16 << 10
  /// Text of an error that is passed on to a person.
  package static let messageBytes = 2048
}
