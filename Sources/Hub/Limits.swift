import Core

extension Limits {
  /// Microseconds that a join token lasts where nothing else is asked for: a day.
  static let defaultTokenMicroseconds: Int64 = 86_400_000_000
  /// Microseconds that a join token lasts at most: 30 days.
  static let longestTokenMicroseconds: Int64 = 30 * 86_400_000_000
  /// Bytes of a token's secret part as it arrives: twice what is handed out.
  static let tokenSecretBytes = 128

  /// Microseconds that a node's certificate lasts: 45 days.
  static let certificateMicroseconds: Int64 = 45 * 86_400_000_000
  /// Microseconds that the authority and the hub's own certificate last: 20 years. Nodes pin the authority and do not
  /// look at its dates.
  static let authorityMicroseconds: Int64 = 20 * 365 * 86_400_000_000
  /// Bytes of a certificate request: a P-256 one has about 250.
  static let certificateRequestBytes = 8 * 1024
  /// TLS keys of one node that may be used at the same time, the newest: a renewal that crashed leaves one behind.
  static let usableKeys = 16
  /// TLS keys that one node can have certified, ever: all are remembered, since a key belongs to one organization for
  /// ever. At a renewal every ten days, this lasts 270 years.
  static let certifiedKeys = 10_000

  /// Organizations of one hub.
  static let organizations = 10_000
  /// Channels of one organization.
  static let channels = 10_000
  /// Organizations that one private channel is offered to.
  static let channelOffers = 1_000
  /// Bytes of a channel's title.
  static let titleBytes = 500
  /// Grants of one organization that are neither over nor refused.
  static let openGrants = 100_000
  /// Partnerships of one organization that stand, and invitations that wait, its own and those of others.
  static let partnerships = 10_000
  /// Microseconds that a grant lasts where nothing else is asked for: 90 days.
  static let defaultGrantMicroseconds: Int64 = 90 * 86_400_000_000
  /// Microseconds that a grant lasts at most: ten years.
  static let longestGrantMicroseconds: Int64 = 10 * 365 * 86_400_000_000

  /// Bytes of a session, and microseconds that it holds: 12 hours.
  static let sessionBytes = 32
  static let sessionMicroseconds: Int64 = 12 * 3_600_000_000
  /// Sessions that one user opens within a minute: each is an entry of a log that is kept for ever.
  static let sessionsPerMinute = 10
  /// Microseconds within which a challenge is answered: a passphrase is typed, a key derived.
  static let challengeMicroseconds: Int64 = 300_000_000

  /// Microseconds that a node's clock may be ahead when it says until when an invitation holds.
  static let clockSlackMicroseconds: Int64 = 60_000_000

  /// Changes that one organization's node may ask for within a minute.
  static let changesPerMinute = 3_000
  /// Events that are read and handed to a connection at a time.
  static let eventBatch = 100
  /// Seconds between two comment lines on a quiet event stream.
  static let heartbeatSeconds: Int64 = 15
  /// Pieces of work that wait for the database; more are refused at once.
  static let waitingWork = 4_096
  /// Microseconds before its end from which the doctor speaks of a certificate of the hub: a year.
  static let certificateNotice: Int64 = 365 * 86_400_000_000
  /// Microseconds of a node's silence, and of an event's waiting for it, that the doctor speaks of: a day, an hour.
  static let silenceNotice: Int64 = 86_400_000_000
  static let backlogNotice: Int64 = 3_600_000_000
}
