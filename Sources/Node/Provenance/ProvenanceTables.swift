/// The tables that records and verifications make: who made what out of what, and who says so.
nonisolated package enum ProvenanceTables {
  /// `made` is 1 for a run of this node. A record may have many subjects, and a CID many records.
  package static let schema = """
    CREATE TABLE record (
      cid TEXT PRIMARY KEY, run TEXT NOT NULL, organization TEXT NOT NULL, node TEXT NOT NULL, script TEXT NOT NULL,
      made INTEGER NOT NULL, position INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX record_run ON record (run);
    CREATE TABLE record_subject (
      cid TEXT NOT NULL, record TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (cid, record, name)
    ) WITHOUT ROWID;
    CREATE TABLE record_input (
      record TEXT NOT NULL, name TEXT NOT NULL, cid TEXT NOT NULL, origin TEXT NOT NULL,
      PRIMARY KEY (record, name)
    ) WITHOUT ROWID;
    CREATE TABLE verification (
      cid TEXT PRIMARY KEY, record TEXT NOT NULL, organization TEXT NOT NULL, verdict TEXT NOT NULL,
      reason TEXT NOT NULL, executed INTEGER NOT NULL, time INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX verification_record ON verification (record);
    """
}
