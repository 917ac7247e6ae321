extension HubSchema {
  /// People, their sessions, and what is over.
  static let users = """
    CREATE TABLE user (
      organization TEXT NOT NULL REFERENCES organization (name),
      email TEXT NOT NULL,
      role TEXT NOT NULL,          -- as the node signed it; before that, as the invitation says
      asked TEXT NOT NULL DEFAULT '', -- the role that the hub's operator wants, which the node has yet to sign
      stage TEXT NOT NULL,         -- invited, accepted, active, removed
      invited_by TEXT NOT NULL,    -- node, hub
      changed INTEGER NOT NULL,
      invitation BLOB UNIQUE,      -- SHA-256 of the newest invitation's secret
      invitation_expires INTEGER NOT NULL,
      key BLOB,                    -- raw Ed25519
      salt BLOB,
      proof BLOB,                  -- for the node, which knows the secret
      number INTEGER NOT NULL DEFAULT 0,
      statement BLOB,              -- the newest membership, or its end
      PRIMARY KEY (organization, email)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE session (
      digest BLOB PRIMARY KEY,     -- SHA-256 of the session
      organization TEXT NOT NULL,
      email TEXT NOT NULL,
      challenge BLOB NOT NULL UNIQUE,
      issued INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      ended INTEGER                -- the row stays for its challenge, which must not open another one
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_user ON session (organization, email, issued);
    CREATE INDEX session_expires ON session (expires);

    -- Whose tokens are over before their time: of a user, or of one key.
    CREATE TABLE denied (
      subject TEXT PRIMARY KEY,    -- ORGANIZATION/EMAIL, followed by a space and the key's id where it is one key
      organization TEXT NOT NULL,
      email TEXT NOT NULL,
      key TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
