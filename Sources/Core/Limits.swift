/// Every bound that Core and the layers above it hold hostile input and themselves to. A number that appears in a check
/// appears here, with its unit and its reason.
package enum Limits {
  /// Bytes of one JSON text where nothing smaller is said: a datapackage descriptor of a large version.
  package static let jsonBytes = 16 * 1024 * 1024
  /// Levels of one JSON text: our own formats need eight; recursion is bounded by this.
  package static let jsonDepth = 64

  /// Bytes of one envelope, its payload in base64 included: a record with some thousand outputs.
  package static let envelopeBytes = 4 * 1024 * 1024
  /// Signatures of one envelope: a grant has three.
  package static let envelopeSignatures = 16
  /// Bytes of a statement other than a provenance record.
  package static let statementBytes = 64 * 1024

  /// Bytes of a commit message.
  package static let messageBytes = 16 * 1024
  /// Bytes of a name that people write into a record: an author, a reason.
  package static let labelBytes = 1024

  /// Bytes of an invitation's message, and of the reason for a pause or an end.
  package static let partnershipTextBytes = 1000

  /// Bytes of a signed note: room for sixteen signatures and then some.
  package static let noteBytes = 64 * 1024
  /// Signatures of one note; the specification asks for sixteen at least.
  package static let noteSignatures = 32
  /// Hashes of one Merkle proof: two per level of a tree of 2^63 leaves.
  package static let proofHashes = 128
  /// Bytes of one log entry: the length prefix of an entry bundle has 16 bits.
  package static let logEntryBytes = 65_535

  /// Bytes of a proof from a log: the largest entry in base-64, a statement, a path and a note.
  package static let logProofBytes = 1024 * 1024

  /// Organizations that one lease snapshot may call suspended.
  package static let suspendedOrganizations = 1_000

  /// Bytes of a join token's text.
  package static let joinTokenBytes = 4096
  /// Microseconds before its issue at which a certificate begins, for clocks that run behind: an hour.
  package static let certificateBackdateMicroseconds: Int64 = 3_600_000_000
  /// Microseconds of the default lease: 7 days without the hub.
  package static let defaultLeaseMicroseconds: Int64 = 7 * 86_400_000_000
  /// Microseconds of the longest lease: 30 days.
  package static let longestLeaseMicroseconds: Int64 = 30 * 86_400_000_000

  /// Bytes of an email address (RFC 5321, 4.5.3.1.3).
  package static let emailBytes = 254
  /// Users of one organization, those who were invited included.
  package static let users = 10_000
  /// The highest number of a membership: what every JSON reader keeps exact, and one more is possible.
  package static let membershipNumber: Int64 = 1 << 53
  /// Characters that a passphrase has at least, and bytes that it has at most.
  package static let passphraseCharacters = 12
  package static let passphraseBytes = 1024
  /// Microseconds that an invitation holds where nothing else is asked for, and at most: 7 and 30 days.
  package static let invitationMicroseconds: Int64 = 7 * 86_400_000_000
  package static let longestInvitationMicroseconds: Int64 = 30 * 86_400_000_000
  /// Microseconds after which nobody honours a token that was issued before: its 15 minutes, and as much again for clocks
  /// that disagree. So long a node remembers whose tokens are over.
  package static let deniedMicroseconds: Int64 = 2 * 900_000_000
  /// Users that one page of a list has.
  package static let userPage = 1_000

  /// Bytes of a reference as people type it, path included.
  package static let referenceBytes = 8192

  /// Subjects, and likewise dependencies, of one provenance record.
  package static let recordResources = 20_000
  /// Outputs and inputs of a record that a node keeps: they stand in one log entry.
  package static let recordSubjects = 128
  /// Bytes of a provenance bundle: record, script, modules and proofs.
  package static let bundleBytes = 16 * 1024 * 1024
  /// Key statements of one trust bundle.
  package static let bundleKeys = 10_000
}
