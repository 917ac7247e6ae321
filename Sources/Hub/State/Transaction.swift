import Core
import Cryptography
import SQLite

/// One piece of work on the hub's state: the database, the keys, and the moment at which it happens.
///
/// The hub's rules are methods of it, one file per noun, and plain: they read and write tables, throw a `Refusal` where
/// the answer is no, and know no loop, no clock and no connection. Either all of a transaction is durable when its
/// outcome is told, or none of it happened.
final class Transaction {
  let database: Database
  let authority: Authority
  let settings: HubSettings
  /// The hub's time: never before that of an earlier transaction.
  let now: Timestamp
  /// Who caused this, as the log names them.
  let actor: String

  /// Whether nodes have something new to hear.
  var hasNews = false
  /// Whether an entry was appended to the log, so that a checkpoint is due.
  var hasLogged = false
  /// Organizations whose event streams must end.
  var cuts: [OrganizationName] = []

  init(database: Database, authority: Authority, settings: HubSettings, now: Timestamp, actor: String) {
    self.database = database
    self.authority = authority
    self.settings = settings
    self.now = now
    self.actor = actor
  }

  var trustDomain: TrustDomain { authority.trustDomain }
}
