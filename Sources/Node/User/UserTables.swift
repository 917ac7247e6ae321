/// The tables of this organization's people.
nonisolated package enum UserTables {
  package static let schema = """
    -- `state` is invited, pending (the hub's operator wants it, this node has not confirmed), active or removed. `asked` is
    -- the role that the hub's operator wants for an active one. `nonce` gives an invitation of this node its secret; it is
    -- empty for one of the hub's. `delivered` is 0 while the hub has not heard of the newest statement.
    CREATE TABLE user (
      email TEXT PRIMARY KEY, role TEXT NOT NULL, asked TEXT NOT NULL, state TEXT NOT NULL, nonce BLOB NOT NULL,
      expires INTEGER NOT NULL, key BLOB NOT NULL, number INTEGER NOT NULL, statement BLOB NOT NULL,
      changed INTEGER NOT NULL, delivered INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- Whose tokens from before a time are over: of a user, or of one key (else empty).
    CREATE TABLE denied (
      organization TEXT NOT NULL, email TEXT NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL,
      PRIMARY KEY (organization, email, key)
    ) WITHOUT ROWID;
    """
}
