import SQLite

/// The hub's tables. The first step is the schema of the first version; a change is a further step.
///
/// Times are microseconds since 1970. Keys of organizations are their names, which never change.
enum HubSchema {
  static let schema = DatabaseSchema([first, users, partnerships])

  private static let first = """
    CREATE TABLE setting (
      name TEXT PRIMARY KEY,
      value ANY NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE organization (
      name TEXT PRIMARY KEY,
      created INTEGER NOT NULL,
      suspended INTEGER,          -- since when; NULL while it is not
      suspended_reason TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE node (
      id INTEGER PRIMARY KEY,
      organization TEXT NOT NULL REFERENCES organization (name),
      name TEXT NOT NULL,
      host TEXT NOT NULL,
      port INTEGER NOT NULL,
      signing_key BLOB NOT NULL,  -- raw Ed25519
      key_id TEXT NOT NULL UNIQUE,
      certificate BLOB NOT NULL,  -- the latest, DER
      certificate_expires INTEGER NOT NULL,
      joined INTEGER NOT NULL,
      last_seen INTEGER,
      retired INTEGER             -- since when another node stands in its place
    ) STRICT;
    CREATE UNIQUE INDEX node_current ON node (organization) WHERE retired IS NULL;
    CREATE INDEX node_host ON node (host) WHERE retired IS NULL;

    -- One time tokens. A new one for the same organization replaces those that nobody used.
    CREATE TABLE token (
      digest BLOB PRIMARY KEY,    -- SHA-256 of the secret
      organization TEXT NOT NULL REFERENCES organization (name),
      issued INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      replaced INTEGER NOT NULL DEFAULT 0,
      tls_key BLOB,               -- SHA-256 of the first request's key: it binds to that one
      signing_key BLOB,
      node INTEGER REFERENCES node (id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX token_organization ON token (organization);

    -- TLS keys that were certified: a key belongs to one node for ever.
    CREATE TABLE tls_key (
      digest BLOB PRIMARY KEY,
      node INTEGER NOT NULL REFERENCES node (id),
      issued INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tls_key_node ON tls_key (node);

    CREATE TABLE key_statement (
      key_id TEXT PRIMARY KEY,
      organization TEXT NOT NULL,
      issued INTEGER NOT NULL,
      envelope BLOB NOT NULL,
      revocation BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX key_statement_organization ON key_statement (organization, issued);

    CREATE TABLE channel (
      organization TEXT NOT NULL REFERENCES organization (name),
      name TEXT NOT NULL,
      title TEXT NOT NULL,
      private INTEGER NOT NULL,
      PRIMARY KEY (organization, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE channel_offer (
      organization TEXT NOT NULL,
      channel TEXT NOT NULL,
      grantee TEXT NOT NULL,
      PRIMARY KEY (organization, channel, grantee),
      FOREIGN KEY (organization, channel) REFERENCES channel (organization, name) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE grants (
      id TEXT PRIMARY KEY,
      owner TEXT NOT NULL,
      channel TEXT NOT NULL,
      grantee TEXT NOT NULL,
      stage TEXT NOT NULL,        -- proposed, offered, accepted, declined, revoked; expiry is judged by the clock
      envelope BLOB NOT NULL,
      expires INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      revocation BLOB,
      reason TEXT NOT NULL DEFAULT '',
      log_nonce BLOB,
      log_index INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX grants_owner ON grants (owner, stage);
    CREATE INDEX grants_grantee ON grants (grantee, stage);

    -- What each node must hear of, one row per subject: the newest sequence alone, rendered when it is sent.
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      organization TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE (organization, kind, subject)
    ) STRICT;
    CREATE INDEX event_organization ON event (organization, sequence);

    CREATE TABLE lease (
      node INTEGER PRIMARY KEY REFERENCES node (id),
      epoch INTEGER NOT NULL,
      valid_until INTEGER NOT NULL,
      snapshot BLOB NOT NULL
    ) STRICT;
    -- The last checkpoint of each node's log that the hub countersigned.
    CREATE TABLE node_checkpoint (
      node INTEGER PRIMARY KEY REFERENCES node (id),
      size INTEGER NOT NULL,
      root BLOB NOT NULL,
      note BLOB NOT NULL,
      time INTEGER NOT NULL
    ) STRICT;

    -- The hub's log: what the parties hold (nonce and statement) and what the tree commits to.
    CREATE TABLE log_entry (
      position INTEGER PRIMARY KEY,
      time INTEGER NOT NULL,
      actor TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      outcome TEXT NOT NULL,
      detail TEXT NOT NULL,
      salt BLOB NOT NULL,         -- of the nonce, which commits to the columns above
      nonce BLOB NOT NULL,
      statement BLOB NOT NULL,
      commitment BLOB NOT NULL
    ) STRICT;
    CREATE INDEX log_entry_time ON log_entry (time);
    CREATE TABLE log_node (
      level INTEGER NOT NULL,
      position INTEGER NOT NULL,
      hash BLOB NOT NULL,
      PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE checkpoint (
      size INTEGER PRIMARY KEY,
      note BLOB NOT NULL
    ) STRICT;
    """

  /// Partnerships. Who shares already is a partner: by the grant that was accepted first, else by the first offer.
  private static let partnerships = """
    CREATE TABLE partnership (
      id TEXT PRIMARY KEY,        -- its own, or that of the grant that it came about by
      inviter TEXT NOT NULL,
      invitee TEXT NOT NULL,
      stage TEXT NOT NULL,        -- invited, active, declined, ended
      envelope BLOB NOT NULL,     -- of the partnership, or of that grant
      inviter_paused INTEGER NOT NULL DEFAULT 0,
      invitee_paused INTEGER NOT NULL DEFAULT 0,
      inviter_change BLOB,        -- the last word of each side
      invitee_change BLOB,
      ending BLOB,                -- the hub's own
      reason TEXT NOT NULL DEFAULT '',
      changed INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX partnership_pair ON partnership (min(inviter, invitee), max(inviter, invitee))
      WHERE stage IN ('invited', 'active');
    CREATE INDEX partnership_inviter ON partnership (inviter, stage);
    CREATE INDEX partnership_invitee ON partnership (invitee, stage);
    INSERT INTO partnership (id, inviter, invitee, stage, envelope, changed)
      SELECT id, owner, grantee, iif(stage = 'accepted', 'active', 'invited'), envelope, changed FROM (
        SELECT *, row_number() OVER (
          PARTITION BY min(owner, grantee), max(owner, grantee) ORDER BY stage = 'accepted' DESC, changed, id
        ) AS place FROM grants WHERE stage IN ('offered', 'accepted'))
      WHERE place = 1;
    """
}
