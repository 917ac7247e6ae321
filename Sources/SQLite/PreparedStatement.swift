import CSQLite

/// One prepared statement of one database: bind, step, read, reset. Indices of parameters and columns count from 0.
///
/// For hot loops; most callers want `Database.run` and `Database.rows`. Made by `Database.statement`, which caches it
/// under its text, so a statement must be reset before it is asked for again (`run` and `rows` do).
package final class PreparedStatement {
  let pointer: OpaquePointer
  private let connection: OpaquePointer

  init(_ text: String, connection: OpaquePointer) throws(SQLiteError) {
    self.connection = connection
    var text = text
    // SQLite stops at a NUL, and what follows would be silently dropped.
    let (code, prepared, rest) = text.withUTF8 { buffer -> (Int32, OpaquePointer?, [UInt8]) in
      guard !buffer.contains(0), buffer.count <= Limits.statementBytes, let base = buffer.baseAddress else {
        return (SQLITE_MISUSE, nil, [])
      }
      return base.withMemoryRebound(to: CChar.self, capacity: buffer.count) { start in
        var prepared: OpaquePointer?
        var tail: UnsafePointer<CChar>?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = sqlite3_prepare_v3(connection, start, Int32(buffer.count), flags, &prepared, &tail)
        let used = tail.map { $0 - start } ?? buffer.count
        return (code, prepared, Array(buffer[min(used, buffer.count)...]))
      }
    }
    if code == SQLITE_MISUSE { throw .statement("too long, or holds a NUL") }
    guard code == SQLITE_OK else { throw SQLiteError(code: code, connection: connection) }
    guard let prepared else { throw .statement("no statement in the text") }
    guard rest.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x09 || $0 == 0x0d || $0 == 0x3b }) else {
      sqlite3_finalize(prepared)
      throw .statement("more than one statement in the text")
    }
    pointer = prepared
  }

  deinit { sqlite3_finalize(pointer) }

  /// Binds all parameters, in order. A count other than the statement's is an error, not NULLs.
  package func bind(_ values: [any SQLiteBindable]) throws(SQLiteError) {
    guard values.count == Int(sqlite3_bind_parameter_count(pointer)) else {
      throw .statement("\(values.count) values for \(sqlite3_bind_parameter_count(pointer)) parameters")
    }
    for (index, value) in values.enumerated() { try bind(index, value.sqliteValue) }
  }

  /// Binds the parameter at `index`; SQLite keeps a copy of text and bytes.
  package func bind(_ index: Int, _ value: SQLiteValue) throws(SQLiteError) {
    let at = Int32(index + 1)
    let code: Int32
    switch value {
    case .null: code = sqlite3_bind_null(pointer, at)
    case .integer(let value): code = sqlite3_bind_int64(pointer, at, value)
    case .real(let value): code = sqlite3_bind_double(pointer, at, value)
    case .text(var value):
      code = value.withUTF8 { buffer in
        buffer.withMemoryRebound(to: CChar.self) { text in
          // A null pointer would bind NULL: the empty text needs an address.
          sqlite3_bind_text64(
            pointer, at, text.baseAddress ?? Self.empty, UInt64(text.count), Self.transient, UInt8(SQLITE_UTF8))
        }
      }
    case .blob(let value):
      code =
        value.isEmpty
        ? sqlite3_bind_zeroblob(pointer, at, 0)
        : sqlite3_bind_blob64(pointer, at, value, UInt64(value.count), Self.transient)
    }
    guard code == SQLITE_OK else { throw SQLiteError(code: code, connection: connection) }
  }

  /// Runs to the next row: true at a row, false at the end.
  package func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(pointer) {
    case SQLITE_ROW: true
    case SQLITE_DONE: false
    case let code: throw SQLiteError(code: code, connection: connection)
    }
  }

  /// Whether it has been stepped and neither ended nor been reset.
  package var isRunning: Bool { sqlite3_stmt_busy(pointer) != 0 }

  /// The row that `step` reached.
  package var row: SQLiteRow { SQLiteRow(pointer: pointer) }

  /// Back to the start, parameters unbound: locks and copies are let go.
  package func reset() {
    sqlite3_reset(pointer)
    sqlite3_clear_bindings(pointer)
  }

  /// SQLITE_TRANSIENT: a macro with a cast that does not import. SQLite copies before the call returns.
  private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
  private static var empty: UnsafePointer<CChar>? { UnsafePointer(bitPattern: 1) }
}
