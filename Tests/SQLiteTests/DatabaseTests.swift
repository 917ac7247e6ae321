import SQLite
import Testing

struct DatabaseTests {
  private func memory() throws -> Database {
    let database = try Database(path: ":memory:")
    try database.execute("CREATE TABLE t (a ANY, b TEXT, c BLOB) STRICT")
    return database
  }

  @Test func valuesReturnAsTheyWent() throws {
    let database = try memory()
    let values: [SQLiteValue] = [
      .integer(.min), .integer(.max), .real(0.1), .text(""), .text("é\u{0}x"), .blob([]), .blob([0, 1, 255]), .null,
    ]
    for value in values { try database.run("INSERT INTO t(a) VALUES (?)", value) }
    let read: [SQLiteValue] = try database.rows("SELECT a, typeof(a) FROM t ORDER BY rowid") { row in
      switch try row.text(1) {
      case "integer": .integer(try row.int64(0))
      case "real": .real(try row.double(0))
      case "text": .text(try row.text(0))
      case "blob": .blob(try row.blob(0))
      default: .null
      }
    }
    #expect(read == values)
  }

  @Test func readingIsStrict() throws {
    let database = try memory()
    try database.run("INSERT INTO t(a, b, c) VALUES (?, ?, ?)", 7, "text", nil as String?)
    try database.execute("INSERT INTO t(b) VALUES (CAST(x'ff' AS TEXT))")
    #expect(throws: SQLiteError.type(column: 0, expected: "text")) {
      try database.first("SELECT a FROM t") { try $0.text(0) }
    }
    #expect(throws: SQLiteError.type(column: 0, expected: "integer")) {
      try database.first("SELECT b FROM t") { try $0.int64(0) }
    }
    #expect(throws: SQLiteError.type(column: 0, expected: "blob")) {
      try database.first("SELECT c FROM t") { try $0.blob(0) }
    }
    #expect(throws: SQLiteError.type(column: 0, expected: "UTF-8 text")) {
      try database.first("SELECT b FROM t WHERE rowid = 2") { try $0.text(0) }
    }
    #expect(throws: SQLiteError.type(column: 9, expected: "integer")) {
      try database.first("SELECT a FROM t") { try $0.int64(9) }
    }
    #expect(try database.first("SELECT c FROM t") { try $0.optionalBlob(0) } == .some(nil))
  }

  @Test func oneTextIsOneStatement() throws {
    let database = try memory()
    for text in ["", "   ", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1;\u{0}DROP TABLE t"] {
      #expect(throws: SQLiteError.self, "\(text)") { try database.run(text) }
    }
    #expect(try database.first("SELECT 1; ") { try $0.int(0) } == 1)
    #expect(throws: SQLiteError.self) { try database.run("INSERT INTO t(a) VALUES (?)") }
    #expect(throws: SQLiteError.self) { try database.run("INSERT INTO t(a) VALUES (?)", 1, 2) }
  }

  @Test func aTransactionIsAllOrNothing() throws {
    struct Stop: Error {}
    let database = try memory()
    try database.transaction { try database.run("INSERT INTO t(a) VALUES (1)") }
    #expect(throws: Stop.self) {
      try database.transaction {
        try database.run("INSERT INTO t(a) VALUES (2)")
        throw Stop()
      }
    }
    try database.transaction {
      try database.run("INSERT INTO t(a) VALUES (3)")
      #expect(throws: Stop.self) {
        try database.transaction {
          try database.run("INSERT INTO t(a) VALUES (4)")
          throw Stop()
        }
      }
      try database.transaction { try database.run("INSERT INTO t(a) VALUES (5)") }
    }
    #expect(try database.rows("SELECT a FROM t ORDER BY a") { try $0.int(0) } == [1, 3, 5])
    #expect(!database.isInTransaction)
  }

  @Test func aQueryMayStandInItsOwnLoop() throws {
    let database = try memory()
    for value in 1...3 { try database.run("INSERT INTO t(a) VALUES (?)", value) }
    let text = "SELECT a FROM t ORDER BY a"
    let pairs = try database.rows(text) { _ in try database.rows(text) { try $0.int(0) } }
    #expect(pairs == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
  }

  @Test func aRuleOfTheSchemaIsAConstraint() throws {
    let database = try Database(path: ":memory:")
    try database.execute("CREATE TABLE u (a INTEGER PRIMARY KEY) STRICT")
    try database.run("INSERT INTO u VALUES (1)")
    do {
      try database.run("INSERT INTO u VALUES (1)")
      Issue.record("the second one went in")
    } catch SQLiteError.constraint {}
  }
}
