/// The tables that the entries of a node's log make: a view, dropped and replayed when its version changes.
nonisolated package enum NodeTables {
  /// Raised with every change of the text below or of any `apply`.
  package static let version = 5

  /// Times are microseconds since 1970. Envelopes are kept byte for byte.
  package static let schema = """
    -- Single facts: organization, node, hub, lease_ends, hub_event, …
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- A dataset of this node, or ORG/CHANNEL as it was pulled (then origin is the organization).
    CREATE TABLE dataset (
      name TEXT PRIMARY KEY, title TEXT NOT NULL, created INTEGER NOT NULL, origin TEXT, channel TEXT,
      head INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE version (
      dataset TEXT NOT NULL, number INTEGER NOT NULL, content TEXT NOT NULL, parent TEXT NOT NULL,
      author TEXT NOT NULL, message TEXT NOT NULL, time INTEGER NOT NULL, bytes INTEGER NOT NULL,
      files INTEGER NOT NULL, record TEXT NOT NULL, history BLOB NOT NULL,
      PRIMARY KEY (dataset, number)
    ) WITHOUT ROWID;
    CREATE INDEX version_content ON version (content);
    CREATE TABLE tag (
      dataset TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (dataset, name)
    ) WITHOUT ROWID;

    CREATE TABLE channel (
      name TEXT PRIMARY KEY, dataset TEXT NOT NULL, private INTEGER NOT NULL, open INTEGER NOT NULL,
      opened INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- `delivered` is 0 while a revocation made here has not reached the hub.
    CREATE TABLE permission (
      id TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, channel TEXT NOT NULL, grantee TEXT NOT NULL,
      actions TEXT NOT NULL, expires INTEGER NOT NULL, changed INTEGER NOT NULL, signed_by TEXT NOT NULL,
      envelope BLOB NOT NULL, revocation BLOB NOT NULL, reason TEXT NOT NULL, nonce BLOB NOT NULL,
      position INTEGER NOT NULL, delivered INTEGER NOT NULL,
      -- Where in this node's log it came into force and ended; what it reaches lies between.
      active INTEGER, ended INTEGER, served INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX permission_channel ON permission (owner, channel);
    -- Each version that became the head of a channel, by the position of the entry that made it so.
    CREATE TABLE channel_head (
      channel TEXT NOT NULL, position INTEGER NOT NULL, content TEXT NOT NULL, number INTEGER NOT NULL,
      PRIMARY KEY (channel, position)
    ) WITHOUT ROWID;

    -- What was agreed with whom; `envelope` is of a partnership or of the grant that it came about by. At most one row
    -- of an organization is 'invited' or 'active'; the times of the last words go on from row to row.
    CREATE TABLE partnership (
      id TEXT PRIMARY KEY, organization TEXT NOT NULL, is_inviter INTEGER NOT NULL, state TEXT NOT NULL,
      message TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', envelope BLOB NOT NULL, changed INTEGER NOT NULL,
      own_paused INTEGER NOT NULL DEFAULT 0, other_paused INTEGER NOT NULL DEFAULT 0,
      own_word INTEGER NOT NULL DEFAULT 0, other_word INTEGER NOT NULL DEFAULT 0, ended INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX partnership_organization ON partnership (organization);
    -- What this node said about partnerships and the hub has not heard.
    CREATE TABLE partnership_word (
      organization TEXT NOT NULL, word INTEGER NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (organization, word)
    ) WITHOUT ROWID;

    CREATE TABLE member (
      organization TEXT PRIMARY KEY, node TEXT NOT NULL, address TEXT NOT NULL, signing_key TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE suspended (organization TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE key_statement (
      key TEXT PRIMARY KEY, organization TEXT NOT NULL, envelope BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE key_revocation (
      key TEXT PRIMARY KEY, revoked INTEGER NOT NULL, envelope BLOB NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE audit (
      position INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
      subject TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, bytes INTEGER NOT NULL,
      -- ORG/CHANNEL, or the name of one of this node's; empty where the entry concerns none.
      channel TEXT NOT NULL
    );
    CREATE INDEX audit_time ON audit (time);
    """
}
