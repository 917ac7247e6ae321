import Glibc
import SQLite
import Testing

/// What only a file has: other connections, schemas that age, damage.
final class FileTests {
  private let directory: String

  init() throws {
    var template = Array("/tmp/demarc-sqlite-XXXXXX".utf8CString)
    _ = try #require(mkdtemp(&template))
    directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for suffix in ["", "-wal", "-shm"] { unlink("\(directory)/view.sqlite\(suffix)") }
    rmdir(directory)
  }

  private func path() -> String { "\(directory)/view.sqlite" }

  @Test func committedRowsAreSeenByReaders() throws {
    let path = path()
    let writer = try Database(path: path)
    try writer.execute("CREATE TABLE t (a INTEGER) STRICT")
    let reader = try Database(path: path, mode: .readOnly)
    try writer.transaction {
      try writer.run("INSERT INTO t VALUES (1)")
      #expect(try reader.rows("SELECT a FROM t") { try $0.int(0) }.isEmpty)
    }
    #expect(try reader.rows("SELECT a FROM t") { try $0.int(0) } == [1])
    #expect(throws: SQLiteError.readOnly) { try reader.run("INSERT INTO t VALUES (2)") }
    #expect(try writer.first("PRAGMA synchronous") { try $0.int(0) } == 2)
    #expect(try writer.first("PRAGMA journal_mode") { try $0.text(0) } == "wal")
  }

  @Test func schemasGrowInSteps() throws {
    let path = path()
    do {
      let database = try Database(path: path)
      try database.migrate(to: DatabaseSchema(["CREATE TABLE a (x INTEGER) STRICT; CREATE INDEX i ON a(x)"]))
      try database.run("INSERT INTO a VALUES (1)")
    }
    let second = DatabaseSchema(["not run again", "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT ''"])
    let database = try Database(path: path)
    try database.migrate(to: second)
    try database.migrate(to: second)
    #expect(try database.first("SELECT y FROM a") { try $0.text(0) } == "")
    #expect(throws: SQLiteError.newerSchema(found: 2, known: 1)) { try database.migrate(to: DatabaseSchema(["old"])) }
    #expect(throws: SQLiteError.self) { try database.migrate(to: DatabaseSchema(["", "", "CREATE TABLE b(x); no"])) }
    #expect(try database.first("SELECT 1 FROM sqlite_master WHERE name = 'b'") { _ in 1 } == nil, "half a step")
    #expect(try database.integrityProblems().isEmpty)
  }

  @Test func otherFilesAreRefused() throws {
    let path = path()
    let file = try #require(fopen(path, "w"))
    fputs(String(repeating: "this is a letter, not a database. ", count: 50), file)
    fclose(file)
    #expect(throws: SQLiteError.notADatabase) { try Database(path: path) }
    #expect(throws: SQLiteError.self) { try Database(path: path + ".missing", mode: .readOnly) }
    #expect(throws: SQLiteError.self) { try Database(path: "/nowhere/at/all") }
  }

  @Test func damageIsCorruption() throws {
    let path = path()
    do {
      let database = try Database(path: path)
      try database.execute("CREATE TABLE t (a TEXT) STRICT")
      for _ in 0..<500 { try database.run("INSERT INTO t VALUES (?)", String(repeating: "x", count: 100)) }
    }
    let file = try #require(fopen(path, "r+"))
    fseek(file, 4096, SEEK_SET)
    for _ in 0..<8192 { fputc(0xaa, file) }
    fclose(file)
    let database = try Database(path: path)
    do {
      _ = try database.rows("SELECT a FROM t") { try $0.text(0) }
      Issue.record("read through the damage")
    } catch SQLiteError.corrupt {}
  }

  @Test func anInterruptEndsAStatement() throws {
    let database = try Database(path: ":memory:")
    // The interrupt comes from inside the statement, as it would from another thread.
    #expect(throws: SQLiteError.interrupted) {
      _ = try database.rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n") { row in
        if try row.int(0) == 1000 { database.interrupt() }
      }
    }
    #expect(try database.first("SELECT 1") { try $0.int(0) } == 1)
  }
}
