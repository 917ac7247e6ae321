import CSQLite

/// One connection to one SQLite file: WAL, `synchronous=FULL`, foreign keys on, statements prepared once.
///
/// The file belongs to this process as long as it has a connection to it: others find it busy. So the index of the
/// write-ahead log is memory of the process and no file beside it, which a full disk would have no room for, and a
/// statement takes no lock of the system's. Whoever is first must be able to write.
///
/// Blocking: callers off-load. Opened without SQLite's mutex, so one thread at a time: a writer and each reader have a
/// connection of their own. Unchecked `Sendable` for that hand-over between threads, which SQLite allows; the callers'
/// queue is what serialises it. `interrupt` alone may be called from anywhere.
package final class Database: @unchecked Sendable {
  /// How a file is opened.
  package enum Mode: Sendable {
    /// Reads and writes; the file is made if it is not there.
    case readWrite
    /// Reads a file that must be there.
    case readOnly
  }

  let connection: OpaquePointer
  private var cache: [String: PreparedStatement] = [:]
  private var depth = 0

  /// Opens `path`, or a private database in memory for `":memory:"`.
  package init(path: String, mode: Mode = .readWrite) throws(SQLiteError) {
    var opened: OpaquePointer?
    let access = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &opened, flags, Limits.systemInterface)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteError(code: code, connection: opened)
      sqlite3_close_v2(opened)
      throw error
    }
    connection = opened
    sqlite3_busy_timeout(opened, Limits.busyTimeoutMilliseconds)
    if mode == .readWrite {
      // FULL: with NORMAL a power cut may take back transactions that were acknowledged.
      try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON")
    } else {
      try execute("PRAGMA query_only=ON")
    }
    // A damaged or hostile file must not reach SQL through its schema.
    try execute("PRAGMA trusted_schema=OFF")
  }

  deinit {
    cache.removeAll()
    // v2: a statement that somebody still holds keeps the connection until it goes.
    sqlite3_close_v2(connection)
  }

  /// Runs a text of any number of statements without parameters: schemas and pragmas.
  package func execute(_ script: String) throws(SQLiteError) {
    let code = sqlite3_exec(connection, script, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteError(code: code, connection: connection) }
  }

  /// The prepared statement of a text that holds exactly one; cached under the text. One that is still being stepped
  /// (a query inside its own loop) stays alone, and the caller gets a fresh one.
  package func statement(_ text: String) throws(SQLiteError) -> PreparedStatement {
    if let cached = cache[text], !cached.isRunning { return cached }
    let made = try PreparedStatement(text, connection: connection)
    if cache.count >= Limits.cachedStatements { cache.removeAll() }
    cache[text] = made
    return made
  }

  /// Runs one statement to its end; answers how many rows it changed.
  @discardableResult
  package func run(_ text: String, _ values: any SQLiteBindable...) throws(SQLiteError) -> Int {
    let statement = try statement(text)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {}
    return Int(sqlite3_changes64(connection))
  }

  /// What `read` makes of each row, in order.
  package func rows<T>(
    _ text: String, _ values: any SQLiteBindable..., read: (SQLiteRow) throws -> T
  ) throws -> [T] {
    let statement = try statement(text)
    defer { statement.reset() }
    try statement.bind(values)
    var all: [T] = []
    while try statement.step() { all.append(try read(statement.row)) }
    return all
  }

  /// What `read` makes of the first row; nil if there is none.
  package func first<T>(
    _ text: String, _ values: any SQLiteBindable..., read: (SQLiteRow) throws -> T
  ) throws -> T? {
    let statement = try statement(text)
    defer { statement.reset() }
    try statement.bind(values)
    return try statement.step() ? try read(statement.row) : nil
  }

  /// The row id of the last insertion on this connection.
  package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(connection) }

  /// Whether a transaction is open.
  package var isInTransaction: Bool { sqlite3_get_autocommit(connection) == 0 }

  /// Ends what the connection is running, with `.interrupted`, from any thread.
  package func interrupt() { sqlite3_interrupt(connection) }

  /// Runs `body` in a transaction: all of it is durable when this returns, none of it after an error.
  ///
  /// Takes the write lock at once, so that a conflict shows at the start and not at the commit. Inside another
  /// transaction it is a savepoint, whose failure undoes the inner part alone.
  @discardableResult
  package func transaction<T>(_ body: () throws -> T) throws -> T {
    let level = depth
    try execute(level == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT s\(level)")
    depth = level + 1
    defer { depth = level }
    do {
      let result = try body()
      try execute(level == 0 ? "COMMIT" : "RELEASE s\(level)")
      return result
    } catch {
      rollback(to: level)
      throw error
    }
  }

  /// Errors such as a full disk end the transaction by themselves, and then there is nothing left to roll back.
  /// The reason that is already on its way says more than a failure here would.
  private func rollback(to level: Int) {
    guard isInTransaction else { return }
    try? execute(level == 0 ? "ROLLBACK" : "ROLLBACK TO s\(level); RELEASE s\(level)")
  }
}
